import { type FieldName, fieldName } from '../http1/field-names.ts';
import { FIELD_VALUE, skip, TOKEN } from '../http1/grammar.ts';
import { latin1 } from '../latin1.ts';
import { hashByte } from '../name-table.ts';
import { ProtocolError } from '../protocol-error.ts';
import { HEADER_CODE } from './codes.ts';

/** In place of a text's length: there is no text. */
const NULL_LENGTH = 0xffff;

/**
 * What a packet holds, read from its start. (AJPv13 reference, Basic packet structure)
 *
 * Refused: whatever goes beyond the packet's end, texts without their NUL or with one inside, control
 * characters, names of headers that are no tokens.
 */
export class Payload {
  /** Where the next value starts. */
  at: number;
  readonly bytes: Uint8Array;
  readonly end: number;
  private readonly fault: number;

  /** @param fault - the status of the errors that it throws. */
  constructor(bytes: Uint8Array, start: number, end: number, fault: number) {
    this.bytes = bytes;
    this.at = start;
    this.end = end;
    this.fault = fault;
  }

  get length(): number {
    return this.end - this.at;
  }

  byte(): number {
    if (this.at >= this.end) throw this.beyond();
    return this.bytes[this.at++] as number;
  }

  integer(): number {
    if (this.at + 2 > this.end) throw this.beyond();
    const { bytes, at } = this;
    this.at += 2;
    return ((bytes[at] as number) << 8) | (bytes[at + 1] as number);
  }

  /** A text of printable characters; null where the peer has none. */
  text(): string | null {
    const size = this.integer();
    if (size === NULL_LENGTH) return null;
    const start = this.textStart(size);
    if (skip(this.bytes, FIELD_VALUE, start, start + size) < start + size) {
      throw this.refusal('ctl-in-text', 'control character in a text');
    }
    return latin1(this.bytes, start, start + size);
  }

  /** A text that may have lines, as certificates do, and so any character but NUL. */
  lines(): string | null {
    const size = this.integer();
    if (size === NULL_LENGTH) return null;
    const start = this.textStart(size);
    if (this.bytes.subarray(start, start + size).includes(0)) {
      throw this.refusal('ctl-in-text', 'control character in a text');
    }
    return latin1(this.bytes, start, start + size);
  }

  /** The name of a header, a text or a number. */
  headerName(nameOf: (code: number) => FieldName | undefined): FieldName {
    const size = this.integer();
    if (size >> 8 === HEADER_CODE) {
      const known = nameOf(size & 0xff);
      if (known === undefined) throw this.refusal('unknown-header-code', 'unknown header code');
      return known;
    }
    if (size === 0 || size === NULL_LENGTH) {
      throw this.refusal('empty-field-name', 'empty field name');
    }
    const start = this.textStart(size);
    if (skip(this.bytes, TOKEN, start, start + size) < start + size) {
      throw this.refusal('bad-field-name', 'a field name is not a token');
    }
    return nameAt(this.bytes, start, start + size);
  }

  refusal(code: string, message: string): ProtocolError {
    return new ProtocolError(code, this.fault, message);
  }

  /** Where a text of that size starts; goes behind it. */
  private textStart(size: number): number {
    const start = this.at;
    if (size >= this.end - start) throw this.beyond();
    if (this.bytes[start + size] !== 0) {
      throw this.refusal('unterminated-text', 'a text does not end with NUL');
    }
    this.at = start + size + 1;
    return start;
  }

  private beyond(): ProtocolError {
    return this.refusal('beyond-packet', 'the packet ends within a value');
  }
}

/** The record of a header's name, as text. */
export function headerName(name: string): FieldName {
  const bytes = Buffer.from(name, 'latin1');
  return nameAt(bytes, 0, bytes.length);
}

function nameAt(bytes: Uint8Array, start: number, end: number): FieldName {
  let hash = 0;
  for (let index = start; index < end; index++) hash = hashByte(hash, bytes[index] as number);
  return fieldName(bytes, start, end, hash);
}
