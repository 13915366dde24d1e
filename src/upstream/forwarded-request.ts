import type { Pieces } from '../protocols/answer.ts';
import type { ClientEvent } from '../protocols/client-codec.ts';
import { WsgiError } from '../wsgi/errors.ts';
import type { Chunk, Environ, StartResponse } from '../wsgi/types.ts';
import { type AnswerHead, answerHead, type HeadEvent } from './answer-head.ts';
import type { UpstreamConnection } from './connection.ts';
import type { RequestContent } from './content.ts';
import { protocolFailure, requestFailure } from './failure.ts';
import type { PoolUser, Wanted } from './pool.ts';
import type { Route } from './route.ts';
import { RequestSender, type SenderOwner } from './sender.ts';
import type { Upstream } from './upstream.ts';

/** Methods whose requests may be sent again. (RFC 9110 §9.2.2) */
const IDEMPOTENT: ReadonlySet<string> = new Set([
  'GET',
  'HEAD',
  'OPTIONS',
  'PUT',
  'DELETE',
  'TRACE',
]);

/** Bytes up to which blocks are joined. */
const JOINT = 16 * 1024;

/** Connections that may turn out to be closed, for one request. */
const MOST_STALE = 2;

const DONE: IteratorReturnResult<undefined> = { value: undefined, done: true };

interface Waiting {
  resolve(step: IteratorResult<Chunk>): void;
  reject(error: unknown): void;
}

/**
 * A request on its way to an upstream, and its answer as it comes: the body that a forwarding
 * application returns.
 *
 *     CHOOSING ─▶ WAITING (for a connection) ─▶ SENDING ─▶ ANSWERED ─▶ OVER
 *         ▲───────────── safe to retry ─────────────┘
 *
 * Nothing is read from the upstream but when the driver asks for the next block.
 */
export class ForwardedRequest implements AsyncIterableIterator<Chunk>, PoolUser, SenderOwner {
  readonly environ: Environ;
  /** Called once when the request is over. */
  whenClosed: () => void = () => undefined;
  private readonly startResponse: StartResponse;
  private readonly content: RequestContent | null;
  private readonly route: Route;
  private upstream: Upstream | null = null;
  private readonly tried: Upstream[] = [];
  private stale = 0;
  private connection: UpstreamConnection | null = null;
  private queued = false;
  private sender: RequestSender | null = null;
  private sent = false;
  /** The answer's head, until its length is known or its first block is there. */
  private head: AnswerHead | null = null;
  /** The upstream has begun its answer. */
  private answered = false;
  private ahead: ClientEvent | null = null;
  private keepAlive = Number.POSITIVE_INFINITY;
  private outcome: 'open' | 'ended' | { readonly error: unknown } = 'open';
  private closed = false;
  private waiting: Waiting | null = null;
  private stepping = false;

  constructor(
    environ: Environ,
    startResponse: StartResponse,
    content: RequestContent | null,
    route: Route,
  ) {
    this.environ = environ;
    this.startResponse = startResponse;
    this.content = content;
    this.route = route;
  }

  /** Sends the request to an upstream. */
  start(): void {
    try {
      this.attempt(this.route.choose(this.environ, this.tried), this.wanted);
    } catch (error) {
      this.end(error);
    }
  }

  // --- to the driver ---------------------------------------------------------------------------

  [Symbol.asyncIterator](): this {
    return this;
  }

  next(): Promise<IteratorResult<Chunk>> {
    return new Promise((resolve, reject) => {
      this.waiting = { resolve, reject };
      this.wake();
    });
  }

  /** Ends the request with an error, unless it is over. */
  giveUp(error: WsgiError): void {
    this.end(error);
  }

  /** The request is over: what is not answered yet is not wanted any more. */
  close(): void {
    if (this.closed) return;
    this.closed = true;
    this.drop();
    this.content?.close();
    this.whenClosed();
    this.route.closed(this);
  }

  // --- PoolUser --------------------------------------------------------------------------------

