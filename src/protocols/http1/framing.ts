/** What the framing fields mean. (RFC 9112 §6, RFC 9110 §8.6) */
import { ProtocolError } from '../protocol-error.ts';

/**
 * Reads a Content-Length: digits, nothing else.
 *
 * @throws {ProtocolError} 400 for anything else, 413 beyond `max` or what a number can hold exactly.
 */
export function parseContentLength(value: string, max: number): number {
  if (!/^\d{1,20}$/.test(value)) {
    throw new ProtocolError('bad-content-length', 400, 'Content-Length is not a number of bytes');
  }
  const length = Number(value);
  if (length > max || !Number.isSafeInteger(length)) {
    throw new ProtocolError('body-too-large', 413, 'the content is too large');
  }
  return length;
}

/**
 * Checks that a Transfer-Encoding means "chunked" and nothing else.
 *
 * @throws {ProtocolError} 501 for codings that are not implemented, 400 for what cannot frame a
 *   request. (RFC 9112 §6.1, §6.3)
 */
export function requireChunked(value: string): void {
  const codings = value.toLowerCase().split(',').map(trimBlanks);
  const last = codings.pop() as string;
  if (/^chunked[\t ]*;/.test(last)) {
    throw new ProtocolError('te-chunked-with-parameter', 400, 'chunked takes no parameters');
  }
  if (last !== 'chunked') {
    throw new ProtocolError('te-not-chunked-last', 400, 'the last transfer coding is not chunked');
  }
  if (codings.includes('chunked')) {
    throw new ProtocolError('te-chunked-twice', 400, 'chunked is applied twice');
  }
  if (codings.includes('')) {
    throw new ProtocolError('te-empty-coding', 400, 'empty transfer coding');
  }
  if (codings.length > 0) {
    throw new ProtocolError('te-unknown-coding', 501, 'transfer coding not implemented');
  }
}

/** Tells which connection options a Connection field lists. (RFC 9110 §7.6.1) */
export function connectionOptions(value: string): { close: boolean; keepAlive: boolean } {
  const options = value.toLowerCase().split(',').map(trimBlanks);
  return { close: options.includes('close'), keepAlive: options.includes('keep-alive') };
}

// Blanks only: String.trim would also take bytes such as 0xA0 for white space.
function trimBlanks(text: string): string {
  return text.replace(/^[\t ]+|[\t ]+$/g, '');
}
