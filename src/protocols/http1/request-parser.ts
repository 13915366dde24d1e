/**
 * HTTP/1.1 requests: bytes in, events out. (RFC 9112)
 *
 *     START (empty lines) ─▶ HEAD ─▶ BODY (length or chunked) ─▶ START …
 *
 * Strict: whatever two recipients could read differently is refused, and after a ProtocolError nothing
 * further is parsed. One request is parsed at a time: bytes behind it wait until `next` is called again.
 */

import { InputBuffer } from '../input-buffer.ts';
import { latin1 } from '../latin1.ts';
import { ProtocolError } from '../protocol-error.ts';
import { BodyDecoder } from './body-decoder.ts';
import type { FieldName } from './field-names.ts';
import { FieldSection } from './field-section.ts';
import { CR, LF } from './grammar.ts';
import { DEFAULT_LIMITS, type Http1Limits, MAX_EMPTY_LINES } from './limits.ts';
import { RepeatedFields } from './repeated-fields.ts';
import { type RequestFields, requestFields } from './request-fields.ts';
import { RequestLine } from './request-line.ts';
import { parseTarget } from './target.ts';

/** A request's head, checked. */
export interface RequestHead {
  readonly type: 'head';
  readonly method: string;
  /** As received. */
  readonly target: string;
  /** The target's path, not decoded; empty for `*`. */
  readonly path: string;
  readonly query: string;
  /** 0 or 1; higher minor versions count as 1. */
  readonly minor: number;
  /** Names and values of the fields, in order. */
  readonly names: readonly FieldName[];
  readonly values: readonly string[];
  /** Of the target if it has one, else Host; null when HTTP/1.0 gave neither. */
  readonly host: string | null;
  /** Bytes of content to come: 0 without any, -1 when it is chunked. */
  readonly contentLength: number;
  /** The client allows further requests on the connection. */
  readonly keepAlive: boolean;
  /** The client waits for `100 Continue` before it sends the content. */
  readonly expectContinue: boolean;
}

export type RequestEvent =
  | RequestHead
  /** A piece of content; the bytes are valid until the next `push`. */
  | { readonly type: 'data'; readonly data: Uint8Array }
  /** The request is complete. */
  | { readonly type: 'end' }
  /** The peer ended the connection between requests. */
  | { readonly type: 'eof' };

const END: RequestEvent = { type: 'end' };
const EOF: RequestEvent = { type: 'eof' };

const START = 0;
const FIELDS = 1;
const BODY = 2;

export class RequestParser {
  private readonly limits: Http1Limits;
  private readonly scheme: 'http' | 'https';
  private readonly input = new InputBuffer();
  private readonly line: RequestLine;
  private readonly section: FieldSection;
  private readonly content: BodyDecoder;
  private readonly repeated = new RepeatedFields();
  private state = START;
  private ended = false;
  private error: ProtocolError | null = null;
  private emptyLines = 0;
  /** The Host checked last: connections repeat it. */
  private checkedHost: string | null = null;

  constructor(limits: Http1Limits = DEFAULT_LIMITS, scheme: 'http' | 'https' = 'http') {
    this.limits = limits;
    this.scheme = scheme;
    this.line = new RequestLine(limits.maxTarget);
    this.section = new FieldSection(limits);
    this.content = new BodyDecoder(limits, this.section);
  }

  /** Bytes that were pushed and not yet parsed. */
  get buffered(): number {
    return this.input.length;
  }

  /** Whether the head that was refused is that of a HEAD request, whose answer has no content. */
  get refusedHead(): boolean {
    const { bytes, start, end } = this.input;
    return latin1(bytes, start, Math.min(end, start + 5)) === 'HEAD ';
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
  next(): RequestEvent | null {
    if (this.error !== null) throw this.error;
    try {
      const event = this.state === BODY ? this.body() : this.head();
      return event === null && this.ended ? this.endOfInput() : event;
    } catch (error) {
      if (error instanceof ProtocolError) this.error = error;
      throw error;
    }
  }

  private endOfInput(): RequestEvent {
    if (this.state === BODY) this.content.inputEnded();
    if (this.input.length > 0) {
      throw new ProtocolError('incomplete-head', 400, 'the head ended before its end');
    }
    return EOF;
  }

  private head(): RequestHead | null {
    const { input, line, section } = this;
    if (this.state === START) {
      if (!this.skipEmptyLines()) return null;
      if (!line.parse(input.bytes, input.start, input.end)) return null;
      const known = this.repeated.find(
        input.bytes,
        input.start + line.length,
        input.end,
        line.minor,
      );
      if (known !== null) {
        const text = latin1(input.bytes, input.start, input.start + line.targetEnd);
        const end = input.start + line.length + this.repeated.size;
        return this.interpret(text, known, end);
      }
      section.begin(line.length);
      this.state = FIELDS;
    }
    const end = section.parse(input.bytes, input.start, input.end);
    if (end === -1) return null;
    const text = latin1(input.bytes, input.start, end);
    const fields = requestFields(
      { names: section.names, values: section.values(text) },
      section.kinds,
      line.minor,
      this.limits.maxBody,
      this.checkedHost,
    );
    this.checkedHost = fields.host;
    this.repeated.learn(input.bytes, input.start + line.length, end, line.minor, fields);
    return this.interpret(text, fields, end);
  }

  /** Skips empty lines before a request, a few of them. (RFC 9112 §2.2) */
  private skipEmptyLines(): boolean {
    const { input } = this;
    while (input.start < input.end) {
      const byte = input.bytes[input.start];
      if (byte !== CR && byte !== LF) return true;
      if (input.start + 1 === input.end && byte === CR) return false;
      if (byte === LF || input.bytes[input.start + 1] !== LF) {
        throw new ProtocolError('bare-cr-or-lf', 400, 'a line does not end with CRLF');
      }
      if (++this.emptyLines > MAX_EMPTY_LINES) {
        throw new ProtocolError('too-many-empty-lines', 400, 'too many empty lines');
      }
      input.start += 2;
    }
    return false;
  }

  private interpret(text: string, fields: RequestFields, end: number): RequestHead {
    const { line } = this;
    const method = text.slice(0, line.methodEnd);
    const target = text.slice(line.methodEnd + 1, line.targetEnd);
    const { path, query, authority } = parseTarget(method, target, this.scheme);
    this.input.start = end;
    this.content.begin(fields.contentLength);
    this.state = BODY;
    this.emptyLines = 0;
    line.begin();
    return {
      type: 'head',
      method,
      target,
      path,
      query,
      minor: line.minor,
      names: fields.names,
      values: fields.values,
      host: authority ?? fields.host,
      contentLength: fields.contentLength,
      keepAlive: fields.keepAlive,
      expectContinue: fields.expectContinue,
    };
  }

  private body(): RequestEvent | null {
    const data = this.content.next(this.input);
    if (data !== null) return { type: 'data', data };
    if (!this.content.ended) return null;
    this.state = START;
    this.input.forget();
    return END;
  }
}
