/**
 * THE driver: runs an application once and turns what it does into calls on an {@link Exchange}.
 *
 * Every gateway uses it, so the whole of PEP 3333's behaviour stands here and nowhere else: when the
 * head goes out, Content-Length, answers without content, back-pressure, errors, close().
 *
 *     ENTERED ──▶ ITERATING ──▶ RELEASING (return(), close()) ──▶ DONE
 *
 * A plain iterable is run in the turn of the call, without a promise. Asynchrony is decided by the
 * returned value only: a thenable, then Symbol.asyncIterator, then Symbol.iterator.
 */
import type { AbortSource } from './abort.ts';
import { byteLength, coalesce, encode } from './blocks.ts';
import { clientGone, WsgiError, type WsgiErrorCode } from './errors.ts';
import type { Exchange } from './exchange.ts';
import { FileWrapper } from './file-wrapper.ts';
import { foreignInterface } from './foreign-interface.ts';
import { HEAD_NOW } from './head-now.ts';
import { isThenable, iteratorOf } from './iteration.ts';
import { Lender, LentStep, type Loan } from './loan.ts';
import type { Log } from './log.ts';
import { discardBody, releaseBody, settle } from './release.ts';
import { checkResponseHead, type ResponseHead } from './response-head.ts';
import type { Application, Body, Chunk, Environ, HeaderList, Write } from './types.ts';

/** How long an iterable may keep the thread before other requests get a turn, in milliseconds. */
const FAIR_SHARE = 10;

/** What a gateway passes beside the request. */
export interface RunOptions {
  readonly log: Log;
  /** The source of `wizgi.signal`; a connection passes the same one for each of its requests. */
  readonly abort: AbortSource;
}

/** One application call under way, as the gateway sees it. */
export interface Run {
  /** True once any part of the answer was handed to the gateway. */
  readonly begun: boolean;
  /** The gateway can take more, after `respond`, `begin` or `send` returned false. */
  resume(): void;
  /** The client is gone, or the server gives up: stops the application quietly. */
  abort(reason: Error): void;
  /** Nothing was sent in time: answers 504 in the application's place and stops it. */
  expire(): void;
}

/** Runs `app` for one request; all that follows reaches the gateway through `exchange`. */
export function run(
  app: Application,
  environ: Environ,
  exchange: Exchange,
  options: RunOptions,
): Run {
  const driver = new Driver(exchange, options, environ.REQUEST_METHOD === 'HEAD');
  environ['wizgi.signal'] = options.abort.signal();
  driver.enter(app, environ);
  return driver;
}

/** Statuses of answers where no application is to blame, or none answered. (RFC 9110 §15) */
const conditions: { readonly [code in WsgiErrorCode]?: string } = {
  'input-incomplete': '400 Bad Request',
  'input-too-slow': '408 Request Timeout',
  'input-too-large': '413 Content Too Large',
  'no-answer': '502 Bad Gateway',
  'no-capacity': '503 Service Unavailable',
  'response-timeout': '504 Gateway Timeout',
};

function conditionOf(error: unknown): string | null {
  return error instanceof WsgiError ? (conditions[error.code] ?? null) : null;
}

const ENTERED = 0;
const ITERATING = 1;
const RELEASING = 2;
const DONE = 3;

type Step = 'more' | 'wait' | 'stop';

/** Where the blocks come from. */
type Steps = Iterator<Chunk> | AsyncIterator<Chunk> | Loan;
type PendingStep = PromiseLike<IteratorResult<Chunk>> | LentStep;

class Driver implements Run {
  private readonly exchange: Exchange;
  private readonly options: RunOptions;
  private readonly headOnly: boolean;

  private phase = ENTERED;
  private aborted = false;
  private startCalled = false;
  private head: ResponseHead | null = null;
  private writer: Write | null = null;
  private sent = 0;
  begun = false;
  /** The answer was handed over to its end, or cut. */
  private answered = false;
  /** The gateway has not taken the last block yet. */
  private blocked = false;
  private whenUnblocked: (() => void) | null = null;
  /** When other requests are to have their turn; 0 when a turn begins. */
  private turnEnd = 0;
  /** The promise that `write()` returned while blocked. */
  private draining: PromiseWithResolvers | null = null;

  private body: Body | null = null;
  private iterator: Steps | null = null;
  /** The application's promise of a body, until it settles. */
  private promised: Promise<void> | null = null;

  constructor(exchange: Exchange, options: RunOptions, headOnly: boolean) {
    this.exchange = exchange;
    this.options = options;
    this.headOnly = headOnly;
  }

  enter(app: Application, environ: Environ): void {
    let result: unknown;
    try {
      result = app(environ, (status, headers, error) => this.startResponse(status, headers, error));
    } catch (error) {
      this.fail(error);
      return;
    }
    this.accept(result);
  }

