/**
 * The content of a message, by the way its end is told. (RFC 9112 §6.3)
 *
 *     begin(length) ─▶ that many bytes ──────────────▶ ended
 *     begin(CHUNKED) ─▶ chunks, trailers ────────────▶ ended
 *     begin(UNTIL_CLOSE) ─▶ bytes ─▶ inputEnded() ───▶ ended
 *
 * Refused: content over the limit, and input that ends before the content does.
 */

import type { InputBuffer } from '../input-buffer.ts';
import { ProtocolError } from '../protocol-error.ts';
import { ChunkedDecoder } from './chunked.ts';
import type { FieldSection } from './field-section.ts';
import type { Http1Limits } from './limits.ts';

/** In place of a length: the content is chunked. */
export const CHUNKED = -1;
/** In place of a length: the content lasts until the connection ends. */
export const UNTIL_CLOSE = -2;

export class BodyDecoder {
  /** True when there is no more content, from the start if there never was any. */
  ended = true;
  private readonly limits: Http1Limits;
  private readonly section: FieldSection;
  private chunked: ChunkedDecoder | null = null;
  private untilClose = false;
  /** Bytes to come, or that may come when they last until the connection ends. */
  private remaining = 0;

  /** @param section - reads the trailers; what it holds when a body begins counts with them. */
  constructor(limits: Http1Limits, section: FieldSection) {
    this.limits = limits;
    this.section = section;
  }

  begin(length: number): void {
    this.ended = length === 0;
    this.chunked = length === CHUNKED ? new ChunkedDecoder(this.limits, this.section) : null;
    this.untilClose = length === UNTIL_CLOSE;
    this.remaining = this.untilClose ? this.limits.maxBody : length;
  }

  /** The next piece of content, or null when there is none now (see {@link ended}). */
  next(input: InputBuffer): Uint8Array | null {
    if (this.ended) return null;
    if (this.chunked !== null) {
      const data = this.chunked.next(input);
      this.ended = this.chunked.ended;
      return data;
    }
    if (input.length === 0) return null;
    const data = input.take(this.remaining);
    this.remaining -= data.length;
    if (!this.untilClose) {
      this.ended = this.remaining === 0;
    } else if (data.length === 0) {
      throw new ProtocolError('body-too-large', 413, 'the content is too large');
    }
    return data;
  }

  /** Says that no further bytes come. */
  inputEnded(): void {
    if (!this.untilClose) {
      throw new ProtocolError('incomplete-body', 400, 'the content ended before its end');
    }
    this.ended = true;
  }
}
