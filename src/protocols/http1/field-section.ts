/**
 * A section of field lines: the header section of a message, or its trailers. (RFC 9112 §5)
 *
 * Refused: whitespace before a name or its colon, names that are no tokens, folded lines, control
 * characters (HTAB aside) in values, line ends other than CRLF, sections over the limits.
 *
 * Lines that arrived whole are looked at once. Of a line that arrives in pieces each piece is looked
 * at once, until the line can be decided on, and then all of it: the cost is linear however the input
 * was cut. What is refused, and why, does not depend on the cut either: the first byte that breaks a
 * rule decides, and a limit is a rule about bytes like the others.
 */

import { hashByte } from '../name-table.ts';
import { ProtocolError } from '../protocol-error.ts';
import { type FieldName, fieldName } from './field-names.ts';
import { BLANK, COLON, CR, FIELD_VALUE, HTAB, LF, SP, skip, TOKEN } from './grammar.ts';
import type { Http1Limits } from './limits.ts';

export class FieldSection {
  names: FieldName[] = [];
  /** Has bit `kind` set for every kind of field in the section. */
  kinds = 0;
  /** Bytes of its field lines. */
  size = 0;
  private readonly limits: Http1Limits;
  /** Fields that count too: those of the header section, for trailers. */
  private counted = 0;
  /** Where each value starts and ends, counted from the start of the message. */
  private readonly bounds: number[] = [];
  /** Where the first unfinished line starts, counted from the start of the message. */
  private lineAt = 0;
  /** How much of the unfinished line is known not to decide on it. */
  private scanned = 0;
  private inName = true;

  constructor(limits: Http1Limits) {
    this.limits = limits;
  }

  /**
   * Begins a section `offset` bytes after the start of the message.
   *
   * @param fields - how many fields came before it, and
   * @param size - how many bytes, that count against the same limits.
   */
  begin(offset: number, fields = 0, size = 0): void {
    this.names = [];
    this.kinds = 0;
    this.size = size;
    this.counted = fields;
    this.lineAt = offset;
    this.scanned = 0;
  }

  /**
   * Reads lines up to the empty line.
   *
   * @param base - where the message starts in `bytes`.
   * @returns where the section's end is, or -1 when bytes are missing.
   */
  parse(bytes: Uint8Array, base: number, end: number): number {
    let at = base + this.lineAt;
    if (this.scanned > 0 && !this.isDecided(bytes, at, end)) return this.wait(base, at, end);
    while (at < end) {
      if (bytes[at] === CR) {
        if (at + 1 === end) break;
        if (bytes[at + 1] !== LF) throw bareCr();
        return at + 2;
      }
      const next = this.line(bytes, base, at, end);
      if (next === -1) {
        if (this.scanned === 0) {
          this.scanned = 1;
          this.inName = true;
        }
        return this.wait(base, at, end);
      }
      at = next;
    }
    this.lineAt = at - base;
    return -1;
  }

  /** The values of the fields, cut out of the message's text. */
  values(text: string): string[] {
    const { bounds, names } = this;
    const values: string[] = [];
    for (let index = 0; index < names.length; index++) {
      values.push(text.slice(bounds[2 * index], bounds[2 * index + 1]));
    }
    return values;
  }

  private wait(base: number, at: number, end: number): -1 {
    this.checkRoom(end - at);
    this.lineAt = at - base;
    return -1;
  }

  /** Tells whether the unfinished line can be decided on now: it ends, or something breaks it. */
  private isDecided(bytes: Uint8Array, start: number, end: number): boolean {
    let at = start + this.scanned;
    if (this.inName) {
      at = skip(bytes, TOKEN, at, end);
      this.inName = at === end;
      if (at < end && bytes[at++] !== COLON) return true;
    }
    at = skip(bytes, FIELD_VALUE, at, end);
    this.scanned = at - start;
    return at + 1 < end || (at < end && bytes[at] !== CR);
  }

  /** Reads one line; -1 when it is not all there. */
  private line(bytes: Uint8Array, base: number, start: number, end: number): number {
    let at = start;
    let hash = 0;
    while (at < end) {
      const byte = bytes[at] as number;
      if (TOKEN[byte] !== 1) break;
      hash = hashByte(hash, byte);
      at++;
    }
    if (at === end) return -1;
    if (bytes[at] !== COLON || at === start) {
      this.checkRoom(at - start);
      throw badName(bytes[at] as number, at === start, this.names.length === 0);
    }
    const nameEnd = at;
    const valueStart = skip(bytes, BLANK, nameEnd + 1, end);
    at = skip(bytes, FIELD_VALUE, valueStart, end);
    if (at === end || (bytes[at] === CR && at + 1 === end)) return -1;
    if (bytes[at] !== CR || bytes[at + 1] !== LF) {
      this.checkRoom(bytes[at] === CR ? at + 1 - start : at - start);
      throw badValue(bytes[at] as number);
    }
    const next = at + 2;
    while (at > valueStart && BLANK[bytes[at - 1] as number] === 1) at--;
    this.checkRoom(next - start);
    this.add(fieldName(bytes, start, nameEnd, hash), valueStart - base, at - base, next - start);
    return next;
  }

  /** Refuses a line with more bytes than the limits leave for it. */
  private checkRoom(length: number): void {
    const line = this.limits.maxFieldBytes + CRLF_LENGTH;
    const rest = this.limits.maxHeaderBytes - this.size;
    if (length > line || length > rest) {
      throw tooLarge(rest < line ? 'header-too-large' : 'field-too-large');
    }
  }

  private add(name: FieldName, valueStart: number, valueEnd: number, size: number): void {
    const { bounds, names } = this;
    const index = names.length;
    if (index + this.counted >= this.limits.maxFields) throw tooLarge('too-many-fields');
    this.size += size;
    this.scanned = 0;
    this.kinds |= 1 << name.kind;
    bounds[2 * index] = valueStart;
    bounds[2 * index + 1] = valueEnd;
    names.push(name);
  }
}

const CRLF_LENGTH = 2;

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
  if (byte === CR) return bareCr();
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