  resume(): void {
    if (!this.blocked) return;
    this.blocked = false;
    this.turnEnd = 0;
    this.draining?.resolve();
    this.draining = null;
    const next = this.whenUnblocked;
    this.whenUnblocked = null;
    next?.();
  }

  abort(reason: Error): void {
    if (this.aborted || this.phase === DONE) return;
    this.aborted = true;
    this.answered = true;
    this.options.abort.abort(reason);
    this.whenUnblocked = null;
    this.draining?.reject(clientGone());
    this.draining = null;
    this.release();
  }

  expire(): void {
    if (this.begun || this.phase >= RELEASING) return;
    const message = 'the application did not begin its response in time';
    this.options.log.error(message, { request: this.exchange.describe() });
    this.page('504 Gateway Timeout');
    this.abort(new WsgiError('response-timeout', message));
  }

  private startResponse(status: string, headers: HeaderList, error?: unknown): Write {
    if (this.phase >= RELEASING || this.aborted) throw ended('startResponse');
    if (error !== undefined && error !== null) {
      if (this.begun) throw error;
    } else if (this.startCalled) {
      throw new WsgiError(
        'start-response-twice',
        'startResponse was called before; pass the error that makes a second call necessary as its third argument',
      );
    }
    this.startCalled = true;
    this.head = null;
    this.head = checkResponseHead(status, headers);
    this.writer ??= (chunk) => this.write(chunk);
    return this.writer;
  }

  private write(chunk: Chunk): void | Promise<void> {
    if (this.aborted) throw clientGone();
    if (this.phase >= RELEASING) throw ended('write');
    if (this.phase === ITERATING) {
      throw new WsgiError(
        'write-after-iteration',
        'write() was called after the response iterable was returned; yield the block instead',
      );
    }
    const size = byteLength(chunk);
    const declared = this.head?.contentLength ?? null;
    if (declared !== null && size > declared - this.sent && !this.bodyless()) {
      throw new WsgiError(
        'long-body',
        `write() exceeds the declared Content-Length of ${declared}`,
      );
    }
    if (this.answered || this.deliver(chunk, size) !== 'wait') return undefined;
    this.draining ??= withResolvers();
    return this.draining.promise;
  }

  private accept(result: unknown): void {
    // Looking at a result can throw, as any property may have a getter.
    try {
      if (isThenable(result)) this.promised = this.settleBody(result);
      else this.acceptBody(result);
    } catch (error) {
      this.fail(error);
    }
  }

  private settleBody(result: PromiseLike<unknown>): Promise<void> {
    return Promise.resolve(result).then(
      (value) => {
        this.promised = null;
        this.accept(value);
      },
      (error: unknown) => {
        this.promised = null;
        this.fail(error);
      },
    );
  }

  private acceptBody(result: unknown): void {
    if (this.aborted) {
      discardBody(result, (error) => this.reportCloseError(error));
      return;
    }
    if (typeof result === 'string' || result instanceof Uint8Array) {
      this.acceptBlock(result);
      return;
    }
    if (Array.isArray(result)) {
      this.body = result as Body;
      if (result.length === 1) {
        this.acceptBlock(result[0]);
        return;
      }
      this.iterator = coalesce(result);
    } else if (!this.adopt(result)) {
      return;
    }
    this.phase = ITERATING;
    if (this.answered) this.release();
    else if (this.head !== null && result instanceof FileWrapper && this.bodyless()) {
      // A file has nothing to say about the head, so it need not be read to send none of it.
      this.respondWithoutContent(this.head);
    } else this.proceed();
  }

  /** Takes the iterator of a returned object, or refuses the object. */
  private adopt(result: unknown): boolean {
    if (typeof result === 'object' && result !== null) this.body = result as Body;
    try {
      this.iterator = this.stepsOf(result);
      return true;
    } catch (error) {
      this.fail(error);
      return false;
    }
  }

  private stepsOf(result: unknown): Steps {
    if (this.exchange.takesLoans === true && result instanceof Lender) return result.lend();
    const declared = this.head?.contentLength ?? null;
    return iteratorOf(result, declared === null ? null : declared - this.sent);
  }

  /** A body of one block, whose length is that of the content. */
  private acceptBlock(block: unknown): void {
    this.phase = ITERATING;
    if (this.answered) {
      this.release();
      return;
    }
    if (this.blocked) {
      this.whenUnblocked = () => this.acceptBlock(block);
      return;
    }
    try {
      const size = byteLength(block);
      const { head } = this;
      // An application that leaves its content out, as on HEAD, does not tell how long it is.
      const known = size > 0 ? !this.statusIsBodyless() : !this.bodyless();
      if (known && head?.contentLength === null && !this.begun) head.contentLength = size;
      if (this.deliver(block as Chunk, size) === 'stop') return;
    } catch (error) {
      this.fail(error);
      return;
    }
    this.whenReady(() => this.exhausted());
  }

