import { fileURLToPath } from 'node:url';
import { escapeControls } from '../logging/escape.ts';
import { errorText } from '../logging/stack.ts';
import type { CheckedRequest, CheckFinding, CheckResult } from './check-run.ts';

/** Lines of an error's stack that a report shows. */
const MOST_LINES = 10;
/** Requests that are named with what they showed. */
const MOST_REQUESTS = 3;
/** Where this package lies. */
const PACKAGE = fileURLToPath(new URL('..', import.meta.url));

/** Errors and warnings of a check. */
export function countFindings({ findings }: CheckResult): { errors: number; warnings: number } {
  const errors = findings.filter(({ finding }) => finding.rule.severity === 'error').length;
  return { errors, warnings: findings.length - errors };
}

/** A report for people. */
export function textReport(what: string, result: CheckResult): string {
  const width = Math.max(...result.requests.map(({ request }) => request.label.length));
  const requests = result.requests.map((checked) => requestLine(checked, width));
  const parts = [
    `${what}\n`,
    ...requests,
    '',
    ...byRule(result.findings).map(ruleText),
    summary(result),
  ];
  return escapeControls(`${parts.join('\n')}\n`);
}

function requestLine({ request, status, size, left }: CheckedRequest, width: number): string {
  const answer = status === '' ? 'no answer' : `${status}, ${size} bytes`;
  return `  ${request.label.padEnd(width)}  ${answer}${left ? ', then the client left' : ''}`;
}

function byRule(findings: readonly CheckFinding[]): CheckFinding[][] {
  const groups = new Map<string, CheckFinding[]>();
  for (const found of findings) {
    const { id } = found.finding.rule;
    groups.set(id, [...(groups.get(id) ?? []), found]);
  }
  return [...groups.values()];
}

function ruleText(group: readonly CheckFinding[]): string {
  const { rule } = (group[0] as CheckFinding).finding;
  const who = rule.side === 'server' ? ' (of the server)' : '';
  const lines = [
    `${rule.severity}: ${rule.id}${who}`,
    ...group.flatMap(seenLines),
    `  ${rule.text}`,
    `  ${rule.remedy}`,
    `  See ${rule.reference}.`,
  ];
  return `${lines.join('\n')}\n`;
}

function seenLines({ finding: { seen, error }, requests }: CheckFinding): string[] {
  const shown = error === undefined ? [] : shownLines(errorText(error).trimEnd().split('\n'));
  return [`  - ${seen}`, `    in ${someOf(requests)}`, ...shown.map((line) => `      ${line}`)];
}

function someOf(requests: readonly string[]): string {
  if (requests.length <= MOST_REQUESTS) return requests.join('; ');
  const rest = requests.length - MOST_REQUESTS + 1;
  return `${requests.slice(0, MOST_REQUESTS - 1).join('; ')}; and ${rest} more`;
}

/** Without our own frames; JavaScript's stacks begin with what matters, Python's tracebacks end with it. */
function shownLines(trace: readonly string[]): readonly string[] {
  const lines = trace.filter((line) => !(/^\s+at /.test(line) && line.includes(PACKAGE)));
  if (lines.length <= MOST_LINES) return lines;
  return lines[0]?.startsWith('Traceback')
    ? [lines[0], '  ...', ...lines.slice(-MOST_LINES)]
    : [...lines.slice(0, MOST_LINES), '    ...'];
}

function summary(result: CheckResult): string {
  const { errors, warnings } = countFindings(result);
  const failed = result.requests.filter(({ status }) => status >= '500').length;
  const note = failed === 0 ? '' : `, of which ${failed} had a status from 500 on`;
  const requests = `${count(result.requests.length, 'request')}${note}`;
  if (errors + warnings === 0) return `nothing found in ${requests}`;
  return `${count(errors, 'error')}, ${count(warnings, 'warning')} in ${requests}`;
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`;
}

/** A report for programs. */
export function jsonReport(what: string, result: CheckResult): string {
  const report = {
    target: what,
    ...countFindings(result),
    requests: result.requests.map(({ request: { label, method, target }, status, size, left }) => ({
      request: label,
      method,
      target,
      status,
      size,
      left,
    })),
    findings: result.findings.map(({ finding: { rule, seen, error }, requests }) => ({
      rule: rule.id,
      ...{ side: rule.side, severity: rule.severity, text: rule.text },
      ...{ remedy: rule.remedy, reference: rule.reference, seen, requests },
      ...(error === undefined ? {} : { error: errorText(error) }),
    })),
  };
  return `${JSON.stringify(report, null, 2)}\n`;
}
