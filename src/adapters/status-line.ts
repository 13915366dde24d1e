import { STATUS_CODES } from 'node:http';

/**
 * The status as `startResponse` takes it, for interfaces that know only its number: the registered
 * reason, or an empty one. (RFC 9110 §15; RFC 9112 §4)
 */
export function statusLine(code: number): string {
  return `${code} ${STATUS_CODES[code] ?? ''}`;
}
