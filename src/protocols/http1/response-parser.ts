/**
 * HTTP/1.1 responses: bytes in, events out. (RFC 9112)
 *
 *     START ─▶ FIELDS ─▶ BODY (length, chunked, until the end) ─▶ START …
 *       ▲         ├─ 1xx ─▶ START, for the same request            └─▶ CLOSED
 *       │         └─ 101, or 2xx to CONNECT ─▶ HANDOVER
 *  expect(method)
 *
 * As strict as the request side, with status 502 for every fault. Refused besides: responses that no
 * request asked for, Transfer-Encoding where there can be no content. (RFC 9112 §6.1, §9.2)
 */

import { InputBuffer } from '../input-buffer.ts';
import { latin1 } from '../latin1.ts';
import { ProtocolError } from '../protocol-error.ts';
import { BodyDecoder, UNTIL_CLOSE } from './body-decoder.ts';
import { CONTENT_LENGTH, type FieldName, TRANSFER_ENCODING } from './field-names.ts';
import { FieldSection } from './field-section.ts';
import { framing, persists } from './framing.ts';
import { DEFAULT_RESPONSE_LIMITS, type Http1Limits, MAX_INTERIM } from './limits.ts';
import { REASON, StatusLine } from './status-line.ts';

/** A response's head, checked. */
export interface ResponseHead {
  /** An interim one (1xx) precedes the head of the same response. */
  readonly type: 'interim' | 'head';
  readonly status: number;
  readonly reason: string;
  /** 0 or 1; higher minor versions count as 1. */
  readonly minor: number;
  /** Names and values of the fields, in order. */
  readonly names: readonly FieldName[];
  readonly values: readonly string[];
  /** Bytes of content to come, or CHUNKED, or UNTIL_CLOSE. */
  readonly contentLength: number;
  /** The connection can carry further responses. */
  readonly keepAlive: boolean;
}

export type ResponseEvent =
  | ResponseHead
  /** A piece of content; the bytes are valid until the next `push`. */
  | { readonly type: 'data'; readonly data: Uint8Array }
  /** The response is complete. */
  | { readonly type: 'end' }
  /** After the head of a 101 or of an accepted CONNECT: from `data` on it is another protocol. */
  | { readonly type: 'handover'; readonly data: Uint8Array }
  /** The connection carries no further response. */
  | { readonly type: 'eof' };

const END: ResponseEvent = { type: 'end' };
const EOF: ResponseEvent = { type: 'eof' };

const START = 0;
const FIELDS = 1;
const BODY = 2;
const HANDOVER = 3;
const CLOSED = 4;

export class ResponseParser {
  private readonly limits: Http1Limits;
  private readonly input = new InputBuffer();
  private readonly line = new StatusLine();
  private readonly section: FieldSection;
  private readonly content: BodyDecoder;
  /** The methods of the requests that are not answered yet, in order. */
  private readonly methods: string[] = [];
  private state = START;
  private interims = 0;
  private keepAlive = true;
  private ended = false;
  private error: ProtocolError | null = null;

  constructor(limits: Http1Limits = DEFAULT_RESPONSE_LIMITS) {
    this.limits = limits;
    this.section = new FieldSection(limits);
    this.content = new BodyDecoder(limits, this.section);
  }

  /** Responses that were asked for and are not complete. */
  get outstanding(): number {
    return this.methods.length;
  }

  /** Says that a request was sent. Its method decides on its response's content. (RFC 9112 §6.3) */
  expect(method: string): void {
    this.methods.push(method);
  }

  /** Adds bytes read from the connection. They must not change afterwards. */
  push(bytes: Uint8Array): void {
    if (bytes.length > 0) this.input.push(bytes);
  }

  /** The peer sends no more. */
  end(): void {
    this.ended = true;
  }

  /**
   * The next event, or null when more bytes are needed for it.
   *
   * @throws {ProtocolError} when the input breaks the protocol; again on every later call.
   */
  next(): ResponseEvent | null {
    if (this.error !== null) throw this.error;
    try {
      const event = this.step();
      return event === null && this.ended ? this.endOfInput() : event;
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      this.error = new ProtocolError(error.code, 502, error.message);
      throw this.error;
    }
  }