  onConnection(connection: UpstreamConnection): void {
    this.queued = false;
    this.connection = connection;
  }

  onRefused(error: WsgiError): void {
    this.queued = false;
    this.tried.push(this.upstream as Upstream);
    this.drop();
    this.attemptAgain(error, this.wanted);
  }

  onConnected(): void {
    const connection = this.connection as UpstreamConnection;
    try {
      const variables = (this.upstream as Upstream).variables(
        this.environ,
        this.content === null ? 0 : this.content.length,
      );
      if (this.content === null) {
        const { codec } = connection;
        connection.write(joined(codec.begin(variables), codec.contentEnd()));
        this.onSent();
      } else {
        this.sender = new RequestSender(connection, variables, this.content, this);
        // A protocol may ask for content without a word from the server.
        this.wake();
      }
    } catch (error) {
      this.end(requestFailure(this.name, error));
    }
  }

  onReadable(): void {
    this.wake();
  }

  onWritable(): void {
    this.sender?.onWritable();
  }

  // --- SenderOwner -----------------------------------------------------------------------------

  onSent(): void {
    this.sent = true;
    if (!this.answered) {
      this.connection?.expect(this.route.responseTimeout, 'did not begin its answer within');
    }
  }

  onStuck(stuck: boolean): void {
    if (stuck) this.connection?.expect(this.route.pauseTimeout, 'took no content for');
    else this.connection?.forgive();
  }

  onContentError(error: unknown): void {
    this.end(error);
  }

  // --- the answer ------------------------------------------------------------------------------

  private wake(): void {
    const { waiting } = this;
    if (waiting === null || this.stepping) return;
    this.stepping = true;
    try {
      const step = this.step();
      if (step === null) return;
      this.waiting = null;
      waiting.resolve(step);
    } catch (error) {
      this.waiting = null;
      waiting.reject(error);
    } finally {
      this.stepping = false;
    }
  }

  /** The next block, or null when it is not there yet. */
  private step(): IteratorResult<Chunk> | null {
    for (;;) {
      if (typeof this.outcome === 'object') throw this.outcome.error;
      const { connection } = this;
      if (connection === null) return this.outcome === 'ended' ? DONE : null;
      let event: ClientEvent | null;
      try {
        event = this.ahead ?? connection.next();
      } catch (error) {
        this.onFailure(connection, protocolFailure(this.name, error));
        continue;
      }
      this.ahead = null;
      if (event === null) {
        if (this.answered) connection.expect(this.route.pauseTimeout, 'paused in its answer for');
        return null;
      }
      const step = this.take(event);
      if (step !== null) return step;
    }
  }

  private take(event: ClientEvent): IteratorResult<Chunk> | null {
    switch (event.type) {
      case 'head':
        this.onHead(event);
        return null;
      case 'data':
        return this.onData(event.data);
      case 'end':
        this.begin(null);
        this.onEnd(event.reusable);
        return DONE;
      case 'want':
        this.onWant(event.size);
        return null;
      case 'log':
        this.route.log.warn('upstream says', {
          upstream: this.name,
          text: event.text.trimEnd(),
        });
        return null;
    }
  }

  /** Tomcat asks when an application reads, whether or not there is any content. */
  private onWant(size: number): void {
    if (this.sender !== null) this.sender.want(size);
    else this.connection?.write(this.connection.codec.contentEnd());
  }

  private onHead(event: HeadEvent): void {
    const upstream = this.upstream as Upstream;
    this.answered = true;
    this.route.answered(upstream);
    this.head = answerHead(event, (url) => upstream.locate(this.environ, url));
    this.keepAlive = this.head.keepAlive;
    if (this.head.saysKept) upstream.pool.trust();
  }

