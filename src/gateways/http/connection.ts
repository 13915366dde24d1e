/**
 * One HTTP/1.1 connection: the pump between its socket, the codec and the driver.
 *
 *     IDLE ─▶ HEAD ─▶ BODY (received whole) ─▶ RUNNING ─▶ (SKIPPING) ─▶ IDLE …
 *                └────────── streaming ──────────▲
 *     any ─▶ LINGERING (answered for the last time, input is dropped) ─▶ CLOSED
 *
 * Requests run one at a time, in order; what a client pipelines waits in the parser, and reading
 * pauses when that is much. No request is read after one that could not be framed.
 */
import type { Socket } from 'node:net';
import {
  CONTINUE,
  ProtocolError,
  type RequestHead,
  RequestParser,
} from '../../protocols/http1/index.ts';
import type { AbortSource } from '../../wsgi/abort.ts';
import { clientGone } from '../../wsgi/errors.ts';
import { Input } from '../../wsgi/input.ts';
import { type Run, run } from '../../wsgi/run.ts';
import { contentFailure, notStoredStatus } from '../body.ts';
import type { Timed } from '../clock.ts';
import type { Gateway } from '../gateway.ts';
import type { Connection } from '../listener.ts';
import type { Output } from '../output.ts';
import { type ConnectionFacts, peerOf } from '../peer.ts';
import { Reception, type ReceptionOwner } from '../reception.ts';
import { Refusal } from '../refusal.ts';
import { FAIR_SHARE, READ_AHEAD, Transport, type TransportOwner } from '../transport.ts';
import { httpEnviron, isMounted } from './environ.ts';
import { type ExchangeOwner, HttpExchange, lineOf } from './exchange.ts';
import { encodeRefusal } from './refusal.ts';

const IDLE = 0;
const HEAD = 1;
const BODY = 2;
const RUNNING = 3;
/** Answered; the rest of the content, which nobody read, is being dropped. */
const SKIPPING = 4;
const LINGERING = 5;
const CLOSED = 6;

