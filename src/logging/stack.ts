import { inspect } from 'node:util';

/**
 * An error as text: its stack, and those of its causes.
 *
 * Nothing else of it: the further properties of errors, of HTTP clients for one, hold credentials.
 */
export function errorText(error: unknown): string {
  return collect(error, new Set());
}

function collect(error: unknown, seen: Set<unknown>): string {
  if (!(error instanceof Error)) return inspect(error, { depth: 1, maxStringLength: 1024 });
  if (seen.has(error)) return '[the same error again]';
  seen.add(error);
  const parts = [stackOf(error)];
  if (error instanceof AggregateError) {
    for (const each of error.errors) parts.push(`One of: ${collect(each, seen)}`);
  }
  if (error.cause !== undefined) parts.push(`Caused by: ${collect(error.cause, seen)}`);
  return parts.join('\n');
}

// An error can come with anything in the place of its stack, and with a getter that throws.
function stackOf(error: Error): string {
  try {
    if (typeof error.stack === 'string' && error.stack !== '') return error.stack;
    return `${error.name}: ${error.message}`;
  } catch {
    return 'an error that cannot be shown';
  }
}
