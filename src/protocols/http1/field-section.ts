/**
 * A section of field lines: the header section of a message, or its trailers. (RFC 9112 §5)
 *
 * Refused: whitespace before a name or its colon, names that are no tokens, folded lines, control
 * characters (HTAB aside) in values, line ends other than CRLF, sections over the limits.
 *
 * Lines that arrived whole are never looked at twice, and the rest of a line that arrives in pieces
 * is scanned once, so that the cost is linear however the input was cut.
 */
import { ProtocolError } from '../protocol-error.ts';
import { type FieldName, fieldName } from './field-names.ts';
import { BLANK, COLON, CR, FIELD_VALUE, HTAB, LF, SP, skip, TOKEN } from './grammar.ts';
import type { Http1Limits } from './limits.ts';

/** Makes the hash unpredictable, so that a peer cannot choose names that collide. */
const SEED = (Math.random() * 0x7fffffff) | 0;

export class FieldSection {
  readonly names: FieldName[] = [];
  /** Where each value starts and ends, counted from the start of the message. */
  readonly bounds: number[] = [];
  private readonly limits: Http1Limits;
  /** Length of the section so far: whole lines only. */
  private size = 0;
  /** How far the unfinished last line is known to hold nothing that ends or breaks it. */
  private scanned = 0;

  constructor(limits: Http1Limits) {
    this.limits = limits;
  }

  /**
   * Reads lines from `from` until the empty line.
   *
   * @param base - where the message starts in `bytes`.
   * @returns where the section's end is, or -1 with {@link resumeAt} set when bytes are missing.
   */
  parse(bytes: Uint8Array, base: number, from: number, end: number): number {
    let at = from;
    if (base + this.scanned > at && !this.lineEnds(bytes, base, end)) {
      return this.partial(base, at, end);
    }
    while (at < end) {
      if (bytes[at] === CR) {
        if (at + 1 === end) break;
        if (bytes[at + 1] !== LF) throw bareCr();
        return at + 2;
      }
      const next = this.line(bytes, base, at, end);
      if (next === -1) break;
      at = next;
    }
    return this.partial(base, at, end);
  }

  /** Where, counted from the start of the message, the first unfinished line begins. */
  resumeAt = 0;

  private partial(base: number, at: number, end: number): number {
    if (end - at > this.limits.maxFieldBytes + 2) throw tooLarge('field-too-large');
    if (this.size + end - at > this.limits.maxHeaderBytes) throw tooLarge('header-too-large');
    this.resumeAt = at - base;
    this.scanned = Math.max(this.scanned, end - 1 - base);
    return -1;
  }

  /** Tells whether the unfinished line can be decided on now: it ends, or something breaks it. */
  private lineEnds(bytes: Uint8Array, base: number, end: number): boolean {
    const at = skip(bytes, FIELD_VALUE, base + this.scanned, end);
    this.scanned = at - base;
    return at < end && (bytes[at] !== CR || at + 1 < end);
  }

  /** Reads one line; -1 when it is not all there. */
  private line(bytes: Uint8Array, base: number, start: number, end: number): number {
    let at = start;
    let hash = SEED;
    while (at < end) {
      const byte = bytes[at] as number;
      if (TOKEN[byte] !== 1) break;
      hash = (Math.imul(hash, 31) + byte) | 0;
      at++;
    }
    if (at === end) return -1;
    if (bytes[at] !== COLON || at === start) {
      throw badName(bytes[at] as number, at === start, this.names.length === 0);
    }
    const nameEnd = at;
    const valueStart = skip(bytes, BLANK, nameEnd + 1, end);
    at = skip(bytes, FIELD_VALUE, valueStart, end);
    if (at === end) return -1;
    if (bytes[at] !== CR) throw badValue(bytes[at] as number);
    if (at + 1 === end) return -1;
    if (bytes[at + 1] !== LF) throw bareCr();
    const next = at + 2;
    while (at > valueStart && BLANK[bytes[at - 1] as number] === 1) at--;
    this.add(fieldName(bytes, start, nameEnd, hash), valueStart - base, at - base, next - start);
    return next;
  }

  private add(name: FieldName, valueStart: number, valueEnd: number, size: number): void {
    this.size += size;
    if (size > this.limits.maxFieldBytes + 2) throw tooLarge('field-too-large');
    if (this.size > this.limits.maxHeaderBytes) throw tooLarge('header-too-large');
    if (this.names.length === this.limits.maxFields) throw tooLarge('too-many-fields');
    this.names.push(name);
    this.bounds.push(valueStart, valueEnd);
  }
}

function badName(byte: number, first: boolean, section: boolean): ProtocolError {
  if (first && (byte === SP || byte === HTAB)) {
    return section
      ? new ProtocolError('ws-before-first-field', 400, 'whitespace before the first field')
      : new ProtocolError('obs-fold', 400, 'folded field line');
  }
  if (first && byte === COLON)
    return new ProtocolError('empty-field-name', 400, 'empty field name');
  if (byte === SP || byte === HTAB) {
    return new ProtocolError('ws-before-colon', 400, 'whitespace before the colon of a field');
  }
  if (byte === CR || byte === LF) {
    return new ProtocolError('field-without-colon', 400, 'field line without a colon');
  }
  return new ProtocolError('bad-field-name', 400, 'a field name is not a token');
}

function badValue(byte: number): ProtocolError {
  return byte === LF
    ? new ProtocolError('bare-lf-field', 400, 'a line ends with LF alone')
    : new ProtocolError('ctl-in-value', 400, 'control character in a field value');
}

function bareCr(): ProtocolError {
  return new ProtocolError('bare-cr-field', 400, 'CR without LF in the field section');
}

function tooLarge(code: string): ProtocolError {
  return new ProtocolError(code, 431, 'the header fields are too large or too many');
}