  private whenReady(next: () => void): void {
    if (this.blocked) this.whenUnblocked = next;
    else next();
  }

  private proceed(): void {
    const { iterator } = this;
    if (iterator !== null) this.whenReady(() => this.iterate(iterator));
  }

  private iterate(iterator: Steps): void {
    for (;;) {
      let step: IteratorResult<Chunk> | PendingStep;
      try {
        step = iterator.next();
      } catch (error) {
        this.iterator = null;
        this.fail(error);
        return;
      }
      if (isThenable(step)) {
        this.awaitStep(step as PendingStep);
        return;
      }
      if (!this.take(step as IteratorResult<Chunk>)) return;
      if (this.turnIsOver()) {
        this.proceedNextTurn();
        return;
      }
    }
  }

  // Promises that are settled already never leave the turn, so asynchronous iterables need this too.
  private turnIsOver(): boolean {
    const now = performance.now();
    if (this.turnEnd === 0) this.turnEnd = now + FAIR_SHARE;
    return now > this.turnEnd;
  }

  private proceedNextTurn(): void {
    setImmediate(() => {
      this.turnEnd = 0;
      if (this.phase === ITERATING) this.proceed();
    });
  }

  private awaitStep(step: PendingStep): void {
    const lent = step instanceof LentStep;
    step.then(
      (result) => {
        // What is lent comes in a turn of its own, and is to be sent in that.
        if (lent) this.turnEnd = 0;
        if (this.phase !== ITERATING || !this.take(result)) return;
        if (this.turnIsOver()) this.proceedNextTurn();
        else this.proceed();
      },
      (error: unknown) => {
        this.iterator = null;
        if (this.phase === ITERATING) this.fail(error);
      },
    );
  }

  /** Handles one step of the iterator; false when iteration must not go on now. */
  private take(step: IteratorResult<Chunk>): boolean {
    try {
      if (step.done) {
        this.iterator = null;
        this.exhausted();
        return false;
      }
      const next = this.deliver(step.value, byteLength(step.value));
      if (next === 'wait') this.whenUnblocked = () => this.proceed();
      return next === 'more';
    } catch (error) {
      this.fail(error);
      return false;
    }
  }

  /** Sends one block within the rules; on 'stop' the answer is complete and being released. */
  private deliver(chunk: Chunk, size: number): Step {
    const { head } = this;
    if (size === 0) return chunk === HEAD_NOW ? this.deliverHead() : 'more';
    if (head === null) throw startMissing();
    if (this.bodyless()) {
      if (!this.headOnly) {
        this.options.log.warn('content dropped: the status allows none', {
          request: this.exchange.describe(),
          status: head.status,
        });
      }
      this.respondWithoutContent(head);
      return 'stop';
    }
    const declared = head.contentLength;
    const room = declared === null ? size : declared - this.sent;
    const block = size > room ? encode(chunk).subarray(0, room) : chunk;
    this.sent += Math.min(size, room);
    const whole = this.sent === declared;
    const first = !this.begun;
    this.begun = true;
    this.blocked = !this.hand(head, block, first, whole);
    // The gateway may have found the client gone, and have aborted this in the call.
    if (this.phase >= RELEASING) return 'stop';
    if (whole) {
      this.answered = true;
      if (!first) this.exchange.finish();
      if (size > room)
        this.breach('long-body', `more than the declared Content-Length of ${declared}`);
      if (this.phase !== ENTERED) this.whenReady(() => this.release());
      return 'stop';
    }
    return this.blocked ? 'wait' : 'more';
  }

  /** Sends the head ahead of the content, if there will be any. */
  private deliverHead(): Step {
    const { head, exchange } = this;
    if (head === null || this.begun || this.bodyless() || head.contentLength === 0) return 'more';
    if (exchange.beginHead === undefined) return 'more';
    this.begun = true;
    this.blocked = !exchange.beginHead(head);
    if (this.phase >= RELEASING) return 'stop';
    return this.blocked ? 'wait' : 'more';
  }

  private hand(head: ResponseHead, block: Chunk, first: boolean, whole: boolean): boolean {
    if (!first) return this.exchange.send(block);
    return whole ? this.exchange.respond(head, block) : this.exchange.begin(head, block);
  }

