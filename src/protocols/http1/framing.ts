/**
 * What the framing fields of a message mean. (RFC 9112 §6, RFC 9110 §8.6)
 *
 * Refused: lengths that are not plain digits, repeated lengths (equal ones too), a length beside a
 * Transfer-Encoding, any Transfer-Encoding but `chunked`, and any at all in HTTP/1.0.
 */
import { ProtocolError } from '../protocol-error.ts';
import { CHUNKED } from './body-decoder.ts';
import {
  CONNECTION,
  CONTENT_LENGTH,
  type FieldName,
  type Fields,
  TRANSFER_ENCODING,
} from './field-names.ts';
import { HTAB, SP } from './grammar.ts';

/**
 * The length of the content in bytes, or CHUNKED, or null when the fields tell neither.
 *
 * @throws {ProtocolError} 400 for what cannot frame a message, 413 for a length above `maxBody`, 501
 *   for codings that are not implemented.
 */
export function framing({ names, values }: Fields, minor: number, maxBody: number): number | null {
  let length: string | null = null;
  let coding: string | null = null;
  for (let index = 0; index < names.length; index++) {
    const { kind } = names[index] as FieldName;
    const value = values[index] as string;
    if (kind === CONTENT_LENGTH) {
      if (length !== null) {
        throw new ProtocolError('conflicting-content-length', 400, 'more than one Content-Length');
      }
      length = value;
    } else if (kind === TRANSFER_ENCODING) {
      coding = coding === null ? value : `${coding},${value}`;
    }
  }
  if (coding === null) return length === null ? null : parseContentLength(length, maxBody);
  if (length !== null) {
    throw new ProtocolError('te-and-cl', 400, 'both Transfer-Encoding and Content-Length');
  }
  if (minor === 0) {
    throw new ProtocolError('te-in-http10', 400, 'Transfer-Encoding in an HTTP/1.0 message');
  }
  requireChunked(coding);
  return CHUNKED;
}

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
 *   message. (RFC 9112 §6.1, §6.3)
 */
export function requireChunked(value: string): void {
  const codings = listed(value);
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

/** Whether the sender keeps the connection after the message. (RFC 9112 §9.3) */
export function persists({ names, values }: Fields, minor: number): boolean {
  let close = false;
  let keepAlive = minor === 1;
  for (let index = 0; index < names.length; index++) {
    if ((names[index] as FieldName).kind !== CONNECTION) continue;
    const value = values[index] as string;
    // What browsers and web servers send, and worth no list.
    if (value === 'keep-alive') keepAlive = true;
    else if (value === 'close') close = true;
    else {
      const options = listed(value);
      close ||= options.includes('close');
      keepAlive ||= options.includes('keep-alive');
    }
  }
  return keepAlive && !close;
}

/** The members of a comma-separated list, in lower case. */
function listed(value: string): string[] {
  return value.toLowerCase().split(',').map(trimBlanks);
}

// Blanks only: String.trim would also take bytes such as 0xA0 for white space. And in linear time,
// which a pattern for the blanks at the end is not.
function trimBlanks(text: string): string {
  let start = 0;
  let end = text.length;
  while (start < end && isBlank(text.charCodeAt(start))) start++;
  while (end > start && isBlank(text.charCodeAt(end - 1))) end--;
  return text.slice(start, end);
}

function isBlank(code: number): boolean {
  return code === SP || code === HTAB;
}
