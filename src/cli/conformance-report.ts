/** What `wizgi conformance` prints. */
import type { KitCase, KitLevel, KitReport, KitResult } from '../testing/kit/index.ts';

type Failure = Extract<KitResult, { outcome: 'failed' }>;

const LEVELS: readonly KitLevel[] = ['must', 'should', 'may'];

/** The report for people: failures first, the gravest before others. */
export function reportText(report: KitReport): string {
  const failures = failuresOf(report);
  return [
    serverText(report),
    ...failures.map(failureText),
    ...unjudgedTexts(report),
    summary(report, failures),
  ].join('\n\n');
}

function failuresOf({ results }: KitReport): Failure[] {
  const failed = results.filter((result): result is Failure => result.outcome === 'failed');
  return LEVELS.flatMap((level) => failed.filter((failure) => failure.case.level === level));
}

function serverText({ url, server }: KitReport): string {
  const facts = [
    server.software ?? 'it does not say what it is',
    server.multithread ? 'with threads' : 'without threads',
    `application in ${server.language}`,
  ];
  return `${url}: ${facts.join(', ')}`;
}

function failureText({ case: { id, title, level, section }, difference }: Failure): string {
  return [
    `${level.toUpperCase().padEnd(8)}${id}`,
    `        ${title}`,
    `        expected: ${difference.expected}`,
    `        seen:     ${difference.seen}`,
    `        ${section}`,
  ].join('\n');
}

/** Cases that say nothing about this server, by the reason for that. */
function unjudgedTexts({ results }: KitReport): string[] {
  const byReason = new Map<string, string[]>();
  for (const result of results) {
    if (result.outcome !== 'unjudged') continue;
    byReason.set(result.reason, [...(byReason.get(result.reason) ?? []), result.case.id]);
  }
  if (byReason.size === 0) return [];
  const lines = [...byReason].map(([reason, ids]) => `        ${reason}: ${ids.join(', ')}`);
  return [`NOT JUDGED\n${lines.join('\n')}`];
}

function summary({ results, conforms }: KitReport, failures: readonly Failure[]): string {
  const count = (outcome: KitResult['outcome']) =>
    results.filter((result) => result.outcome === outcome).length;
  const failed = LEVELS.map((level) => {
    const number = failures.filter((failure) => failure.case.level === level).length;
    return `${number} ${level}`;
  });
  const verdict = conforms ? 'The server conforms.' : 'The server does not conform.';
  return `${verdict} Passed: ${count('passed')}. Failed: ${failed.join(', ')}. Not judged: ${count('unjudged')}.\n`;
}

/** The report for programs. */
export function reportJson(report: KitReport): string {
  const results = report.results.map(({ case: { id, title, section, level }, ...result }) => ({
    id,
    title,
    section,
    level,
    ...result,
  }));
  return `${JSON.stringify({ ...report, results }, null, 2)}\n`;
}

/** The cases, a line for each. */
export function caseList(cases: readonly KitCase[]): string {
  const width = Math.max(...cases.map(({ id }) => id.length));
  return cases
    .map(({ id, level, title }) => `${id.padEnd(width)}  ${level.padEnd(6)}  ${title}\n`)
    .join('');
}
