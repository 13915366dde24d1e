/** The figures as Markdown, and which targets they reach. */
import { pythonParts } from './python/report.mjs';
import { failures, mib, ms, ratioCells, table, times } from './table.mjs';
import { ratio } from './throughput.mjs';

/** Every target with its figure, for wizgi. */
export function judge(suites) {
  return suites.flatMap(judgeSuite);
}

function judgeSuite({ baseLabel, scenarios, memory = [], startup = [] }) {
  const verdicts = [];
  const add = (what, wanted, figure, met) => verdicts.push({ what, wanted, figure, met });
  for (const { name, target, ahead = [], base, targets = {}, rows } of scenarios) {
    const own = rows.find((row) => row.name === 'wizgi');
    if (target !== undefined) {
      const wanted = `≥ ${target.toFixed(2)} × ${baseLabel}`;
      const median = own?.ratio?.median;
      if (median === undefined) add(name, wanted, 'not measured', false);
      else add(name, wanted, times(median), median >= target);
    }
    for (const [each, least] of Object.entries(targets)) {
      const row = rows.find((candidate) => candidate.name === each);
      const median = row?.ratio?.median;
      const against = rows.find((candidate) => candidate.name === base)?.label ?? base;
      const what = `${name}: ${row?.label ?? each}`;
      const figure = median === undefined ? 'not measured' : times(median);
      add(what, `≥ ${least.toFixed(2)} × ${against}`, figure, median >= least);
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
export function markdown({ date, machine, versions, suites, targets }) {
  const parts = [`# Benchmark of ${date}`];
  parts.push(
    `${machine.cpu}, ${machine.cores} cores, ${machine.memoryGiB} GiB, ${machine.kernel}; ` +
      `load average before: ${machine.loadBefore}.`,
    Object.entries(versions)
      .map(([name, version]) => `${name} ${version}`)
      .join(' · '),
  );
  for (const suite of suites) parts.push(...suiteParts(suite, versions.load));
  if (targets.length > 0) parts.push('## Targets', targetTable(targets));
  return `${parts.join('\n\n')}\n`;
}

function suiteParts(suite, load) {
  const { baseLabel, method, scenarios, memory, startup } = suite;
  const parts = [];
  if (scenarios.length > 0) {
    parts.push(
      `${method.connections} connections, ${method.rounds} rounds of ${method.seconds} s after a ` +
        `warm-up of ${method.warmup} s; load from ${load}. Medians; the ratio is the ` +
        `median of the ratios to ${baseLabel} within each round, with their range; CPU is the ` +
        "server's processor time for a request.",
    );
  }
  for (const scenario of scenarios) parts.push(...scenarioParts(scenario, suite));
  if (memory) parts.push('## Memory', memoryTable(memory), ...failures(failedRows(memory)));
  if (startup) parts.push('## Start-up', startupTable(startup), ...failures(failedRows(startup)));
  parts.push(...pythonParts(suite));
  return parts;
}

function scenarioParts({ name, what, base, rows, failed }, { baseLabel, alsoTo = [] }) {
  const counted = rows.some(({ served }) => served !== undefined);
  const label = rows.find((row) => row.name === base)?.label ?? baseLabel;
  const head = ['server', 'requests/s', `× ${label}`, 'range', 'p50 ms', 'p99 ms', 'CPU µs'];
  head.push('head bytes', ...(counted ? ['served'] : []));
  const cells = rows.map((row) => [
    row.label,
    Math.round(row.rate).toLocaleString('en'),
    ...ratioCells(row.ratio),
    row.p50.toFixed(2),
    row.p99.toFixed(2),
    Number.isFinite(row.cpu) ? row.cpu.toFixed(1) : '',
    String(row.headBytes),
    ...(counted ? [String(row.served)] : []),
  ]);
  const parts = [`## ${name}`, `${what}.`, table(head, cells)];
  const others = rows.filter((row) => alsoTo.includes(row.name));
  if (others.length > 0) parts.push(comparison(rows, others));
  for (const row of rows) {
    if (row.errors === undefined) continue;
    const list = Object.entries(row.errors).map(([kind, count]) => `${count} ${kind}`);
    parts.push(`Errors under load from ${row.label}: ${list.join(', ')}.`);
  }
  parts.push(...failures(failed));
  return parts;
}

/** Everyone's ratios to some of them. */
function comparison(rows, others) {
  return table(
    ['server', ...others.flatMap(({ label }) => [`× ${label}`, 'range'])],
    rows.map(({ label, rounds }) => [
      label,
      ...others.flatMap((other) => ratioCells(ratio(rounds, other.rounds))),
    ]),
  );
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

function failedRows(rows) {
  return rows
    .filter(({ failed }) => failed)
    .map(({ name, server, failed }) => ({
      name: server === undefined ? name : `${name}, ${server}`,
      why: failed,
    }));
}

function targetTable(targets) {
  return table(
    ['target', 'wanted', 'figure', ''],
    targets.map(({ what, wanted, figure, met }) => [what, wanted, figure, met ? 'met' : 'MISSED']),
  );
}
