import { type Finding, rules } from '../validator/index.ts';
import { ChannelError } from './messages.ts';
import { PythonError } from './python-error.ts';

/**
 * Reads what a worker says of a broken rule: its id, what was seen, the request, and a traceback.
 *
 * @throws {ChannelError} for what is none.
 */
export function readFinding(text: string): Finding {
  const [id, seen, request, trace] = JSON.parse(text) as readonly string[];
  const rule = rules.find((known) => known.id === id);
  if (rule === undefined || seen === undefined || request === undefined) {
    throw new ChannelError('the worker found what is against no rule');
  }
  return trace
    ? { rule, seen, request, error: new PythonError(seen, trace) }
    : { rule, seen, request };
}
