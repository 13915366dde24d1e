/**
 * The request line: `method SP request-target SP HTTP-version CRLF`. (RFC 9112 §3)
 *
 * Refused: anything but one SP between the parts, methods that are no tokens, targets with characters
 * outside visible ASCII, versions other than HTTP/1.x, line ends other than CRLF.
 */
import { ProtocolError } from '../protocol-error.ts';
import { CR, DOT, HTAB, LF, SP, skip, TARGET, TOKEN, ZERO } from './grammar.ts';
import { MAX_METHOD } from './limits.ts';

/** `HTTP/` digit `.` digit CR LF: the least byte at each place, and how far above it one may be. */
const VERSION = Uint8Array.of(0x48, 0x54, 0x54, 0x50, 0x2f, ZERO, DOT, ZERO, CR, LF);
const VERSION_SPAN = Uint8Array.of(0, 0, 0, 0, 0, 9, 0, 9, 0, 0);
const MAJOR = 5;
const MINOR = 7;
const AFTER_VERSION = 8;

export class RequestLine {
  /** Where the parts end, counted from the start of the line; 0 when not found yet. */
  methodEnd = 0;
  targetEnd = 0;
  /** The minor version; above 1 it is treated as 1. (RFC 9110 §2.5) */
  minor = 0;
  /** The line's length with its CRLF. */
  length = 0;
  private readonly maxTarget: number;
  /** How much of the line is known to hold nothing that ends or breaks the current part. */
  private scanned = 0;

  constructor(maxTarget: number) {
    this.maxTarget = maxTarget;
  }

  begin(): void {
    this.methodEnd = 0;
    this.targetEnd = 0;
    this.scanned = 0;
  }

  /** Reads on in the line that starts at `start`; false when it is not all there. */
  parse(bytes: Uint8Array, start: number, end: number): boolean {
    return (
      (this.methodEnd > 0 || this.method(bytes, start, end)) &&
      (this.targetEnd > 0 || this.target(bytes, start, end)) &&
      this.version(bytes, start, end)
    );
  }

  private method(bytes: Uint8Array, start: number, end: number): boolean {
    const at = skip(bytes, TOKEN, start + this.scanned, end);
    this.scanned = at - start;
    if (this.scanned > MAX_METHOD)
      throw new ProtocolError('method-too-long', 501, 'unknown method');
    if (at === end) return false;
    if (bytes[at] !== SP || at === start) throw badMethod(bytes[at] as number, at === start);
    this.methodEnd = at - start;
    this.scanned = this.methodEnd + 1;
    return true;
  }

  private target(bytes: Uint8Array, start: number, end: number): boolean {
    const at = skip(bytes, TARGET, start + this.scanned, end);
    this.scanned = at - start;
    const length = this.scanned - this.methodEnd - 1;
    if (length > this.maxTarget) {
      throw new ProtocolError('target-too-long', 414, 'the request target is too long');
    }
    if (at === end) return false;
    if (bytes[at] !== SP || length === 0) throw badTarget(bytes[at] as number, length === 0);
    this.targetEnd = this.scanned;
    return true;
  }

  private version(bytes: Uint8Array, start: number, end: number): boolean {
    const from = start + this.targetEnd + 1;
    const present = Math.min(VERSION.length, end - from);
    for (let index = 0; index < present; index++) {
      const above = (bytes[from + index] as number) - (VERSION[index] as number);
      if (above < 0 || above > (VERSION_SPAN[index] as number)) {
        throw badVersion(bytes[from + index] as number, index);
      }
    }
    if (present < VERSION.length) return false;
    if (bytes[from + MAJOR] !== ZERO + 1) {
      throw new ProtocolError('unsupported-version', 505, 'only HTTP/1 is spoken here');
    }
    this.minor = Math.min((bytes[from + MINOR] as number) - ZERO, 1);
    this.length = from + VERSION.length - start;
    return true;
  }
}

function badMethod(byte: number, first: boolean): ProtocolError {
  return byte === HTAB || (first && byte === SP)
    ? whitespace()
    : new ProtocolError('bad-method', 400, 'the method is not a token');
}

function badTarget(byte: number, first: boolean): ProtocolError {
  if (first && byte === SP) return whitespace();
  if (byte === CR || byte === LF) return missingVersion();
  if (byte < SP || byte === 0x7f) {
    return new ProtocolError('ctl-in-target', 400, 'control character in the request target');
  }
  return new ProtocolError('bad-target', 400, 'illegal character in the request target');
}

function badVersion(byte: number, index: number): ProtocolError {
  const lineEnd = byte === CR || byte === LF;
  if (index === 0 && lineEnd) return missingVersion();
  if ((index === 0 || index === AFTER_VERSION) && (byte === SP || byte === HTAB)) {
    return whitespace();
  }
  return index > AFTER_VERSION || (index === AFTER_VERSION && lineEnd)
    ? new ProtocolError('bare-cr-or-lf', 400, 'the request line does not end with CRLF')
    : new ProtocolError('bad-version', 400, 'the HTTP version is malformed');
}

function missingVersion(): ProtocolError {
  return new ProtocolError('missing-version', 400, 'the request line has no version');
}

function whitespace(): ProtocolError {
  return new ProtocolError(
    'request-line-whitespace',
    400,
    'unexpected whitespace in the request line',
  );
}
