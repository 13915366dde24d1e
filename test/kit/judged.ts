/** What tests say of reports. */
import type { KitReport, KitResult } from '../../src/testing/kit/index.ts';

/** Failed cases, a line for each. */
export function failures({ results }: KitReport): string[] {
  return results.flatMap((result) => (result.outcome === 'failed' ? [line(result)] : []));
}

/** The cases that were not judged. */
export function unjudged({ results }: KitReport): string[] {
  return results.flatMap((result) => (result.outcome === 'unjudged' ? [result.case.id] : []));
}

function line({ case: { id }, difference }: Extract<KitResult, { outcome: 'failed' }>): string {
  return `${id}: expected ${difference.expected}; seen ${difference.seen}`;
}
