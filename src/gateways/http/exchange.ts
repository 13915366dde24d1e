import {
  CHUNK_END,
  CHUNKED_FIELD,
  CLOSE_FIELD,
  chunkStart,
  contentLengthField,
  dateField,
  HEAD_END,
  KEEP_ALIVE_FIELD,
  LAST_CHUNK,
  type RequestHead,
  responseHead,
} from '../../protocols/http1/index.ts';
import { byteLength } from '../../wsgi/blocks.ts';
import type { Exchange } from '../../wsgi/exchange.ts';
import type { ResponseHead } from '../../wsgi/response-head.ts';
import type { Chunk, Environ } from '../../wsgi/types.ts';
import type { Answered, RequestLine } from '../gateway.ts';
import type { ConnectionFacts } from '../peer.ts';

/** Where an {@link HttpExchange} puts its bytes: the connection. */
export interface ExchangeOwner {
  readonly facts: ConnectionFacts;
  /** Milliseconds since the epoch, for Date. */
  readonly wall: number;
  /** A line for every response, or empty. */
  readonly serverField: string;
  /** Whether the connection may be kept after this answer; asked when the head goes out. */
  keepsAlive(): boolean;
  /** Writes text as Latin-1 or bytes; false when the transport has not taken all of it. */
  write(data: string | Uint8Array): boolean;
  /** Writes several pieces at once. */
  writeAll(pieces: readonly (string | Uint8Array)[]): boolean;
  /** The end of the connection is that of this answer, which has begun or is whole. */
  delimitByClose(whole: boolean): void;
  /**
   * Closes behind what was written.
   *
   * @param whole - the answer was sent to its end; else nothing may pass for that.
   */
  cut(whole: boolean): void;
  exchangeDone(exchange: HttpExchange): void;
}

/** A request's own words. */
export function lineOf({ method, target, minor }: RequestHead): RequestLine {
  return { method, target, protocol: `HTTP/1.${minor}` };
}

/** The answer to one HTTP/1.1 request, framed. (RFC 9112 §6, §7.1) */
export class HttpExchange implements Exchange, Answered {
  readonly takesLoans = true;
  readonly request: RequestHead;
  /** When the request's head was complete, for the access log. */
  readonly started: number;
  response: ResponseHead | null = null;
  /** As the application left it, for the access log. */
  environ: Environ | null = null;
  /** Bytes of content written. */
  bytes = 0;
  private readonly owner: ExchangeOwner;
  private chunked = false;
  private untilClose = false;
  /** The answer was handed over to its end. */
  private ended = false;

  constructor(owner: ExchangeOwner, request: RequestHead, started: number) {
    this.owner = owner;
    this.request = request;
    this.started = started;
  }

  get line(): RequestLine {
    return lineOf(this.request);
  }

  get remoteAddress(): string {
    return this.owner.facts.remoteAddress;
  }

  describe(): string {
    const { method, target, protocol } = this.line;
    return `${method} ${target} ${protocol}`;
  }

  respond(head: ResponseHead, content: Chunk | null): boolean {
    this.response = head;
    this.ended = true;
    const text = this.head(head, head.contentLength);
    if (content === null) return this.owner.write(text);
    const size = byteLength(content);
    this.bytes = size;
    if (typeof content === 'string') {
      return content.length === size
        ? this.owner.write(text + content)
        : this.join(text, Buffer.from(content), '');
    }
    return this.join(text, content, '');
  }

  begin(head: ResponseHead, first: Chunk): boolean {
    return this.block(this.frame(head), first);
  }

  beginHead(head: ResponseHead): boolean {
    return this.owner.write(this.frame(head));
  }

  send(block: Chunk): boolean {
    return this.block('', block);
  }

  finish(): void {
    this.ended = true;
    if (this.chunked) this.owner.write(LAST_CHUNK);
    else if (this.untilClose) this.owner.delimitByClose(true);
  }

  cut(): void {
    this.owner.cut(this.ended);
  }

  done(): void {
    this.owner.exchangeDone(this);
  }

  /** The head of an answer whose end is yet to come. */
  private frame(head: ResponseHead): string {
    this.response = head;
    if (head.contentLength === null) {
      if (this.request.minor === 1) this.chunked = true;
      else this.untilClose = true;
    }
    return this.head(head, head.contentLength);
  }

  /** The head, with all that the application leaves to the server. */
  private head(head: ResponseHead, contentLength: number | null): string {
    const { owner } = this;
    let text = responseHead(head.status, head.headers);
    if (!head.hasDate) text += dateField(owner.wall);
    if (!head.hasServer) text += owner.serverField;
    if (contentLength !== null) text += contentLengthField(contentLength);
    else if (this.chunked) text += CHUNKED_FIELD;
    if (this.untilClose) owner.delimitByClose(false);
    if (!owner.keepsAlive()) text += CLOSE_FIELD;
    else if (this.request.minor === 0) text += KEEP_ALIVE_FIELD;
    return text + HEAD_END;
  }

  private block(before: string, block: Chunk): boolean {
    const size = byteLength(block);
    this.bytes += size;
    const start = this.chunked ? before + chunkStart(size) : before;
    const end = this.chunked ? CHUNK_END : '';
    if (typeof block !== 'string') return this.join(start, block, end);
    // Text of one byte a character is the same in Latin-1 and UTF-8.
    return block.length === size
      ? this.owner.write(start + block + end)
      : this.join(start, Buffer.from(block), end);
  }

  private join(start: string, block: Uint8Array, end: string): boolean {
    if (start === '' && end === '') return this.owner.write(block);
    return this.owner.writeAll([start, block, end]);
  }
}