  private step(): ResponseEvent | null {
    switch (this.state) {
      case BODY:
        return this.body();
      case HANDOVER:
        return this.handover();
      case CLOSED:
        return EOF;
      default:
        return this.head();
    }
  }

  private endOfInput(): ResponseEvent {
    if (this.state === BODY) {
      this.content.inputEnded();
      return this.endOfBody();
    }
    if (this.state === FIELDS || this.input.length > 0) {
      throw new ProtocolError('incomplete-head', 502, 'the head ended before its end');
    }
    return EOF;
  }

  private head(): ResponseHead | null {
    const { input, line, section } = this;
    if (this.state === START) {
      if (input.length === 0) return null;
      if (this.methods.length === 0) {
        throw new ProtocolError('unsolicited-response', 502, 'a response without a request');
      }
      if (!line.parse(input.bytes, input.start, input.end)) return null;
      section.begin(line.length);
      this.state = FIELDS;
    }
    const end = section.parse(input.bytes, input.start, input.end);
    if (end === -1) return null;
    const text = latin1(input.bytes, input.start, end);
    input.start = end;
    line.begin();
    return this.interpret(text);
  }

  private interpret(text: string): ResponseHead {
    const { code, minor, reasonEnd } = this.line;
    const method = this.methods[0] as string;
    const handover = code === 101 || (method === 'CONNECT' && code >= 200 && code < 300);
    const interim = code < 200 && !handover;
    const fields = { names: this.section.names, values: this.section.values(text) };
    const contentLength = handover ? 0 : this.contentLength(fields);
    this.keepAlive = persists(fields, minor) && contentLength !== UNTIL_CLOSE;
    if (interim) this.beginInterim();
    else this.beginFinal(handover, contentLength);
    return {
      type: interim ? 'interim' : 'head',
      status: code,
      reason: text.slice(REASON, reasonEnd),
      minor,
      names: fields.names,
      values: fields.values,
      contentLength,
      keepAlive: interim || this.keepAlive,
    };
  }

  /** How much content follows, and what tells its end. (RFC 9112 §6.3) */
  private contentLength(fields: { names: FieldName[]; values: string[] }): number {
    const { code, minor } = this.line;
    const { kinds } = this.section;
    const bodyless = code < 200 || code === 204;
    if (bodyless && (kinds & (1 << TRANSFER_ENCODING)) !== 0) {
      throw new ProtocolError('te-without-content', 502, 'Transfer-Encoding in a 1xx or 204');
    }
    // What HEAD and 304 say of the content holds for another response, but it has to make sense.
    const absent = bodyless || code === 304 || this.methods[0] === 'HEAD';
    const limit = absent ? Number.MAX_SAFE_INTEGER : this.limits.maxBody;
    const framed = (kinds & ((1 << CONTENT_LENGTH) | (1 << TRANSFER_ENCODING))) !== 0;
    const length = framed ? framing(fields, minor, limit) : null;
    return absent ? 0 : (length ?? UNTIL_CLOSE);
  }

  private beginInterim(): void {
    if (++this.interims > MAX_INTERIM) {
      throw new ProtocolError('too-many-interim', 502, 'too many interim responses');
    }
    this.state = START;
  }

  private beginFinal(handover: boolean, contentLength: number): void {
    this.interims = 0;
    this.content.begin(contentLength);
    this.state = handover ? HANDOVER : BODY;
  }

  private body(): ResponseEvent | null {
    const data = this.content.next(this.input);
    if (data !== null) return { type: 'data', data };
    return this.content.ended ? this.endOfBody() : null;
  }

  private endOfBody(): ResponseEvent {
    this.methods.shift();
    // Whatever follows a response that closes is not looked at. (RFC 9112 §9.6)
    this.state = this.keepAlive ? START : CLOSED;
    return END;
  }

  private handover(): ResponseEvent {
    this.methods.shift();
    this.state = CLOSED;
    return { type: 'handover', data: this.input.take(this.input.length) };
  }
}
