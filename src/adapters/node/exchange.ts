import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { afterArrivals } from '../../wsgi/arrivals.ts';
import type { Exchange } from '../../wsgi/exchange.ts';
import type { ResponseHead } from '../../wsgi/response-head.ts';
import type { Chunk } from '../../wsgi/types.ts';
import type { RoutedRequest } from './environ.ts';

/** Who runs the application of a {@link ResponseExchange}. */
export interface ExchangeOwner {
  /** The answer has begun. */
  onBegun(): void;
  /** What was written is taken. */
  onTaken(): void;
  /** The request is over. */
  onDone(): void;
}

/** HTTP/2's INTERNAL_ERROR, which ends a stream. (RFC 9113 §7) */
const INTERNAL_ERROR = 2;
/** How long before a reset, in milliseconds: one right behind the data can destroy it. */
const RESET_DELAY = 100;

/** An answer that goes through a ServerResponse, of HTTP/1 or of node:http2's compatibility API. */
export class ResponseExchange implements Exchange {
  private readonly request: RoutedRequest;
  private readonly response: ServerResponse;
  private readonly owner: ExchangeOwner;
  /** Whose cork keeps the pieces of a chunk together; null where that is not ours. */
  private readonly corked: Socket | null;
  private pending = false;
  private ended = false;
  private readonly onWritten = (error?: unknown) => {
    // Of a client that is gone, 'close' tells.
    if (error === undefined || error === null) this.settle();
  };

  constructor(request: RoutedRequest, response: ServerResponse, owner: ExchangeOwner) {
    this.request = request;
    this.response = response;
    this.owner = owner;
    this.corked = request.httpVersionMajor < 2 ? response.socket : null;
  }

  describe(): string {
    const { method, url, originalUrl = url, httpVersion } = this.request;
    return `${method} ${originalUrl} HTTP/${httpVersion}`;
  }

  respond(head: ResponseHead, content: Chunk | null): boolean {
    this.ended = true;
    this.begun(head);
    const { response } = this;
    if (content === null) response.end();
    else response.end(this.own(inOctets(head, content)));
    if (response.writableLength === 0 || response.destroyed) return true;
    this.pending = true;
    response.once('finish', this.onWritten);
    return false;
  }

  begin(head: ResponseHead, first: Chunk): boolean {
    this.begun(head);
    return this.send(inOctets(head, first));
  }

  beginHead(head: ResponseHead): boolean {
    this.begun(head);
    this.response.flushHeaders();
    return true;
  }

  send(block: Chunk): boolean {
    const { response } = this;
    if (this.isWrapped('write')) {
      if (response.write(this.own(block))) return true;
      this.pending = true;
      response.once('drain', this.onWritten);
      return false;
    }
    this.corked?.cork();
    response.write(block, this.onWritten);
    this.corked?.uncork();
    this.pending = response.writableLength > 0;
    return !this.pending;
  }

  finish(): void {
    this.ended = true;
    this.response.end();
  }

  cut(): void {
    const { socket, httpVersionMajor } = this.request;
    if (httpVersionMajor >= 2) {
      if (!this.ended) closeStream(this.response);
    } else if (this.ended) {
      socket.destroySoon();
    } else {
      reset(socket);
    }
  }

  done(): void {
    this.owner.onDone();
  }

  private settle(): void {
    if (!this.pending || (!this.isWrapped('write') && this.response.writableLength > 0)) return;
    this.pending = false;
    this.owner.onTaken();
  }

  private begun(head: ResponseHead): void {
    this.owner.onBegun();
    const { response } = this;
    const { code, status, contentLength } = head;
    const headers = head.headers.flat();
    if (contentLength !== null) headers.push('Content-Length', String(contentLength));
    if (this.request.httpVersionMajor >= 2) {
      this.setHeaders(headers);
      response.writeHead(code);
    } else if (this.isWrapped('writeHead') || response.getHeaderNames().length > 0) {
      this.setHeaders(headers);
      response.writeHead(code, status.slice(4));
    } else {
      response.writeHead(code, status.slice(4), headers);
    }
  }

  /** Over the headers that middleware has set; cookies of both are kept, and what answers vary by. */
  private setHeaders(headers: readonly string[]): void {
    const { response } = this;
    const set = new Set<string>(['set-cookie', 'vary'].filter((name) => response.hasHeader(name)));
    for (let at = 0; at < headers.length; at += 2) {
      const [name, value] = headers.slice(at, at + 2) as [string, string];
      const lower = name.toLowerCase();
      if (set.has(lower)) response.appendHeader(name, value);
      else response.setHeader(name, value);
      set.add(lower);
    }
  }

  /** A block as middleware may keep it. */
  private own(block: Chunk): Chunk {
    return typeof block === 'string' || !this.isWrapped('write') ? block : Buffer.from(block);
  }

  private isWrapped(method: 'write' | 'writeHead'): boolean {
    return Object.hasOwn(this.response, method);
  }
}

/** Behind what was written: the end of the connection must not pass for that of the answer. */
function reset(socket: Socket): void {
  const isPlainTcp = socket.remotePort !== undefined && !('encrypted' in socket);
  if (isPlainTcp) afterArrivals(RESET_DELAY, () => socket.resetAndDestroy());
  else socket.destroySoon();
}

/** A text that is sent together with the head decides how the head is encoded: as UTF-8. */
function inOctets({ status, headers }: ResponseHead, block: Chunk): Chunk {
  if (typeof block !== 'string') return block;
  const plain = isAscii(status) && headers.every(([, value]) => isAscii(value));
  return plain ? block : Buffer.from(block);
}

function isAscii(text: string): boolean {
  return !/[^\x00-\x7f]/.test(text);
}

function closeStream(response: ServerResponse): void {
  const { stream } = response as unknown as { stream: { close(code: number): void } };
  stream.close(INTERNAL_ERROR);
}
