/**
 * The status line: `HTTP-version SP status-code SP [ reason-phrase ] CRLF`. (RFC 9112 §4)
 *
 * Refused: anything but one SP between the parts (the one before an empty reason included), versions
 * other than HTTP/1.x, codes below 100, control characters in the reason, line ends other than CRLF.
 */
import { ProtocolError } from '../protocol-error.ts';
import { CR, DOT, FIELD_VALUE, LF, SP, skip, ZERO } from './grammar.ts';
import { MAX_REASON } from './limits.ts';

/** `HTTP/d.d ddd `: the least byte at each place, and how far above it one may be. */
const START = [0x48, 0x54, 0x54, 0x50, 0x2f, ZERO, DOT, ZERO, SP, ZERO + 1, ZERO, ZERO, SP];
const SPAN = [0, 0, 0, 0, 0, 9, 0, 9, 0, 8, 9, 9, 0];
const MAJOR = 5;
const MINOR = 7;
const CODE = 9;
/** Where the reason starts, counted from the start of the line. */
export const REASON = 13;

export class StatusLine {
  minor = 0;
  code = 0;
  /** Where the reason ends, counted from the start of the line. */
  reasonEnd = 0;
  /** The line's length with its CRLF. */
  length = 0;
  /** How much of the line is known to hold nothing that ends or breaks it. */
  private scanned = 0;

  begin(): void {
    this.scanned = 0;
  }

  /** Reads on in the line that starts at `start`; false when it is not all there. */
  parse(bytes: Uint8Array, start: number, end: number): boolean {
    return this.codes(bytes, start, end) && this.reason(bytes, start, end);
  }

  private codes(bytes: Uint8Array, start: number, end: number): boolean {
    if (this.scanned >= REASON) return true;
    const present = Math.min(REASON, end - start);
    while (this.scanned < present) {
      const byte = bytes[start + this.scanned] as number;
      const above = byte - (START[this.scanned] as number);
      if (above < 0 || above > (SPAN[this.scanned] as number)) {
        throw this.scanned >= CODE ? badStatus() : badVersion();
      }
      this.scanned++;
    }
    if (present < REASON) return false;
    const digit = (index: number) => (bytes[start + index] as number) - ZERO;
    if (digit(MAJOR) !== 1) {
      throw new ProtocolError('unsupported-version', 502, 'only HTTP/1 is spoken here');
    }
    this.minor = Math.min(digit(MINOR), 1);
    this.code = digit(CODE) * 100 + digit(CODE + 1) * 10 + digit(CODE + 2);
    return true;
  }

  private reason(bytes: Uint8Array, start: number, end: number): boolean {
    const at = skip(bytes, FIELD_VALUE, start + this.scanned, end);
    this.scanned = at - start;
    if (this.scanned > REASON + MAX_REASON) {
      throw new ProtocolError('reason-too-long', 502, 'the reason phrase is too long');
    }
    if (at === end) return false;
    if (bytes[at] !== CR && bytes[at] !== LF) {
      throw new ProtocolError('ctl-in-reason', 502, 'control character in the reason phrase');
    }
    if (bytes[at] === CR && at + 1 === end) return false;
    if (bytes[at] !== CR || bytes[at + 1] !== LF) {
      throw new ProtocolError('bare-cr-or-lf', 502, 'the status line does not end with CRLF');
    }
    this.reasonEnd = this.scanned;
    this.length = this.scanned + 2;
    return true;
  }
}

function badVersion(): ProtocolError {
  return new ProtocolError('bad-version', 502, 'the status line does not start with a version');
}

function badStatus(): ProtocolError {
  return new ProtocolError('bad-status', 502, 'the status code is malformed');
}
