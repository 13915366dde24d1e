/**
 * HTTP/1.1 requests: bytes in, events out. (RFC 9112)
 *
 *     START (empty lines) ─▶ HEAD ─▶ BODY (length or chunked) ─▶ START …
 *
 * Strict: whatever two recipients could read differently is refused, and after a ProtocolError nothing
 * further is parsed. One request is parsed at a time: bytes behind it wait until `next` is called again.
 */
import { ProtocolError } from '../protocol-error.ts';
import { ChunkedDecoder } from './chunked.ts';
import {
  CONNECTION,
  CONTENT_LENGTH,
  EXPECT,
  type FieldName,
  HOST,
  PLAIN,
  TRANSFER_ENCODING,
} from './field-names.ts';
import { FieldSection } from './field-section.ts';
import { connectionOptions, parseContentLength, requireChunked } from './framing.ts';
import { CR, LF } from './grammar.ts';
import { InputBuffer } from './input-buffer.ts';
import { DEFAULT_LIMITS, type Http1Limits, MAX_EMPTY_LINES } from './limits.ts';
import { parseRequestLine, type RequestLine } from './request-line.ts';
import { isHost, parseTarget } from './target.ts';

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
  private readonly line: RequestLine = { methodEnd: 0, targetEnd: 0, minor: 0, length: 0 };
  private state = START;
  private ended = false;
  private error: ProtocolError | null = null;
  private emptyLines = 0;
  private section: FieldSection;
  private sectionAt = 0;
  private remaining = 0;
  private chunked: ChunkedDecoder | null = null;
  /** The Host checked last: connections repeat it. */
  private checkedHost = '';

  constructor(limits: Http1Limits = DEFAULT_LIMITS, scheme: 'http' | 'https' = 'http') {
    this.limits = limits;
    this.scheme = scheme;
    this.section = new FieldSection(limits);
  }

  /** Bytes that were pushed and not yet parsed. */
  get buffered(): number {
    return this.input.length;
  }

  /** True between requests, with nothing of the next one received. */
  get idle(): boolean {
    return this.state === START && this.input.length === 0 && this.emptyLines === 0;
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
    if (this.state === BODY) {
      throw new ProtocolError('incomplete-body', 400, 'the content ended before its end');
    }
    if (this.input.length > 0) {
      throw new ProtocolError('incomplete-head', 400, 'the head ended before its end');
    }
    return EOF;
  }

  private head(): RequestHead | null {
    const { input } = this;
    if (this.state === START) {
      if (!this.skipEmptyLines()) return null;
      if (
        !parseRequestLine(input.bytes, input.start, input.end, this.limits.maxTarget, this.line)
      ) {
        return null;
      }
      this.state = FIELDS;
      this.sectionAt = this.line.length;
    }
    const { bytes, start } = input;
    const end = this.section.parse(bytes, start, start + this.sectionAt, input.end);
    if (end === -1) {
      this.sectionAt = this.section.resumeAt;
      return null;
    }
    const text = latin1(bytes, start, end);
    input.start = end;
    const { section } = this;
    this.section = new FieldSection(this.limits);
    return this.interpret(text, section);
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

  private interpret(text: string, section: FieldSection): RequestHead {
    const { line } = this;
    const method = text.slice(0, line.methodEnd);
    const target = text.slice(line.methodEnd + 1, line.targetEnd);
    const { minor } = line;
    const { names, bounds } = section;
    const values: string[] = [];
    let special = 0;
    for (let index = 0; index < names.length; index++) {
      values.push(text.slice(bounds[2 * index], bounds[2 * index + 1]));
      special |= 1 << (names[index] as FieldName).kind;
    }
    const { path, query, authority } = parseTarget(method, target, this.scheme);
    const fields = { names, values };
    const host = this.host(fields, minor);
    const plain = (special & ~(1 << PLAIN) & ~(1 << HOST)) === 0;
    const contentLength = plain ? 0 : this.framing(fields, minor);
    this.beginBody(contentLength);
    return {
      type: 'head',
      method,
      target,
      path,
      query,
      minor,
      names,
      values,
      host: authority ?? host,
      contentLength,
      keepAlive: plain ? minor === 1 : persists(fields, minor),
      expectContinue: !plain && minor === 1 && expects(fields) && contentLength !== 0,
    };
  }

  private host({ names, values }: Fields, minor: number): string | null {
    let host: string | null = null;
    for (let index = 0; index < names.length; index++) {
      if ((names[index] as FieldName).kind !== HOST) continue;
      if (host !== null) throw new ProtocolError('several-host', 400, 'more than one Host field');
      host = values[index] as string;
    }
    if (host === null) {
      if (minor === 1)
        throw new ProtocolError('missing-host', 400, 'HTTP/1.1 without a Host field');
      return null;
    }
    if (host !== this.checkedHost) {
      if (!isHost(host)) throw new ProtocolError('bad-host', 400, 'the Host field is malformed');
      this.checkedHost = host;
    }
    return host;
  }

  /** The length of the content, or -1 when it is chunked. (RFC 9112 §6.3) */
  private framing({ names, values }: Fields, minor: number): number {
    let length: string | null = null;
    let coding: string | null = null;
    const singles = new Set<string>();
    for (let index = 0; index < names.length; index++) {
      const { kind, lower } = names[index] as FieldName;
      const value = values[index] as string;
      if (kind === CONTENT_LENGTH) {
        if (length !== null) {
          throw new ProtocolError(
            'conflicting-content-length',
            400,
            'more than one Content-Length',
          );
        }
        length = value;
      } else if (kind === TRANSFER_ENCODING) {
        coding = coding === null ? value : `${coding},${value}`;
      } else if (kind > EXPECT) {
        if (singles.has(lower)) {
          throw new ProtocolError('repeated-field', 400, 'a field that may stand once is repeated');
        }
        singles.add(lower);
      }
    }
    if (coding === null)
      return length === null ? 0 : parseContentLength(length, this.limits.maxBody);
    if (length !== null) {
      throw new ProtocolError('te-and-cl', 400, 'both Transfer-Encoding and Content-Length');
    }
    if (minor === 0) {
      throw new ProtocolError('te-in-http10', 400, 'Transfer-Encoding in an HTTP/1.0 request');
    }
    requireChunked(coding);
    return -1;
  }

  private beginBody(contentLength: number): void {
    this.state = BODY;
    this.emptyLines = 0;
    this.remaining = contentLength;
    this.chunked = contentLength === -1 ? new ChunkedDecoder(this.limits) : null;
  }

  private body(): RequestEvent | null {
    const { chunked, input } = this;
    if (chunked !== null) {
      const data = chunked.next(input);
      if (data !== null) return { type: 'data', data };
      if (!chunked.ended) return null;
    } else if (this.remaining > 0) {
      if (input.length === 0) return null;
      const data = input.take(this.remaining);
      this.remaining -= data.length;
      return { type: 'data', data };
    }
    this.state = START;
    return END;
  }
}

interface Fields {
  readonly names: readonly FieldName[];
  readonly values: readonly string[];
}

/** Whether the client keeps the connection. (RFC 9112 §9.3) */
function persists({ names, values }: Fields, minor: number): boolean {
  let close = false;
  let keepAlive = minor === 1;
  for (let index = 0; index < names.length; index++) {
    if ((names[index] as FieldName).kind !== CONNECTION) continue;
    const options = connectionOptions(values[index] as string);
    close ||= options.close;
    keepAlive ||= options.keepAlive;
  }
  return keepAlive && !close;
}

/** Whether the client waits for 100. (RFC 9110 §10.1.1) */
function expects({ names, values }: Fields): boolean {
  let found = false;
  for (let index = 0; index < names.length; index++) {
    if ((names[index] as FieldName).kind !== EXPECT) continue;
    if ((values[index] as string).toLowerCase() !== '100-continue') {
      throw new ProtocolError('bad-expectation', 417, 'the expectation cannot be met');
    }
    found = true;
  }
  return found;
}

function latin1(bytes: Uint8Array, start: number, end: number): string {
  const buffer =
    bytes instanceof Buffer ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  return buffer.toString('latin1', start, end);
}