  /** What is at hand of the content, as one block where it is little: it came together. */
  private onData(first: Uint8Array): IteratorResult<Chunk> {
    const connection = this.connection as UpstreamConnection;
    let ahead = connection.nextAtHand();
    let data = first;
    while (ahead?.type === 'data' && data.length + ahead.data.length <= JOINT) {
      data = Buffer.concat([data, ahead.data]);
      ahead = connection.nextAtHand();
    }
    if (ahead?.type === 'end') {
      this.begin(data.length);
      this.onEnd(ahead.reusable);
    } else {
      this.ahead = ahead;
      this.begin(null);
    }
    return { value: data, done: false };
  }

  /** Passes the head on, with the length of the content where only that was missing. */
  private begin(length: number | null): void {
    const { head } = this;
    if (head === null) return;
    this.head = null;
    const { status, headers } = head;
    if (length !== null && !head.hasLength) headers.push(['Content-Length', String(length)]);
    try {
      this.startResponse(status, headers);
    } catch (error) {
      throw error instanceof WsgiError
        ? new WsgiError(
            'no-answer',
            `${this.name} gave a head that cannot be passed on: ${error.message}`,
          )
        : error;
    }
  }

  private onEnd(reusable: boolean): void {
    const { connection, upstream } = this;
    this.outcome = 'ended';
    this.sender?.close();
    this.connection = null;
    if (connection === null || upstream === null) return;
    upstream.pool.release(connection, reusable && this.sent, this.keepAlive);
    this.upstream = null;
    this.route.left(upstream);
  }

  // --- attempts --------------------------------------------------------------------------------

  /** The upstream's name, for messages. */
  private get name(): string {
    return this.upstream?.name ?? 'the upstream';
  }

  private attempt(upstream: Upstream, wanted: Wanted): void {
    this.upstream = upstream;
    this.sent = false;
    this.queued = true;
    upstream.pool.acquire(this, wanted);
  }

  /** The connection failed, or its upstream broke the protocol. */
  private onFailure(connection: UpstreamConnection, error: unknown): void {
    const upstream = this.upstream as Upstream;
    const { connected, reused, answered } = connection;
    const late = error instanceof WsgiError && error.code === 'response-timeout';
    // The upstream closed an idle connection while the request was on its way to it.
    const stale = reused && !answered && !late;
    if (stale) {
      upstream.pool.doubt();
    } else {
      this.route.failed(upstream, messageOf(error));
      this.tried.push(upstream);
    }
    this.drop();
    const unanswered = !connected || (!answered && !late && this.isIdempotent());
    const mayRetry = unanswered && (!stale || this.stale++ < MOST_STALE);
    if (mayRetry && this.content?.rewind() !== false) {
      this.attemptAgain(error, stale ? 'new' : this.wanted);
    } else {
      this.end(error);
    }
  }

  /** Asks another upstream, or the same one where it did not fail. */
  private attemptAgain(error: unknown, wanted: Wanted): void {
    let next: Upstream | null = null;
    try {
      if (!this.closed && this.tried.length <= this.route.retries) {
        next = this.route.choose(this.environ, this.tried);
      }
    } catch {
      // That there is no other one says less than what this one failed with.
    }
    if (next === null) this.end(error);
    else this.attempt(next, wanted);
  }

  private get wanted(): Wanted {
    return this.isIdempotent() && this.content?.isReplayable !== false ? 'any' : 'kept';
  }

  private isIdempotent(): boolean {
    return IDEMPOTENT.has(this.environ.REQUEST_METHOD);
  }

  private end(error: unknown): void {
    if (this.outcome !== 'open') return;
    this.outcome = { error };
    this.drop();
    this.wake();
  }

  /** Lets go of the upstream. */
  private drop(): void {
    const { connection, upstream } = this;
    this.sender?.close();
    this.sender = null;
    this.connection = null;
    this.upstream = null;
    if (this.queued) upstream?.pool.cancel(this);
    this.queued = false;
    connection?.abort();
    if (upstream !== null) this.route.left(upstream);
  }
}

function joined(head: Pieces, end: Pieces): Pieces {
  return end.length === 0 ? head : [...head, ...end];
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
