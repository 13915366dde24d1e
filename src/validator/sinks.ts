import type { ErrorStream } from '../wsgi/types.ts';
import type { Sink } from './inspection.ts';
import { describeFinding, type Finding, ValidationError } from './rule.ts';

/** Has everything reported. */
export function reportingSink(report: (finding: Finding) => void): Sink {
  return { lenient: true, found: report, foundLate: report };
}

/** How many texts are remembered, so as to write each once. */
const MOST_SHOWN = 1000;
const shown = new Set<string>();

/**
 * Throws errors, and writes warnings to the server's log, each text once.
 *
 * @param errors - `wsgi.errors`, or what stands in its place.
 */
export function strictSink(errors: unknown): Sink {
  return {
    lenient: false,
    found: (finding) => {
      if (finding.rule.severity === 'error') throw new ValidationError(finding);
      const known = describeFinding(finding);
      if (shown.has(known) || shown.size >= MOST_SHOWN) return;
      shown.add(known);
      const text = line(finding);
      if (takesText(errors)) errors.write(`${text}\n`);
      else console.warn(text);
    },
    foundLate: (finding) => console.error(line(finding)),
  };
}

function line(finding: Finding): string {
  const { rule, request } = finding;
  return `wizgi validator: ${request}: ${rule.severity}: ${describeFinding(finding)}`;
}

function takesText(errors: unknown): errors is ErrorStream {
  const { write } = (errors ?? {}) as Partial<ErrorStream>;
  return typeof write === 'function';
}
