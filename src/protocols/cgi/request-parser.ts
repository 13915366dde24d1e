/**
 * Requests of protocols in which a connection carries one: a head of meta-variables, then as many
 * bytes of content as CONTENT_LENGTH says. (SCGI, uwsgi)
 *
 *     HEAD ─▶ CONTENT ─▶ DONE
 *
 * The end of the content is counted, never waited for: front ends keep their side open. What follows
 * it is dropped, and is never another request.
 */
import { InputBuffer } from '../input-buffer.ts';
import { ProtocolError } from '../protocol-error.ts';
import type { MetaRequestLimits } from './limits.ts';
import type { Variables } from './variables.ts';

export interface MetaRequestHead {
  readonly type: 'head';
  readonly variables: Variables;
  /** Bytes of content to come; UNKNOWN_LENGTH where a protocol tells its end in another way. */
  readonly contentLength: number;
}

export type MetaRequestEvent =
  | MetaRequestHead
  /** A piece of content; the bytes are valid until the next `push`. */
  | { readonly type: 'data'; readonly data: Uint8Array }
  /** The request is complete. */
  | { readonly type: 'end' }
  /** The peer ended the connection without a request. */
  | { readonly type: 'eof' };

/** Where a head is: its variables from `start` to `end`, and then what there is up to `next`. */
export interface HeadSpan {
  readonly start: number;
  readonly end: number;
  readonly next: number;
}

/** How a protocol writes a head. */
export interface HeadFormat {
  /**
   * Finds the head that begins at `start`; null when more bytes are needed.
   *
   * @throws {ProtocolError} when what is there is none.
   */
  find(bytes: Uint8Array, start: number, end: number, limits: MetaRequestLimits): HeadSpan | null;
  /** @throws {ProtocolError} when the head breaks the protocol's rules. */
  read(bytes: Uint8Array, start: number, end: number, limits: MetaRequestLimits): MetaRequestHead;
}

const END: MetaRequestEvent = { type: 'end' };
const EOF: MetaRequestEvent = { type: 'eof' };

const HEAD = 0;
const CONTENT = 1;
const DONE = 2;

/** The one request of a connection. */
export class MetaRequestParser {
  /**
   * The peer speaks the protocol, as far as can be told: what it sent began with a head.
   *
   * Others are not answered, because they would not understand the answer.
   */
  understood = false;
  private readonly format: HeadFormat;
  private readonly limits: MetaRequestLimits;
  private readonly input = new InputBuffer();
  private state = HEAD;
  private remaining = 0;
  /** Something came behind the request. */
  private surplus = false;
  private ended = false;
  private error: ProtocolError | null = null;

  constructor(format: HeadFormat, limits: MetaRequestLimits) {
    this.format = format;
    this.limits = limits;
  }

  /** Bytes that were pushed and not yet parsed. */
  get buffered(): number {
    return this.input.length;
  }

  /** The request is complete, and nothing has come behind it. */
  get finished(): boolean {
    if (this.state === HEAD || this.remaining > 0) return false;
    return this.input.length === 0 && !this.surplus;
  }

  /** Adds bytes read from the connection. They must not change afterwards. */
  push(bytes: Uint8Array): void {
    if (bytes.length === 0) return;
    if (this.state === DONE) this.surplus = true;
    else this.input.push(bytes);
  }

  /** The peer sends no more. */
  end(): void {
    this.ended = true;
  }

  /**
   * The next event, or null when more bytes are needed for it, and after the last one.
   *
   * @throws {ProtocolError} when the input breaks the protocol; again on every later call.
   */
  next(): MetaRequestEvent | null {
    if (this.error !== null) throw this.error;
    try {
      const event = this.step();
      return event === null && this.ended ? this.endOfInput() : event;
    } catch (error) {
      if (error instanceof ProtocolError) this.error = error;
      throw error;
    }
  }

  private step(): MetaRequestEvent | null {
    if (this.state === HEAD) return this.head();
    return this.state === CONTENT ? this.content() : null;
  }

  private head(): MetaRequestHead | null {
    const { format, input, limits } = this;
    if (input.length === 0) return null;
    const span = format.find(input.bytes, input.start, input.end, limits);
    if (span === null) return null;
    this.understood = true;
    const head = format.read(input.bytes, span.start, span.end, limits);
    input.start = span.next;
    this.remaining = head.contentLength;
    this.state = CONTENT;
    return head;
  }

  private content(): MetaRequestEvent | null {
    const { input } = this;
    if (this.remaining === 0) {
      this.state = DONE;
      this.surplus = input.take(input.length).length > 0;
      input.forget();
      return END;
    }
    if (input.length === 0) return null;
    const data = input.take(this.remaining);
    this.remaining -= data.length;
    return { type: 'data', data };
  }

  private endOfInput(): MetaRequestEvent | null {
    if (this.state === DONE) return null;
    if (this.state === CONTENT) {
      throw new ProtocolError('incomplete-body', 400, 'the content ended before its end');
    }
    if (this.input.length > 0) {
      throw new ProtocolError('incomplete-head', 400, 'the head ended before its end');
    }
    this.state = DONE;
    return EOF;
  }
}
