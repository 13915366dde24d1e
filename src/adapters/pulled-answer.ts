import { AbortPool } from '../wsgi/abort.ts';
import { clientGone, WsgiError } from '../wsgi/errors.ts';
import type { Exchange } from '../wsgi/exchange.ts';
import type { Log } from '../wsgi/log.ts';
import type { ResponseHead } from '../wsgi/response-head.ts';
import { type Run, run } from '../wsgi/run.ts';
import type { Application, Chunk, Environ } from '../wsgi/types.ts';

/** The answer of a WSGI application, as an interface takes it whose answers are values. */
export interface PulledAnswer {
  readonly head: ResponseHead;
  /** Everything there is, at most one block; or blocks as they are asked for. */
  readonly content: readonly Chunk[] | PulledContent;
}

/**
 * Blocks of a WSGI application, made when they are asked for.
 *
 * A block is its reader's until the next one is asked for. What ends the answer early is thrown to the
 * reader.
 */
export interface PulledContent extends AsyncIterable<Chunk> {
  /** Ends the request, early or not; resolves when the application's `close()` has settled. */
  close(): Promise<void>;
}

/**
 * Runs an application for one request, and gives its answer: at once, if its head is there at once.
 *
 * @param signal - the caller's own, by which a request can end before its answer has begun.
 */
export function pullAnswer(
  app: Application,
  environ: Environ,
  log: Log,
  signal?: AbortSignal,
): PulledAnswer | Promise<PulledAnswer> {
  const exchange = new PullExchange(describe(environ));
  exchange.run = run(app, environ, exchange, { log, abort: exchange.abortSource });
  return exchange.answer ?? exchange.whenAnswered(signal);
}

function describe(environ: Environ): string {
  const target = environ['REQUEST_URI'] ?? environ.SCRIPT_NAME + environ.PATH_INFO;
  return `${environ.REQUEST_METHOD} ${target} ${environ.SERVER_PROTOCOL}`;
}

type Step = IteratorResult<Chunk, undefined>;

interface Waiter {
  resolve(step: Step): void;
  reject(reason: unknown): void;
}

const aborts = new AbortPool();

const END: Step = { done: true, value: undefined };

class PullExchange implements Exchange, PulledContent, AsyncIterator<Chunk> {
  readonly abortSource = aborts.take();
  run: Run | null = null;
  answer: PulledAnswer | null = null;
  private readonly description: string;
  private announce: ((answer: PulledAnswer) => void) | null = null;
  private giveUp: ((reason: unknown) => void) | null = null;
  /** Blocks that nobody has asked for yet: one, or all that was given to `write()`. */
  private readonly blocks: Chunk[] = [];
  /** The application was asked for its next block just now. */
  private asking = false;
  private waiter: Waiter | null = null;
  private finished = false;
  private failure: { readonly reason: unknown } | null = null;
  private over = false;
  private whenOver: (() => void)[] = [];

  constructor(description: string) {
    this.description = description;
  }

  /** Waits for the head; the application is stopped when `signal` aborts before that. */
  whenAnswered(signal: AbortSignal | undefined): Promise<PulledAnswer> {
    return new Promise<PulledAnswer>((resolve, reject) => {
      const onAbort = () => this.leave(signal?.reason);
      const settled = <T>(settle: (value: T) => void) => {
        return (value: T) => {
          signal?.removeEventListener('abort', onAbort);
          settle(value);
        };
      };
      this.announce = settled(resolve);
      this.giveUp = settled(reject);
      if (signal?.aborted) onAbort();
      else signal?.addEventListener('abort', onAbort);
    });
  }

  // --- Exchange --------------------------------------------------------------------------------

  describe(): string {
    return this.description;
  }

  respond(head: ResponseHead, content: Chunk | null): boolean {
    this.finished = true;
    // A copy, as the application is let go of before anybody has looked at the answer.
    this.begun(head, content === null ? [] : [ownCopy(content)]);
    return true;
  }

  begin(head: ResponseHead, first: Chunk): boolean {
    this.blocks.push(ownCopy(first));
    this.begun(head, this);
    return false;
  }

  send(block: Chunk): boolean {
    const { waiter } = this;
    this.waiter = null;
    // Copied, as whoever calls `write()` goes on at once, whether or not the block was taken.
    const value = this.asking ? block : ownCopy(block);
    if (waiter === null) this.blocks.push(value);
    else waiter.resolve({ done: false, value });
    return false;
  }

  finish(): void {
    this.finished = true;
    this.waiter?.resolve(END);
    this.waiter = null;
  }

  cut(): void {
    this.fail(new WsgiError('no-answer', 'the application broke off its answer'));
  }

  done(): void {
    this.over = true;
    aborts.give(this.abortSource);
    this.giveUp?.(new WsgiError('client-gone', 'the request ended before its answer began'));
    if (!this.finished) this.cut();
    for (const notify of this.whenOver) notify();
    this.whenOver = [];
  }

  // --- PulledContent ---------------------------------------------------------------------------

  [Symbol.asyncIterator](): this {
    return this;
  }

  next(): Promise<Step> {
    if (this.blocks.length === 0) this.ask();
    const value = this.blocks.shift();
    if (value !== undefined) return Promise.resolve({ done: false, value });
    if (this.finished) return Promise.resolve(END);
    if (this.failure !== null) return Promise.reject(this.failure.reason);
    return new Promise((resolve, reject) => {
      this.waiter = { resolve, reject };
    });
  }

  async return(): Promise<Step> {
    this.leave(undefined);
    return END;
  }

  close(): Promise<void> {
    this.leave(undefined);
    if (this.over) return Promise.resolve();
    return new Promise((resolve) => {
      this.whenOver.push(resolve);
    });
  }

  private begun(head: ResponseHead, content: PulledAnswer['content']): void {
    this.answer = { head, content };
    this.announce?.(this.answer);
  }

  private ask(): void {
    this.asking = true;
    this.run?.resume();
    this.asking = false;
  }

  private leave(reason: unknown): void {
    this.blocks.length = 0;
    if (this.finished) this.run?.resume();
    else {
      const error = clientGone();
      this.run?.abort(reason instanceof Error ? reason : error);
    }
  }

  private fail(reason: unknown): void {
    this.failure ??= { reason };
    this.waiter?.reject(this.failure.reason);
    this.waiter = null;
  }
}

function ownCopy(block: Chunk): Chunk {
  return typeof block === 'string' ? block : new Uint8Array(block);
}
