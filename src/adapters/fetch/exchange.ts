import { AbortPool, type AbortSource } from '../../wsgi/abort.ts';
import { encode } from '../../wsgi/blocks.ts';
import { clientGone, WsgiError } from '../../wsgi/errors.ts';
import type { Exchange } from '../../wsgi/exchange.ts';
import type { Input } from '../../wsgi/input.ts';
import type { Log } from '../../wsgi/log.ts';
import type { ResponseHead } from '../../wsgi/response-head.ts';
import { type Run, run } from '../../wsgi/run.ts';
import type { Application, Chunk, Environ, HeaderList } from '../../wsgi/types.ts';
import { HEADERS_ARE_TEXT, textOfOctets } from './header-octets.ts';
import type { StreamSource } from './request-body.ts';

/** Blocks that a stream holds, by default: the next one is made while the one before is on its way. */
const CAPACITY = 1;

/** Deno's signal aborts when an answer was sent, too; a client that leaves before cancels the stream. */
const ABORTS_IN_THE_END = 'Deno' in globalThis;

/**
 * Bun and Deno count text and bytes by themselves, and have reasons of their own. What we said of them would
 * change nothing that they send, and cost as much as all the rest of a small answer.
 */
const NATIVE_HTTP = 'Bun' in globalThis || 'Deno' in globalThis;

/** Statuses whose Response may have no body. (Fetch Standard, null body status) */
const NULL_BODY = new Set([204, 205, 304]);

const CONTENT_TYPE = 'content-type';

const aborts = new AbortPool();

/** What an application is run with. */
export interface Entry {
  readonly app: Application;
  readonly environ: Environ;
  readonly input: Input;
  /** The body, where it is read while the application runs. */
  readonly source: StreamSource | null;
  /** The runtime's, by which a client that leaves is noticed. */
  readonly request: Request;
  readonly log: Log;
}

/**
 * One request, and its answer as a Response.
 *
 * An answer of one block is a Response of text or bytes, in the turn of the call if the application is
 * synchronous. Any other one is a stream that asks for the next block when the one before was taken.
 */
export class FetchExchange implements Exchange {
  private readonly entry: Entry;
  private readonly abortSource: AbortSource = aborts.take();
  private run: Run | null = null;
  private response: Response | null = null;
  private announce: ((response: Response) => void) | null = null;
  private controller: ReadableStreamDefaultController<Uint8Array> | null = null;
  /** The answer is to end in an error, behind what was sent. */
  private broken = false;
  private over = false;
  private whenOver: (() => void) | null = null;
  /** Hears of a client that leaves; there only while an answer is under way. */
  private onAbort: (() => void) | null = null;

  constructor(entry: Entry) {
    this.entry = entry;
  }

  /** Runs the application. */
  start(): Response | Promise<Response> {
    const { app, environ, log, request } = this.entry;
    this.run = run(app, environ, this, { log, abort: this.abortSource });
    if (!this.over && (this.response === null || !ABORTS_IN_THE_END)) this.follow(request.signal);
    if (this.response !== null) return this.response;
    return new Promise((resolve) => {
      this.announce = resolve;
    });
  }

  /** Resolves when `close()` has settled; null when that is the case. */
  get rest(): Promise<void> | null {
    if (this.over) return null;
    return new Promise((resolve) => {
      this.whenOver = resolve;
    });
  }

  // --- Exchange --------------------------------------------------------------------------------

  describe(): string {
    const { environ } = this.entry;
    return `${environ.REQUEST_METHOD} ${environ['REQUEST_URI']} ${environ.SERVER_PROTOCOL}`;
  }

  respond(head: ResponseHead, content: Chunk | null): boolean {
    this.answer(this.responseOf(head, this.bodyOf(head, content)));
    return true;
  }

  begin(head: ResponseHead, first: Chunk): boolean {
    this.answer(this.responseOf(head, sized(this.stream(), head.contentLength)));
    return this.send(first);
  }

  beginHead(head: ResponseHead): boolean {
    this.answer(this.responseOf(head, sized(this.stream(), head.contentLength)));
    return true;
  }

  send(block: Chunk): boolean {
    this.controller?.enqueue(ownBytes(block));
    return false;
  }

  finish(): void {
    this.controller?.close();
    this.controller = null;
    // A stream that was closed asks for nothing more; the driver may wait until its last block is taken.
    queueMicrotask(() => this.run?.resume());
  }

  cut(): void {
    this.broken = true;
    // An error destroys what the stream holds, which the client is to have before it.
    if (this.controller?.desiredSize === CAPACITY) this.breakOff();
  }

  done(): void {
    const { input, source } = this.entry;
    this.over = true;
    input.close();
    source?.fail(new WsgiError('input-closed', 'the request is over'));
    this.unfollow();
    aborts.give(this.abortSource);
    // The client left before there was an answer: nobody will see this one.
    if (this.response === null) this.answer(new Response(null, { status: 499 }));
    this.whenOver?.();
  }