export class HttpConnection
  implements Connection, ExchangeOwner, ReceptionOwner, TransportOwner, Timed
{
  readonly facts: ConnectionFacts;
  private readonly gateway: Gateway;
  private readonly transport: Transport;
  private readonly output: Output;
  private readonly parser: RequestParser;
  private readonly abortSource: AbortSource;
  private readonly runOptions;

  private phase = IDLE;
  /** When the current phase has lasted too long. */
  private deadline: number;
  private requests = 0;
  private advancing = false;
  /** Others have their turn; input waits. */
  private yielding = false;
  /** No further request, although the client would send one. */
  private closing = false;
  /** The last answer was broken off. */
  private wasCut = false;
  /** An answer has begun whose end is that of the connection. */
  private untilClose = false;
  /** That answer was written whole. */
  private whole = false;

  private head: RequestHead | null = null;
  /** The content of the current request; null when it has none. */
  private reception: Reception | null = null;
  private input: Input | null = null;
  private exchange: HttpExchange | null = null;
  private current: Run | null = null;

  constructor(gateway: Gateway, socket: Socket, facts: ConnectionFacts) {
    this.gateway = gateway;
    this.facts = facts;
    this.transport = new Transport(gateway, socket, facts, this);
    this.output = this.transport.output;
    gateway.clock.add(this);
    this.parser = new RequestParser(gateway.limits, facts.scheme);
    this.abortSource = gateway.aborts.take();
    this.runOptions = { log: gateway.log, abort: this.abortSource };
    this.deadline = gateway.clock.after(gateway.headerTimeout);
  }

  // --- ExchangeOwner ---------------------------------------------------------------------------

  get wall(): number {
    return this.gateway.clock.wall;
  }

  get serverField(): string {
    return this.gateway.serverField;
  }

  keepsAlive(): boolean {
    const { reception } = this;
    if (this.gateway.draining) this.closing = true;
    else if (reception !== null && (reception.awaitsContinue || reception.tooLongToSkip)) {
      this.closing = true;
    }
    return !this.closing;
  }

  delimitByClose(whole: boolean): void {
    this.closing = true;
    this.untilClose = true;
    this.whole = whole;
  }

  write(data: string | Uint8Array): boolean {
    return this.output.write(data);
  }

  writeAll(pieces: readonly (string | Uint8Array)[]): boolean {
    return this.output.writeAll(pieces);
  }

  cut(whole: boolean): void {
    this.closing = true;
    this.wasCut = !whole;
  }

  exchangeDone(exchange: HttpExchange): void {
    this.gateway.release();
    this.gateway.answered(exchange);
    this.input?.close();
    this.input = this.current = this.exchange = null;
    if (this.phase === CLOSED) this.leave();
    else if (this.closing || (this.transport.halfClosed && this.parser.buffered === 0))
      this.endAfterAnswer();
    else if (this.reception === null || this.reception.complete) this.nextRequest();
    else this.skipRest(this.reception);
  }

  // --- Connection ------------------------------------------------------------------------------

  drain(): void {
    this.closing = true;
    // Not before another look for input: a request that has arrived already is answered.
    if (this.phase === IDLE) setImmediate(() => setImmediate(() => this.endIdle()));
  }

  destroy(): void {
    // The end of the connection must not pass for the end of an answer.
    this.transport.destroy(this.isTruncated() || (this.untilClose && this.output.pending));
  }

  // --- Timed -----------------------------------------------------------------------------------

  tick(now: number): void {
    const { transport, phase, reception } = this;
    if (transport.tick(now)) return;
    if (phase === RUNNING && transport.forsaken(now)) {
      this.destroy();
    } else if (reception !== null && phase >= BODY && phase <= SKIPPING && reception.late(now)) {
      this.failBody(new ProtocolError('body-timeout', 408, 'the content arrives too slowly'));
    } else if (now > this.deadline) {
      this.onDeadline();
    }
  }

  private onDeadline(): void {
    this.deadline = Number.POSITIVE_INFINITY;
    switch (this.phase) {
      case IDLE:
        if (this.output.pending) this.deadline = this.gateway.clock.after(this.gateway.keepAlive);
        else if (this.requests === 0 && this.transport.bytesRead > 0)
          this.refuse('header-timeout', 408);
        else this.destroy();
        break;
      case HEAD:
        this.refuse('header-timeout', 408);
        break;
      case RUNNING:
        if (this.current === null) {
          this.refuse('no-turn', 503);
        } else if (!this.current.begun) {
          this.closing = true;
          this.current.expire();
        }
        break;
    }
  }

  // --- TransportOwner ---------------------------------------------------------------------------

  onData(data: Buffer): void {
    this.parser.push(data);
    this.advance();
  }

  onEnd(): void {
    this.parser.end();
    this.advance();
  }

  onClosed(): void {
    this.phase = CLOSED;
    this.gateway.clock.delete(this);
    this.reception?.fail(clientGone());
    if (this.current !== null) this.current.abort(clientGone());
    else if (this.exchange === null) this.leave();
  }

  /** The connection is closed and no application has to do with it any more. */
  private leave(): void {
    this.reception?.dispose();
    this.reception = null;
    this.gateway.aborts.give(this.abortSource);
    this.gateway.closed(this);
  }

  onFlushed(): void {
    this.current?.resume();
    if (this.phase === IDLE) this.advance();
  }

  // --- requests --------------------------------------------------------------------------------

  /** Goes on with what was received, as far as that leads. */
  private advance(): void {
    if (this.advancing) return;
    this.advancing = true;
    const share = this.requests + FAIR_SHARE;
    try {
      while (this.canParse() && this.step()) {
        if (this.requests === share && this.phase === IDLE) this.yieldTurn();
      }
    } catch (error) {
      if (error instanceof ProtocolError) this.onProtocolError(error);
      else this.onInternalError(error);
    } finally {
      this.advancing = false;
    }
    this.regulate();
  }

  private canParse(): boolean {
    switch (this.phase) {
      case IDLE:
        return !this.output.pending && !this.yielding;
      case RUNNING:
        return this.reception !== null && !this.reception.complete && !this.reception.held;
      case BODY:
        return this.reception !== null && !this.reception.held;
      default:
        return this.phase < LINGERING;
    }
  }

  /** Reads on, or has the client wait. */
  private regulate(): void {
    if (this.phase >= LINGERING) return;
    const much = this.parser.buffered > READ_AHEAD || this.reception?.held === true;
    this.transport.hold(much && !this.canParse());
  }

  private yieldTurn(): void {
    this.yielding = true;
    setImmediate(() => {
      this.yielding = false;
      this.advance();
    });
  }

  /** Handles one event of the parser; false when there is none. */
  private step(): boolean {
    const event = this.parser.next();
    if (event === null) {
      if (this.phase === IDLE && this.parser.buffered > 0) this.beginHead();
      return false;
    }
    switch (event.type) {
      case 'head':
        this.onHead(event);
        break;
      case 'data':
        if (this.reception?.take(event.data) === false) this.linger();
        break;
      case 'end':
        this.onBodyEnd();
        break;
      case 'eof':
        this.linger();
        return false;
    }
    return true;
  }

  private beginHead(): void {
    this.phase = HEAD;
    this.deadline = this.gateway.clock.after(this.gateway.headerTimeout);
  }

  private onHead(head: RequestHead): void {
    const { gateway } = this;
    this.requests++;
    this.head = head;
    if (!head.keepAlive || gateway.keepAlive === 0) this.closing = true;
    if (!isMounted(head.path, gateway.facts.scriptName)) {
      throw new ProtocolError('outside-script-name', 404, 'the path is outside the mount point');
    }
    if (head.contentLength === 0) {
      this.parser.next();
      this.enter(new Input(), null);
      return;
    }
    this.deadline = Number.POSITIVE_INFINITY;
    // A client whose content is here already did not wait.
    const awaitsContinue = head.expectContinue && this.parser.buffered === 0;
    const reception = new Reception(this, gateway, head.contentLength, awaitsContinue);
    this.reception = reception;
    if (gateway.streaming) {
      this.enter(reception.input(), null);
    } else {
      this.phase = BODY;
      this.contentWanted();
    }
  }

  private onBodyEnd(): void {
    const { reception } = this;
    reception?.end();
    if (this.phase === BODY && reception !== null) this.enter(reception.input(), reception.size);
    else if (this.phase === SKIPPING) this.nextRequest();
  }

  private enter(input: Input, bodySize: number | null): void {
    const { gateway } = this;
    const head = this.head as RequestHead;
    this.phase = RUNNING;
    this.input = input;
    this.deadline = gateway.clock.after(gateway.timeout);
    const exchange = new HttpExchange(this, head, gateway.startTime());
    this.exchange = exchange;
    gateway.acquire(() => {
      // In serial mode the client may have left, or been turned away, while this waited its turn.
      if (this.exchange !== exchange || this.phase === CLOSED) {
        gateway.release();
        if (this.phase === CLOSED) this.leave();
        return;
      }
      const { facts, streaming } = gateway;
      const environ = httpEnviron(head, this.facts, facts, input, streaming, bodySize);
      exchange.environ = environ;
      const started = run(gateway.app, environ, exchange, this.runOptions);
      if (this.exchange !== exchange) return;
      this.current = started;
      // The application may have ended the server.
      if (this.isClosed()) started.abort(clientGone());
    });
  }

  /** A method, because a comparison in place would be taken for known. */
  private isClosed(): boolean {
    return this.phase === CLOSED;
  }

  /** Drops the content that the application left unread, if it is little. */
  private skipRest(reception: Reception): void {
    if (reception.tooLongToSkip) {
      this.linger();
      return;
    }
    this.phase = SKIPPING;
    this.deadline = Number.POSITIVE_INFINITY;
    reception.skip();
    this.advance();
  }

  /** The request is over and the connection stays. */
  private nextRequest(): void {
    this.reception?.dispose();
    this.reception = null;
    if (this.closing) {
      this.linger();
      return;
    }
    this.phase = IDLE;
    this.head = null;
    this.deadline = this.gateway.clock.after(this.gateway.keepAlive);
    this.advance();
  }

  // --- ReceptionOwner --------------------------------------------------------------------------

  contentWanted(): void {
    const { reception } = this;
    if (reception === null || !reception.awaitsContinue || this.phase >= LINGERING) return;
    reception.awaitsContinue = false;
    // Once the head went out the client need not be asked: the connection is to close.
    if (this.exchange?.response == null) this.write(CONTINUE);
  }

  contentTaken(): void {
    // Not now: the application is in the middle of a read.
    setImmediate(() => this.advance());
  }

  contentLost(error: unknown): void {
    this.gateway.log.error('the request body could not be stored', { error });
    if (this.phase === BODY) this.refuse('body-not-stored', notStoredStatus(error));
  }

  // --- the end ---------------------------------------------------------------------------------

  private onProtocolError(error: ProtocolError): void {
    if (this.phase === RUNNING || this.phase === SKIPPING) this.failBody(error);
    else this.refuse(error.code, error.status);
  }

  private onInternalError(error: unknown): void {
    this.gateway.log.error('internal error', { error, peer: peerOf(this.facts) });
    this.destroy();
  }

  /** The content of a request is faulty, incomplete or too slow. */
  private failBody(error: ProtocolError): void {
    if (this.phase === BODY) {
      this.refuse(error.code, error.status);
      return;
    }
    this.closing = true;
    this.logRefusal(error.code);
    this.reception?.fail(contentFailure(error));
    // The answer is out: a second one would be taken for that of the next request.
    if (this.phase === SKIPPING) this.linger();
  }

  /** Answers in the application's place, for the last time on this connection. */
  private refuse(reason: string, status: number): void {
    this.logRefusal(reason);
    if (reason !== 'incomplete-head') {
      const { head, parser } = this;
      const headOnly = head === null ? parser.refusedHead : head.method === 'HEAD';
      const refusal = new Refusal(status, headOnly);
      this.write(encodeRefusal(refusal, this.wall));
      const line = head === null ? null : lineOf(head);
      this.gateway.refused(this.facts.remoteAddress, line, refusal);
    }
    this.exchange = null;
    this.linger();
  }

  private logRefusal(reason: string): void {
    // Clients that leave while they send a head are no news.
    if (reason === 'incomplete-head') return;
    this.transport.logRefusal(reason);
  }

  private endIdle(): void {
    if (this.phase === IDLE) this.linger();
  }

  /** Clients that said they would close say no more, but for the line end that some put behind content. */
  private endAfterAnswer(): void {
    const { head, parser, reception } = this;
    const silent = head?.keepAlive === false && reception === null && parser.buffered === 0;
    if (!silent || this.isTruncated()) {
      this.linger();
      return;
    }
    this.phase = LINGERING;
    this.deadline = Number.POSITIVE_INFINITY;
    this.transport.finish();
  }

  /** Ends our side, and drops what still comes so that no reset destroys the answer. */
  private linger(): void {
    if (this.phase >= LINGERING) return;
    this.phase = LINGERING;
    this.reception?.dispose();
    this.reception = null;
    this.deadline = Number.POSITIVE_INFINITY;
    this.transport.linger(this.isTruncated());
  }

  /**
   * An answer is not whole, and an end of the connection would pass for its own: with lighttpd's
   * mod_proxy even where a last chunk or a length says otherwise.
   */
  private isTruncated(): boolean {
    return this.wasCut || (this.untilClose && !this.whole);
  }
}
