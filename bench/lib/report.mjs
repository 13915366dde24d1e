/** The figures as Markdown, and which targets they reach. */
import { ratio } from './throughput.mjs';

/** Every target with its figure, for wizgi. */
export function judge({ scenarios, memory = [], startup = [] }) {
  const verdicts = [];
  const add = (what, wanted, figure, met) => verdicts.push({ what, wanted, figure, met });
  for (const { name, target, ahead = [], rows } of scenarios) {
    const own = rows.find((row) => row.name === 'wizgi');
    if (target === undefined) continue;
    if (own?.ratio !== undefined) {
      const { median } = own.ratio;
      add(name, `≥ ${target.toFixed(2)} × node:http`, times(median), median >= target);
    } else {
      add(name, `≥ ${target.toFixed(2)} × node:http`, 'not measured', false);
    }
    for (const peer of ahead) {
      const other = rows.find((row) => row.name === peer);
      if (own === undefined || other === undefined) continue;
      const { median } = ratio(own.rounds, other.rounds);
      add(name, `ahead of ${other.label}`, times(median), median > 1);
    }
  }
  for (const { name, target, peak, failed } of memory) {
    if (target === undefined) continue;
    add(name, `< ${target} MiB growth`, failed ? 'failed' : mib(peak), !failed && peak < target);
  }
  for (const { name, target, median, failed } of startup) {
    if (target === undefined) continue;
    add(name, `< ${target} ms`, failed ? 'failed' : ms(median), median < target);
  }
  return verdicts;
}

/** The whole report. */
export function markdown(results) {
  const { date, machine, versions, method, scenarios, memory, startup, targets } = results;
  const parts = [`# Benchmark of ${date}`];
  parts.push(
    `${machine.cpu}, ${machine.cores} cores, ${machine.memoryGiB} GiB, ${machine.kernel}; ` +
      `load average before: ${machine.loadBefore}.`,
    Object.entries(versions)
      .map(([name, version]) => `${name} ${version}`)
      .join(' · '),
  );
  if (scenarios.length > 0) {
    parts.push(
      `${method.connections} connections, ${method.rounds} rounds of ${method.seconds} s after a ` +
        `warm-up of ${method.warmup} s; load from ${versions.load}. Medians; the ratio is the ` +
        'median of the ratios to node:http within each round, with their range; CPU is the ' +
        "server's processor time for a request.",
    );
  }
  for (const scenario of scenarios) parts.push(...scenarioParts(scenario));
  if (memory) parts.push('## Memory', memoryTable(memory), ...failures(memory));
  if (startup) parts.push('## Start-up', startupTable(startup), ...failures(startup));
  parts.push('## Targets', targetTable(targets));
  return `${parts.join('\n\n')}\n`;
}

function scenarioParts({ name, what, rows, failed }) {
  const head = [
    'server',
    'requests/s',
    '× node:http',
    'range',
    'p50 ms',
    'p99 ms',
    'CPU µs',
    'head bytes',
  ];
  const cells = rows.map((row) => [
    row.label,
    Math.round(row.rate).toLocaleString('en'),
    row.ratio ? row.ratio.median.toFixed(2) : '',
    row.ratio ? `${row.ratio.least.toFixed(2)}–${row.ratio.greatest.toFixed(2)}` : '',
    row.p50.toFixed(2),
    row.p99.toFixed(2),
    Number.isFinite(row.cpu) ? row.cpu.toFixed(1) : '',
    String(row.headBytes),
  ]);
  const parts = [`## ${name}`, `${what}.`, table(head, cells)];
  for (const row of rows) {
    if (row.errors === undefined) continue;
    const list = Object.entries(row.errors).map(([kind, count]) => `${count} ${kind}`);
    parts.push(`Errors under load from ${row.label}: ${list.join(', ')}.`);
  }
  for (const { name, why } of failed) parts.push(`Not measured: ${name}: ${oneLine(why)}`);
  return parts;
}

function memoryTable(rows) {
  return table(
    ['resident memory', 'server', 'before', 'growth, highest', 'growth, at the end'],
    rows
      .filter(({ failed }) => !failed)
      .map(({ name, server, before, peak, after }) => [
        name,
        server,
        mib(before),
        mib(peak),
        mib(after),
      ]),
  );
}

function startupTable(rows) {
  return table(
    ['start to first response', 'median', 'slowest', 'first, not counted'],
    rows
      .filter(({ failed }) => !failed)
      .map(({ name, median, slowest, first }) => [name, ms(median), ms(slowest), ms(first)]),
  );
}

function failures(rows) {
  return rows
    .filter(({ failed }) => failed)
    .map(({ name, server, failed }) => {
      const who = server === undefined ? name : `${name}, ${server}`;
      return `Not measured: ${who}: ${oneLine(failed)}`;
    });
}

function targetTable(targets) {
  return table(
    ['target', 'wanted', 'figure', ''],
    targets.map(({ what, wanted, figure, met }) => [what, wanted, figure, met ? 'met' : 'MISSED']),
  );
}

/** A Markdown table, aligned so that it reads well in a terminal too. */
function table(head, rows) {
  const widths = head.map((cell, i) => Math.max(cell.length, ...rows.map((row) => row[i].length)));
  const line = (cells) =>
    `| ${cells.map((cell, i) => (i === 0 ? cell.padEnd(widths[i]) : cell.padStart(widths[i]))).join(' | ')} |`;
  const rule = `|${widths.map((width, i) => `${'-'.repeat(width + (i === 0 ? 2 : 1))}${i === 0 ? '' : ':'}`).join('|')}|`;
  return [line(head), rule, ...rows.map(line)].join('\n');
}

/** Three digits, because a target is met or not by the figure itself, not by a rounded one. */
const times = (value) => `${value.toFixed(3)} ×`;
const ms = (value) => `${Math.round(value)} ms`;
const mib = (value) => `${value.toFixed(1)} MiB`;

/** The line of an error's output that says what it is. */
function oneLine(text) {
  const lines = text.split('\n');
  return (lines.find((line) => /Error\b/.test(line)) ?? lines[0]).trim().slice(0, 160);
}
