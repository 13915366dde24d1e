/** The tables that only the Python suite has. */
import { failures, mib, ratioCells, table } from '../table.mjs';
import { READERS, THREADS } from './slow-readers.mjs';

/** Slow readers and memory, as Markdown. */
export function pythonParts({ slowReaders, pythonMemory }) {
  return [
    ...(slowReaders ? slowReaderParts(slowReaders) : []),
    ...(pythonMemory ? memoryParts(pythonMemory) : []),
  ];
}

function slowReaderParts({ rows, failed }) {
  const head = ['server', 'p50 ms', 'p99 ms', 'p50 beside', 'p99 beside', 'p99 ratio', 'range'];
  const cells = rows.map(({ label, without, beside, ratio }) => [
    label,
    without.p50.toFixed(2),
    without.p99.toFixed(2),
    atLeast(beside, 0.5) + beside.p50.toFixed(2),
    atLeast(beside, 0.01) + beside.p99.toFixed(2),
    ...ratioCells(ratio),
    percent(beside.unanswered),
  ]);
  return [
    '## python-slow-readers',
    `Latency of 200 small requests a second, without and beside ${READERS} clients that read answers ` +
      `of 1 MiB at 64 KiB a second; one Python process each, with ${THREADS} threads where it has any.`,
    table([...head, 'unanswered'], cells),
    ...failures(failed),
  ];
}

function memoryParts({ bare, rest, transfers, failed }) {
  return [
    '## python-memory',
    `At rest, after requests for a second; one Python process each. "Beyond bare" is what the worker ` +
      `has more than an interpreter that imported the application (RSS ${mib(bare.rss)}, USS ` +
      `${mib(bare.uss)}); workers that are forked share pages with their parent, which USS leaves out.`,
    restTable(rest, bare),
    'Growth of resident memory at its highest, while 1 GiB passes through the application in blocks.',
    transferTable(transfers),
    ...failures(failed),
  ];
}

function restTable(rows, bare) {
  const head = ['server', 'processes', 'worker RSS', 'beyond bare', 'worker USS', 'beyond bare'];
  return table(
    [...head, 'other processes, PSS', 'all, PSS'],
    rows.map(({ label, processes, worker, others, total }) => [
      label,
      String(processes),
      mib(worker.rss),
      mib(worker.rss - bare.rss),
      mib(worker.uss),
      mib(worker.uss - bare.uss),
      mib(others),
      mib(total),
    ]),
  );
}

function transferTable(rows) {
  return table(
    ['1 GiB', 'server', 'worker', 'other processes', 'seconds'],
    rows.map(({ kind, label, worker, others, seconds }) => [
      kind,
      label,
      mib(worker),
      others === undefined ? '' : mib(others),
      seconds.toFixed(1),
    ]),
  );
}

/** Requests that were not answered by the end waited at least as long. */
const atLeast = ({ unanswered }, part) => (unanswered >= part ? '≥ ' : '');
const percent = (part) => `${Math.round(part * 100)} %`;
