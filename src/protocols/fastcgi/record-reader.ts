/**
 * Records: a header, content, padding. (FastCGI 1.0 §3.3)
 *
 *     HEADER ─▶ CONTENT (used up in pieces, or at once) ─▶ PADDING ─▶ HEADER …
 *
 * Refused: versions other than 1, from the first byte on.
 */
import type { InputBuffer } from '../input-buffer.ts';
import { ProtocolError } from '../protocol-error.ts';
import { HEADER_LENGTH, VERSION } from './records.ts';

export class RecordReader {
  type = 0;
  id = 0;
  /** Bytes of the content of the current record. */
  length = 0;
  /** Those that are not used up. */
  remaining = 0;
  private padding = 0;
  private readonly input: InputBuffer;

  constructor(input: InputBuffer) {
    this.input = input;
  }

  /** Whether the input may end here: nothing of a record has come, or all of it but padding. */
  get between(): boolean {
    return this.remaining === 0 && this.input.length === 0;
  }

  /** Whether the last record, of which nothing is missing, was of this type and without content. */
  ended(type: number): boolean {
    return this.type === type && this.length === 0 && this.padding === 0 && this.between;
  }

  /**
   * Goes to the next record, when the content of the last one was used up; false when its header has
   * not come yet.
   *
   * @throws {ProtocolError} `fcgi-version`.
   */
  next(): boolean {
    const { input } = this;
    if (this.padding > 0) this.padding -= input.take(this.padding).length;
    if (this.padding > 0 || input.length === 0) return false;
    const { bytes, start } = input;
    if (bytes[start] !== VERSION) {
      throw new ProtocolError('fcgi-version', 400, 'a record is not of version 1');
    }
    if (input.length < HEADER_LENGTH) return false;
    this.type = bytes[start + 1] as number;
    this.id = number16(bytes, start + 2);
    this.length = this.remaining = number16(bytes, start + 4);
    this.padding = bytes[start + 6] as number;
    input.start += HEADER_LENGTH;
    return true;
  }

  /** A piece of the content, as much as has come; null when there is none, now or at all. */
  piece(): Uint8Array | null {
    if (this.remaining === 0 || this.input.length === 0) return null;
    const data = this.input.take(this.remaining);
    this.remaining -= data.length;
    return data;
  }

  /** Uses up what has come of the content. */
  skip(): void {
    const size = Math.min(this.remaining, this.input.length);
    this.input.start += size;
    this.remaining -= size;
  }

  /** All of the content, of which nothing was used up before; null when it has not come yet. */
  whole(): Uint8Array | null {
    if (this.input.length < this.remaining) return null;
    const data = this.input.take(this.remaining);
    this.remaining = 0;
    return data;
  }
}

/** A number of two bytes, the higher one first. */
export function number16(bytes: Uint8Array, at: number): number {
  return ((bytes[at] as number) << 8) | (bytes[at + 1] as number);
}