  /** The iterable ended by itself. */
  private exhausted(): void {
    const { head } = this;
    if (head === null) {
      this.fail(startMissing());
      return;
    }
    if (!this.begun) {
      if (this.bodyless()) {
        this.respondWithoutContent(head);
        return;
      }
      if (head.contentLength !== null && head.contentLength > 0) {
        this.fail(
          new WsgiError(
            'short-body',
            `no content, with a declared Content-Length of ${head.contentLength}`,
          ),
        );
        return;
      }
      head.contentLength = 0;
      this.begun = true;
      this.blocked = !this.exchange.respond(head, null);
    } else if (head.contentLength !== null && this.sent < head.contentLength) {
      this.breach(
        'short-body',
        `${this.sent} bytes of a declared Content-Length of ${head.contentLength}`,
      );
    } else {
      this.exchange.finish();
    }
    this.answered = true;
    this.whenReady(() => this.release());
  }

  /** Answers HEAD, 204, 205 and 304. (RFC 9110 §9.3.2, §15.3.5, §15.3.6, §15.4.5) */
  private respondWithoutContent(head: ResponseHead): void {
    if (head.code === 204) head.contentLength = null;
    else if (head.code === 205) head.contentLength = 0;
    this.begun = true;
    this.answered = true;
    this.blocked = !this.exchange.respond(head, null);
    if (this.phase !== ENTERED) this.whenReady(() => this.release());
  }

  private bodyless(): boolean {
    return this.headOnly || this.statusIsBodyless();
  }

  private statusIsBodyless(): boolean {
    const code = this.head?.code;
    return code === 204 || code === 304 || code === 205;
  }

  /** The application sent more or less than it declared: the connection cannot be trusted on. */
  private breach(code: 'short-body' | 'long-body', what: string): void {
    const error = new WsgiError(code, `the application sent ${what}`);
    this.options.log.error('application error', { code, error, request: this.exchange.describe() });
    this.exchange.cut();
  }

  /** One path for everything an application can throw, at whatever point. */
  private fail(error: unknown): void {
    if (this.aborted || this.phase >= RELEASING) {
      this.options.log.debug('application error after the request ended', { error });
      return;
    }
    const condition = conditionOf(error);
    if (condition === null) {
      const hint = this.startCalled ? null : foreignInterface(error);
      const request = this.exchange.describe();
      this.options.log.error('application error', { error, request, ...(hint && { hint }) });
    } else if (!condition.startsWith('4')) {
      const { message } = error as WsgiError;
      this.options.log.warn('no answer', { reason: message, request: this.exchange.describe() });
    }
    if (!this.begun) this.page(condition ?? '500 Internal Server Error');
    else if (!this.answered) this.exchange.cut();
    this.answered = true;
    this.release();
  }

  /** Answers in the application's place, with nothing of what it had prepared. */
  private page(status: string): void {
    const text = `${status.slice(4)}\n`;
    const head = checkResponseHead(status, [['Content-Type', 'text/plain; charset=utf-8']]);
    if (head.code === 503) head.headers.push(['Retry-After', '1']);
    head.contentLength = text.length;
    this.head = head;
    this.begun = true;
    this.exchange.respond(head, this.headOnly ? null : text);
  }

  /** Lets go of the application: `return()` of an unfinished iterator, then `close()`, then done. */
  private release(): void {
    if (this.phase >= RELEASING) return;
    this.phase = RELEASING;
    if (this.promised !== null) {
      settle(this.promised, () => this.finish());
      return;
    }
    const { body, iterator } = this;
    this.body = this.iterator = null;
    if (iterator === null && !mayClose(body)) {
      this.finish();
      return;
    }
    releaseBody(
      iterator,
      body,
      (error) => this.reportCloseError(error),
      () => this.finish(),
    );
  }

  private finish(): void {
    if (this.phase === DONE) return;
    this.phase = DONE;
    this.exchange.done();
  }

  private reportCloseError(error: unknown): void {
    this.options.log.error('application error in close()', {
      error,
      request: this.exchange.describe(),
    });
  }
}

interface PromiseWithResolvers {
  readonly promise: Promise<void>;
  resolve(): void;
  reject(reason: Error): void;
}

function withResolvers(): PromiseWithResolvers {
  let resolve!: () => void;
  let reject!: (reason: Error) => void;
  const promise = new Promise<void>((onResolve, onReject) => {
    resolve = onResolve;
    reject = onReject;
  });
  // Whoever ignores the promise must not be punished for it by an unhandled rejection.
  promise.catch(() => undefined);
  return { promise, resolve, reject };
}

function startMissing(): WsgiError {
  return new WsgiError(
    'start-response-missing',
    'the application gave its content, or ended, without calling startResponse',
  );
}

function ended(what: string): WsgiError {
  return new WsgiError('response-ended', `${what} was called after the response ended`);
}

function mayClose(body: Body | null): boolean {
  try {
    return (body?.close ?? null) !== null;
  } catch {
    return true;
  }
}
