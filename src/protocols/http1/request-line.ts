/** The request line: `method SP request-target SP HTTP-version CRLF`. (RFC 9112 §3) */
import { ProtocolError } from '../protocol-error.ts';
import { CR, HTAB, LF, SP, skip, TARGET, TOKEN } from './grammar.ts';
import { MAX_METHOD } from './limits.ts';

/** Where the parts of a request line are, counted from its start. */
export interface RequestLine {
  methodEnd: number;
  targetEnd: number;
  /** The minor version; above 1 it is treated as 1. (RFC 9110 §2.5) */
  minor: number;
  /** The length with its CRLF. */
  length: number;
}

const VERSION_LENGTH = 8;
const HTTP_1_DOT = [0x48, 0x54, 0x54, 0x50, 0x2f, 0x31, 0x2e];

/**
 * Reads a request line into `line`.
 *
 * @returns false when it is not all there.
 */
export function parseRequestLine(
  bytes: Uint8Array,
  start: number,
  end: number,
  maxTarget: number,
  line: RequestLine,
): boolean {
  let at = skip(bytes, TOKEN, start, end);
  if (at - start > MAX_METHOD) throw new ProtocolError('method-too-long', 501, 'unknown method');
  if (at === end) return false;
  if (bytes[at] !== SP || at === start) throw badMethod(bytes[at] as number, at === start);
  line.methodEnd = at - start;
  const targetStart = ++at;
  at = skip(bytes, TARGET, targetStart, end);
  if (at - targetStart > maxTarget) {
    throw new ProtocolError('target-too-long', 414, 'the request target is too long');
  }
  if (at === end) return false;
  if (bytes[at] !== SP || at === targetStart) {
    throw badTarget(bytes[at] as number, at === targetStart);
  }
  line.targetEnd = at - start;
  return parseVersion(bytes, start, at + 1, end, line);
}

function parseVersion(
  bytes: Uint8Array,
  start: number,
  from: number,
  end: number,
  line: RequestLine,
): boolean {
  const lineEnd = from + VERSION_LENGTH;
  if (lineEnd + 2 > end) {
    // What is there of it may be wrong already, and then nothing more need come.
    const cr = bytes.indexOf(CR, from);
    const lf = bytes.indexOf(LF, from);
    if ((cr !== -1 && cr < end - 1) || (lf !== -1 && lf < end)) throw badVersion(bytes, from, end);
    return false;
  }
  for (let index = 0; index < HTTP_1_DOT.length; index++) {
    if (bytes[from + index] !== HTTP_1_DOT[index]) throw badVersion(bytes, from, end);
  }
  const minor = (bytes[lineEnd - 1] as number) - 0x30;
  if (minor < 0 || minor > 9) throw badVersion(bytes, from, end);
  if (bytes[lineEnd] !== CR || bytes[lineEnd + 1] !== LF) throw badLineEnd(bytes, lineEnd);
  line.minor = Math.min(minor, 1);
  line.length = lineEnd + 2 - start;
  return true;
}

function badMethod(byte: number, first: boolean): ProtocolError {
  return byte === HTAB || (first && byte === SP)
    ? whitespace()
    : new ProtocolError('bad-method', 400, 'the method is not a token');
}

function badTarget(byte: number, first: boolean): ProtocolError {
  if (first && byte === SP) return whitespace();
  if (byte === CR || byte === LF) {
    return new ProtocolError('missing-version', 400, 'the request line has no version');
  }
  if (byte < SP || byte === 0x7f) {
    return new ProtocolError('ctl-in-target', 400, 'control character in the request target');
  }
  return new ProtocolError('bad-target', 400, 'illegal character in the request target');
}

function badVersion(bytes: Uint8Array, from: number, end: number): ProtocolError {
  const text = String.fromCharCode(...bytes.subarray(from, Math.min(end, from + 10)));
  if (text.startsWith(' ')) return whitespace();
  return /^HTTP\/\d\.\d\r\n/.test(text)
    ? new ProtocolError('unsupported-version', 505, 'only HTTP/1.0 and HTTP/1.1 are spoken here')
    : new ProtocolError('bad-version', 400, 'the HTTP version is malformed');
}

function badLineEnd(bytes: Uint8Array, at: number): ProtocolError {
  if (bytes[at] === SP || bytes[at] === HTAB) return whitespace();
  return bytes[at] === CR || bytes[at] === LF
    ? new ProtocolError('bare-cr-or-lf', 400, 'the request line does not end with CRLF')
    : new ProtocolError('bad-version', 400, 'the HTTP version is malformed');
}

function whitespace(): ProtocolError {
  return new ProtocolError(
    'request-line-whitespace',
    400,
    'unexpected whitespace in the request line',
  );
}