  private bodyOf(head: ResponseHead, content: Chunk | null): Chunk | ReadableStream | null {
    if (content !== null) return untyped(head, content);
    // Runtimes would say that there is nothing where a GET has something, of which the length is not known.
    const unsaid = head.contentLength === null && !NULL_BODY.has(head.code);
    return unsaid && this.entry.request.method === 'HEAD' ? emptyStream() : null;
  }

  private follow(signal: AbortSignal): void {
    this.onAbort = () => this.leave();
    if (signal.aborted) this.leave();
    else signal.addEventListener('abort', this.onAbort);
  }

  private unfollow(): void {
    if (this.onAbort !== null) this.entry.request.signal.removeEventListener('abort', this.onAbort);
    this.onAbort = null;
  }

  /** The client is gone. */
  private leave(): void {
    this.controller = null;
    const gone = clientGone();
    this.entry.source?.fail(gone);
    this.run?.abort(gone);
  }

  private stream(): ReadableStream<Uint8Array> {
    return new ReadableStream({
      start: (controller) => {
        this.controller = controller;
      },
      pull: () => this.pull(),
      cancel: () => this.leave(),
    });
  }

  /** The stream is empty, and may have another block. */
  private pull(): void {
    if (this.broken) this.breakOff();
    else this.run?.resume();
  }

  private breakOff(): void {
    const { controller } = this;
    this.controller = null;
    // Not at once: Bun and workerd forget what they have not sent yet.
    setImmediate(() => {
      controller?.error(new WsgiError('no-answer', 'the application broke off its answer'));
    });
  }

  private answer(response: Response): void {
    this.response = response;
    if (ABORTS_IN_THE_END) this.unfollow();
    this.announce?.(response);
  }

  private responseOf(
    head: ResponseHead,
    body: Chunk | ReadableStream<Uint8Array> | null,
  ): Response {
    const { status, code, headers, contentLength } = head;
    if (code > 599) return this.unrepresentable(status);
    const counted = NATIVE_HTTP && (typeof body === 'string' || body instanceof Uint8Array);
    if (contentLength !== null && !counted) {
      headers.push(['Content-Length', String(contentLength)]);
    }
    if (HEADERS_ARE_TEXT) return new Response(body, asText(head));
    if (NATIVE_HTTP && code === 200) return new Response(body, { headers: headersInit(headers) });
    return new Response(body, {
      status: code,
      statusText: status.slice(4),
      headers: headersInit(headers),
    });
  }

  /** A Response cannot have every status that HTTP can. (Fetch Standard, initialize a response) */
  private unrepresentable(status: string): Response {
    this.entry.log.error('application error', {
      error: new RangeError(`a Response cannot have the status '${status}'; it ends at 599`),
      request: this.describe(),
    });
    // What the application goes on to say is for nobody; not now, as the driver is in the middle of it.
    queueMicrotask(() => this.leave());
    return new Response('Internal Server Error\n', { status: 500 });
  }
}

/** One header costs less as an object. */
function headersInit(headers: HeaderList): HeaderList | Record<string, string> {
  const [only] = headers;
  return headers.length === 1 && only !== undefined ? { [only[0]]: only[1] } : headers;
}

function asText({ status, code, headers }: ResponseHead) {
  return {
    status: code,
    statusText: textOfOctets(status.slice(4)),
    headers: headers.map(([name, value]): [string, string] => [name, textOfOctets(value)]),
  };
}

function emptyStream(): ReadableStream {
  return new ReadableStream({ pull: (controller) => controller.close() }, { highWaterMark: 0 });
}

/** A Response gives text a type, which the application has not said. */
function untyped({ headers }: ResponseHead, content: Chunk): Chunk {
  if (typeof content !== 'string') return content;
  const typed = headers.some(([name]) => name.length === 12 && name.toLowerCase() === CONTENT_TYPE);
  return typed ? content : encode(content);
}

/** Cloudflare's stream of a known length, without which it drops Content-Length. */
const { FixedLengthStream } = globalThis as {
  FixedLengthStream?: new (
    length: number,
  ) => { readable: ReadableStream<Uint8Array>; writable: WritableStream<Uint8Array> };
};

function sized(
  stream: ReadableStream<Uint8Array>,
  length: number | null,
): ReadableStream<Uint8Array> {
  if (FixedLengthStream === undefined || length === null) return stream;
  return stream.pipeThrough(new FixedLengthStream(length));
}

// What is enqueued is read later, when the application may have filled its block anew.
function ownBytes(block: Chunk): Uint8Array {
  return typeof block === 'string' ? encode(block) : new Uint8Array(block);
}
