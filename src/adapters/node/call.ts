import { inspect } from 'node:util';
import { WsgiError } from '../../wsgi/errors.ts';
import { HEAD_NOW } from '../../wsgi/head-now.ts';
import { isThenable } from '../../wsgi/iteration.ts';
import type { Body, Chunk, Environ, HeaderList, StartResponse } from '../../wsgi/types.ts';
import { Content, connectionReset } from './content.ts';
import type { NodeHandler } from './handler.ts';
import type { Messages } from './messages.ts';
import { PendingStep, type Step } from './pending-step.ts';
import {
  endRequest,
  isBeingRead,
  isHeard,
  makeRequest,
  type NodeRequest,
  skipContent,
} from './request.ts';
import {
  close,
  detach,
  drain,
  isObserved,
  makeResponse,
  type NodeResponse,
  type ResponseOwner,
  type WriteCallback,
} from './response.ts';
import { GatewaySocket, type SocketOwner } from './socket.ts';

/** Content that waits to be sent, up to which a handler need not wait for 'drain'. */
const HIGH_WATER = 64 * 1024;

/** The size up to which pieces are joined: to copy more costs more than to send it by itself. */
const JOINT = 8 * 1024;

const END: Step = { done: true, value: undefined };

/**
 * One request in a Node handler, and its answer: the body that the application returns.
 *
 *     HANDLED ──▶ ENDED (by the handler) ──▶ CLOSED (by the driver) ──▶ OVER ('finish', 'close')
 *        └────── broken off, by the client or by the handler ──────────────▲ ('close' only)
 *
 * The driver asks for the next block when the client has taken the last: what the handler writes waits
 * here until then, and 'drain' comes when none of it is left.
 */
export class Call implements AsyncIterableIterator<Chunk>, ResponseOwner, SocketOwner {
  readonly environ: Environ;
  private readonly startResponse: StartResponse;
  private readonly content: Content;
  private readonly request: NodeRequest;
  private readonly response: NodeResponse;
  private readonly socket: GatewaySocket;
  private queue: Chunk[] = [];
  /** The size of what waits in the queue, and of what the driver has and has not sent yet. */
  private queued = 0;
  private handed = 0;
  private callbacks: WriteCallback[] = [];
  private ended = false;
  private closed = false;
  private over = false;
  /** What the driver is told instead of further blocks. */
  private failure: { readonly error: unknown } | null = null;
  /** Why an earlier head was refused. */
  private refusal: unknown = undefined;
  private waiting: PendingStep | null = null;

  constructor(messages: Messages, environ: Environ, startResponse: StartResponse) {
    this.environ = environ;
    this.startResponse = startResponse;
    this.socket = new GatewaySocket(this);
    this.content = new Content(environ);
    this.request = makeRequest(messages, environ, this.content, this.socket);
    this.response = makeResponse(messages, this.request, this.socket, this);
  }

  /**
   * Calls the handler.
   *
   * @param next - what its third argument leads to; null for none.
   * @returns all of the answer, if the handler ended it in this call.
   */
  run(handler: NodeHandler, next: NodeHandler | null): Body {
    try {
      const result =
        next === null
          ? handler(this.request, this.response)
          : handler(this.request, this.response, (error) => this.passOn(next, error));
      if (isThenable(result)) result.then(undefined, (error: unknown) => this.fail(error));
    } catch (error) {
      if (!this.ended) {
        this.breakOff();
        throw error;
      }
      this.onStrayError(error);
    }
    return this.ended ? this.whole() : (this as Body);
  }

  // --- to the driver ---------------------------------------------------------------------------

  [Symbol.asyncIterator](): this {
    return this;
  }

  // What is there is given without a promise, which the driver takes as well.
  next(): Promise<Step> {
    this.handed = 0;
    if (this.queue.length === 0 && !this.ended) this.onTaken();
    const step = this.step();
    if (step !== null) return step as unknown as Promise<Step>;
    this.waiting = new PendingStep();
    return this.waiting;
  }

  /** The driver wants no more: all was sent, or it was declared shorter, or nobody is there. */
  close(): void | Promise<void> {
    if (this.closed) return undefined;
    this.closed = true;
    this.queue = [];
    this.queued = this.handed = 0;
    if (this.environ['wizgi.signal']?.aborted === true) this.breakOff();
    else if (this.ended) this.finish();
    else this.onTaken();
    return isBeingRead(this.request) ? untilRead(this.request) : undefined;
  }

  // --- ResponseOwner ---------------------------------------------------------------------------

  onHead(status: string, headers: HeaderList): void {
    if (this.closed || this.over) return;
    try {
      this.startResponse(status, headers, this.refusal);
    } catch (error) {
      this.refusal = error;
      throw error;
    }
  }

  onContent(content: Chunk, callback: WriteCallback | undefined): boolean {
    this.socket.refresh();
    if (callback !== undefined) this.callbacks.push(callback);
    if (this.closed || this.over) {
      if (!this.over) this.onTaken();
      return true;
    }
    // Without a callback, nothing is what `flushHeaders` writes.
    const flushed = content.length === 0 && callback === undefined;
    if (content.length > 0 || flushed) {
      this.queue.push(flushed ? HEAD_NOW : content);
      this.queued += content.length;
      if (this.socket.corked === 0) this.flush();
    }
    return this.pending < HIGH_WATER;
  }

  onEnd(): void {
    this.ended = true;
    if (this.closed) this.finish();
    else this.flush();
  }

  onStrayError(error: unknown): void {
    this.environ['wsgi.errors'].write(`error in a Node handler: ${inspect(error)}\n`);
  }

  // --- SocketOwner -----------------------------------------------------------------------------

  onDestroyed(error: Error | undefined): void {
    if (this.ended) this.breakOff();
    else this.fail(reasonOf(error));
  }

  /** What a handler writes in one go is sent together, as node:http corks its sockets for that. */
  onUncorked(): void {
    if (this.queue.length > 0) this.flush();
  }

  get pending(): number {
    return this.queued + this.handed;
  }

  onTimeout(): void {
    const { request, response, socket } = this;
    const heard = [
      !request.complete && request.emit('timeout', socket),
      response.emit('timeout', socket),
      socket.emit('timeout'),
    ];
    if (!heard.includes(true)) socket.destroy();
  }

  // --- the handler -----------------------------------------------------------------------------

  private passOn(next: NodeHandler, error: unknown): void {
    if (error) this.fail(error);
    else next(this.request, this.response);
  }

  /** The handler failed. */
  private fail(error: unknown): void {
    if (this.ended || this.over) {
      this.onStrayError(error);
      return;
    }
    this.failure = { error };
    this.flush();
    this.breakOff();
  }

  /** The answer of a handler that ended it in its call. */
  private whole(): Body {
    const blocks = this.queued > HIGH_WATER ? this.queue : [joined(this.queue)];
    this.handed = this.queued;
    this.queue = [];
    this.queued = 0;
    const body: Body = blocks;
    if (this.isObserved()) body.close = () => this.close();
    return body;
  }

  /** Tells whether anybody would hear of the end of the request. */
  private isObserved(): boolean {
    return this.callbacks.length > 1 || isObserved(this.response) || isHeard(this.request);
  }

  // --- the answer ------------------------------------------------------------------------------

  private step(): Step | null {
    if (this.queue.length > 0) return { done: false, value: this.take() };
    if (this.failure !== null) throw this.failure.error;
    return this.ended ? END : null;
  }

  /** The first piece, with those behind it that are small enough to be copied. */
  private take(): Chunk {
    const { queue } = this;
    let size = (queue[0] as Chunk).length;
    let count = 1;
    for (; count < queue.length; count++) {
      const { length } = queue[count] as Chunk;
      if (size + length > JOINT) break;
      size += length;
    }
    this.handed = size;
    this.queued -= size;
    return count === 1 ? (queue.shift() as Chunk) : joined(queue.splice(0, count));
  }

  /** Nothing waits any more. */
  private onTaken(): void {
    const { callbacks } = this;
    if (callbacks.length > 0) {
      this.callbacks = [];
      for (const callback of callbacks) process.nextTick(callback);
    }
    drain(this.response);
  }

  private flush(): void {
    const { waiting } = this;
    if (waiting === null) return;
    try {
      const step = this.step();
      if (step === null) return;
      this.waiting = null;
      waiting.resolve(step);
    } catch (error) {
      this.waiting = null;
      waiting.reject(error);
    }
  }

  // --- the end ---------------------------------------------------------------------------------

  /** The answer was sent to its end. */
  private finish(): void {
    if (this.over) return;
    this.over = true;
    this.socket.setTimeout(0);
    const { request, response } = this;
    if (isHeard(request)) skipContent(request);
    process.nextTick(() => {
      detach(response);
      // The last of them emits 'finish'.
      for (const callback of this.callbacks) this.guard(callback);
      if (isHeard(request)) this.guard(() => endRequest(request));
      if (response.listenerCount('close') === 0) return;
      process.nextTick(() => this.guard(() => close(response)));
    });
  }

  /** There will be no answer, or no more of it. */
  private breakOff(): void {
    if (this.over) return;
    this.over = true;
    this.socket.close();
    process.nextTick(() => {
      this.guard(() => this.request.destroy(connectionReset()));
      this.guard(() => close(this.response));
      this.guard(() => this.socket.emit('close'));
    });
  }

  /** What listeners throw must not end the process, nor keep the others from hearing. */
  private guard(action: () => void): void {
    try {
      action();
    } catch (error) {
      this.onStrayError(error);
    }
  }
}

/** Settles when a body that is still being read has ended; the driver waits only so long. */
function untilRead(request: NodeRequest): Promise<void> {
  return new Promise((resolve) => request.once('close', resolve));
}

/** What the driver is told: of a body that was cut off, its own error. */
function reasonOf(error: Error | undefined): unknown {
  if (error === undefined)
    return new WsgiError('no-answer', 'the handler destroyed the connection');
  return error.cause instanceof WsgiError ? error.cause : error;
}

/** Pieces as one block. */
function joined(pieces: readonly Chunk[]): Chunk {
  const [first = ''] = pieces;
  if (pieces.length <= 1) return first;
  if (pieces.every((piece) => typeof piece === 'string')) return pieces.join('');
  return Buffer.concat(
    pieces.map((piece) => (typeof piece === 'string' ? Buffer.from(piece) : piece)),
  );
}
