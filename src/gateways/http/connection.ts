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
import { AbortSource } from '../../wsgi/abort.ts';
import { WsgiError } from '../../wsgi/errors.ts';
import { Input } from '../../wsgi/input.ts';
import { type Run, run } from '../../wsgi/run.ts';
import { BodySpool, BodyStream } from '../body.ts';
import type { Timed } from '../clock.ts';
import type { Connection } from '../listener.ts';
import { type ConnectionFacts, httpEnviron, isMounted } from './environ.ts';
import { type ExchangeOwner, HttpExchange } from './exchange.ts';
import type { HttpGateway } from './gateway.ts';
import { refusalResponse, statusText } from './refusal.ts';

const IDLE = 0;
const HEAD = 1;
const BODY = 2;
const RUNNING = 3;
/** Answered; the rest of the content, which nobody read, is being dropped. */
const SKIPPING = 4;
const LINGERING = 5;
const CLOSED = 6;

/** Input that may wait in the parser while a request runs. */
const READ_AHEAD = 64 * 1024;
/** How long, and how much, input is dropped after the last answer. (RFC 9112 §9.6) */
const LINGER_TIME = 2_000;
const LINGER_BYTES = 64 * 1024;
/** Unread content that is skipped to keep a connection. */
const SKIP_BYTES = 64 * 1024;

export class HttpConnection implements Connection, ExchangeOwner, Timed {
  private readonly gateway: HttpGateway;
  private readonly socket: Socket;
  private readonly facts: ConnectionFacts;
  private readonly parser: RequestParser;
  private readonly abortSource = new AbortSource();
  private readonly runOptions;
  private readonly flushed = () => this.onFlushed();

  private phase = IDLE;
  /** When the current phase has lasted too long. */
  private deadline: number;
  private requests = 0;
  private advancing = false;
  /** No further request, although the client would send one. */
  private closing = false;
  /** The client has ended its side. */
  private halfClosed = false;
  /** Something written is not handed to the system yet. */
  private unflushed = false;

  private head: RequestHead | null = null;
  private spool: BodySpool | null = null;
  private spooling = false;
  private stream: BodyStream | null = null;
  private streamFull = false;
  /** All of the current request's content was received. */
  private received = true;
  private receivedBytes = 0;
  private bodyStart = 0;
  private bodyLast = 0;
  private awaitsContinue = false;
  private input: Input | null = null;
  private exchange: HttpExchange | null = null;
  private current: Run | null = null;
  private outputLast = 0;
  private dropped = 0;
  private bytesRead = 0;

  constructor(gateway: HttpGateway, socket: Socket, facts: ConnectionFacts) {
    this.gateway = gateway;
    this.socket = socket;
    this.facts = facts;
    this.parser = new RequestParser(gateway.limits, facts.scheme);
    this.runOptions = { log: gateway.log, abort: this.abortSource };
    this.deadline = gateway.clock.after(gateway.headerTimeout);
    socket.on('data', (data) => this.onData(data));
    socket.on('end', () => this.onEnd());
    socket.on('error', () => this.onClose());
    socket.on('close', () => this.onClose());
    socket.on('timeout', () => this.onWriteTimeout());
    gateway.clock.add(this);
  }

  // --- ExchangeOwner ---------------------------------------------------------------------------

  get wall(): number {
    return this.gateway.clock.wall;
  }

  get serverField(): string {
    return this.gateway.serverField;
  }

  keepsAlive(): boolean {
    if (this.awaitsContinue || this.gateway.draining) this.closing = true;
    return !this.closing;
  }

  closeAfter(): void {
    this.closing = true;
  }

  write(data: string | Uint8Array): boolean {
    this.outputLast = this.gateway.clock.now;
    this.socket.write(data as string, 'latin1', this.flushed);
    return this.isFlushed();
  }

  writeAll(pieces: readonly (string | Uint8Array)[]): boolean {
    this.socket.cork();
    for (const piece of pieces) {
      if (piece.length > 0) this.write(piece);
    }
    this.socket.uncork();
    return this.isFlushed();
  }

  cut(reset: boolean): void {
    this.closing = true;
    if (!reset) return;
    // The end of the connection is the end of this content: only a reset tells it from a good one.
    const { socket } = this;
    socket.write('', () => socket.resetAndDestroy());
  }

  exchangeDone(exchange: HttpExchange): void {
    this.gateway.release();
    this.gateway.answered(exchange, this.facts.remoteAddress);
    this.input?.close();
    this.spool?.dispose();
    this.stream?.end(new WsgiError('input-closed', 'the request is over'));
    this.input = this.spool = this.stream = this.current = this.exchange = null;
    this.streamFull = false;
    if (this.phase === CLOSED) return;
    if (this.closing || this.halfClosedForGood()) this.linger();
    else this.nextRequest();
  }

  // --- Connection ------------------------------------------------------------------------------

  drain(): void {
    this.closing = true;
    if (this.phase === IDLE) this.linger();
  }

  destroy(): void {
    this.socket.destroy();
    this.onClose();
  }

  // --- Timed -----------------------------------------------------------------------------------

  tick(now: number): void {
    if (this.halfClosed && this.phase === RUNNING) this.checkHalfClosed(now);
    if (!this.received && (this.phase === BODY || this.phase === SKIPPING || this.stream !== null))
      this.checkBody(now);
    if (now > this.deadline) this.onDeadline();
  }

  private onDeadline(): void {
    const { gateway } = this;
    switch (this.phase) {
      case IDLE:
        if (this.unflushed) this.deadline = gateway.clock.after(gateway.keepAlive);
        else if (this.requests === 0 && this.bytesRead > 0) this.refuse('header-timeout', 408);
        else this.destroy();
        break;
      case HEAD:
        this.refuse('header-timeout', 408);
        break;
      case RUNNING:
        this.deadline = Number.POSITIVE_INFINITY;
        if (this.current === null) {
          this.refuse('no-turn', 503);
        } else if (!this.current.begun) {
          this.closing = true;
          this.current.expire();
        }
        break;
      case LINGERING:
        this.destroy();
        break;
    }
  }

  private checkBody(now: number): void {
    const { bodyTimeout, bodyMinRate } = this.gateway;
    if (bodyTimeout === 0 || this.streamFull || this.spooling || this.awaitsContinue) {
      this.bodyLast = now;
      return;
    }
    const credit =
      bodyMinRate === 0 ? Number.POSITIVE_INFINITY : (1000 * this.receivedBytes) / bodyMinRate;
    const slow = now - this.bodyStart > bodyTimeout + credit;
    if (now - this.bodyLast <= bodyTimeout && !slow) return;
    this.failBody(new ProtocolError('body-timeout', 408, 'the content arrives too slowly'));
  }

  private checkHalfClosed(now: number): void {
    const { halfCloseTimeout } = this.gateway;
    if (halfCloseTimeout === 0 || now - this.outputLast <= halfCloseTimeout) return;
    this.current?.abort(clientGone());
    this.destroy();
  }

  // --- socket events ---------------------------------------------------------------------------

  private onData(data: Buffer): void {
    this.bytesRead += data.length;
    if (this.phase === LINGERING) {
      this.dropped += data.length;
      if (this.dropped > LINGER_BYTES) this.destroy();
      return;
    }
    this.parser.push(data);
    this.advance();
  }

  private onEnd(): void {
    this.halfClosed = true;
    this.outputLast = this.gateway.clock.now;
    if (this.phase === LINGERING || this.phase === CLOSED) return;
    this.parser.end();
    this.advance();
  }

  private onClose(): void {
    if (this.phase === CLOSED) return;
    this.phase = CLOSED;
    this.gateway.clock.delete(this);
    this.socket.setTimeout(0);
    this.stream?.end(clientGone());
    if (this.current !== null) this.current.abort(clientGone());
    else this.forget();
    this.gateway.closed(this);
  }

  private onWriteTimeout(): void {
    if (this.phase === CLOSED) return;
    this.gateway.log.info('client does not read', { peer: this.peer() });
    this.destroy();
  }

  private onFlushed(): void {
    if (!this.unflushed || this.socket.writableLength > 0) return;
    this.unflushed = false;
    this.socket.setTimeout(0);
    this.current?.resume();
    if (this.phase === IDLE) this.advance();
  }

  private isFlushed(): boolean {
    if (this.socket.writableLength === 0) return true;
    if (!this.unflushed) {
      this.unflushed = true;
      this.socket.setTimeout(this.gateway.writeTimeout);
    }
    return false;
  }

  // --- requests --------------------------------------------------------------------------------

  /** Goes on with what was received, as far as that leads. */
  private advance(): void {
    if (this.advancing) return;
    this.advancing = true;
    try {
      while (this.canParse()) {
        if (!this.step()) break;
      }
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      this.onProtocolError(error);
    } finally {
      this.advancing = false;
    }
    if (this.phase === RUNNING && this.parser.buffered > READ_AHEAD) this.socket.pause();
  }

  private canParse(): boolean {
    if (this.spooling || this.streamFull || this.phase >= LINGERING) return false;
    if (this.phase === RUNNING) return !this.received;
    return this.phase !== IDLE || !this.unflushed;
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
        this.onBody(event.data);
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
    this.received = false;
    this.receivedBytes = 0;
    if (head.contentLength === 0) {
      this.parser.next();
      this.received = true;
      this.enter(new Input(), false, null);
      return;
    }
    this.bodyStart = this.bodyLast = gateway.clock.now;
    this.deadline = Number.POSITIVE_INFINITY;
    this.awaitsContinue = head.expectContinue && this.parser.buffered === 0;
    if (gateway.streaming) {
      this.stream = new BodyStream({
        wanted: () => this.sendContinue(),
        drained: () => this.onStreamDrained(),
      });
      this.enter(new Input(this.stream), true, null);
      return;
    }
    this.phase = BODY;
    this.spool = new BodySpool(gateway.spool);
    this.sendContinue();
  }

  private sendContinue(): void {
    if (!this.awaitsContinue || this.phase === CLOSED) return;
    this.awaitsContinue = false;
    // Once the head went out, or the connection is to close, the client need not be asked.
    if (this.exchange?.response == null) this.write(CONTINUE);
  }

  private onBody(data: Uint8Array): void {
    this.awaitsContinue = false;
    this.receivedBytes += data.length;
    this.bodyLast = this.gateway.clock.now;
    if (this.stream !== null) {
      if (!this.stream.push(data)) {
        this.streamFull = true;
        this.socket.pause();
      }
    } else if (this.spool !== null) {
      this.spoolBody(this.spool, data);
    } else if (this.receivedBytes > SKIP_BYTES) {
      this.linger();
    }
  }

  private spoolBody(spool: BodySpool, data: Uint8Array): void {
    const expected = Math.max(0, this.head?.contentLength ?? 0);
    const pending = spool.add(data, expected);
    if (pending === undefined) return;
    this.spooling = true;
    this.socket.pause();
    pending.then(
      () => this.onSpooled(),
      (error: unknown) => this.onSpoolError(error),
    );
  }

  private onSpooled(): void {
    this.spooling = false;
    if (this.phase >= LINGERING) {
      this.spool?.dispose();
      return;
    }
    this.socket.resume();
    this.advance();
  }

  private onSpoolError(error: unknown): void {
    this.spooling = false;
    this.spool?.dispose();
    this.spool = null;
    this.gateway.log.error('the request body could not be stored', { error });
    const full = /^(?:ENOSPC|EDQUOT)$/.test((error as NodeJS.ErrnoException).code ?? '');
    if (this.phase < LINGERING) this.refuse('body-not-stored', full ? 507 : 500);
  }

  private onStreamDrained(): void {
    this.streamFull = false;
    if (this.phase !== RUNNING) return;
    this.socket.resume();
    // Not now: the application is in the middle of a read.
    setImmediate(() => this.advance());
  }

  private onBodyEnd(): void {
    this.received = true;
    if (this.stream !== null) {
      this.stream.end();
    } else if (this.spool !== null) {
      this.enter(new Input(this.spool.source()), false, this.spool.size);
    } else {
      this.nextRequest();
    }
  }

  private enter(input: Input, streaming: boolean, bodySize: number | null): void {
    const { gateway } = this;
    const head = this.head as RequestHead;
    this.phase = RUNNING;
    this.input = input;
    this.deadline = gateway.clock.after(gateway.timeout);
    const exchange = new HttpExchange(this, head, gateway.startTime());
    this.exchange = exchange;
    gateway.acquire(() => {
      // In serial mode the client may have left, or been turned away, while this waited its turn.
      if (this.exchange !== exchange) {
        gateway.release();
        return;
      }
      const environ = httpEnviron(head, this.facts, gateway.facts, input, streaming, bodySize);
      exchange.environ = environ;
      const started = run(gateway.app, environ, exchange, this.runOptions);
      if (this.exchange === exchange) this.current = started;
    });
  }

  /** The request is over and the connection stays. */
  private nextRequest(): void {
    if (!this.received) {
      // The rest of a body that the application left unread is skipped, if it is small.
      const rest = (this.head?.contentLength ?? -1) - this.receivedBytes;
      if (rest > SKIP_BYTES) {
        this.linger();
        return;
      }
      this.receivedBytes = 0;
      this.phase = SKIPPING;
    } else {
      this.phase = IDLE;
      this.head = null;
      this.deadline = this.gateway.clock.after(this.gateway.keepAlive);
    }
    this.socket.resume();
    this.advance();
  }

  // --- the end ---------------------------------------------------------------------------------

  private onProtocolError(error: ProtocolError): void {
    if (this.phase === RUNNING || this.phase === SKIPPING) this.failBody(error);
    else this.refuse(error.code, error.status);
  }

  /** The content of a request is faulty, incomplete or too slow. */
  private failBody(error: ProtocolError): void {
    this.closing = true;
    this.received = true;
    if (this.phase === SKIPPING) {
      // The answer is out: a second one would be taken for that of the next request.
      this.logRefusal(error.code);
      this.linger();
      return;
    }
    if (this.stream === null) {
      this.refuse(error.code, error.status);
      return;
    }
    this.logRefusal(error.code);
    this.stream.end(
      new WsgiError('input-incomplete', `the request body is incomplete: ${error.message}`),
    );
  }

  /** Answers in the application's place, for the last time on this connection. */
  private refuse(reason: string, status: number): void {
    this.logRefusal(reason);
    if (reason !== 'incomplete-head') {
      this.write(refusalResponse(status, this.wall, this.head?.method === 'HEAD'));
      this.gateway.refused(this.facts.remoteAddress, this.head, statusText(status));
    }
    this.forget();
    this.linger();
  }

  /** Lets go of a request that never reached the application. */
  private forget(): void {
    this.exchange = null;
    if (!this.spooling) this.spool?.dispose();
  }

  private logRefusal(reason: string): void {
    // Clients that leave while they send a head are no news.
    if (reason === 'incomplete-head') return;
    this.gateway.log.info('refused', { reason, peer: this.peer(), bytes: this.bytesRead });
  }

  /** Ends our side, and drops what still comes so that no reset destroys the answer. */
  private linger(): void {
    if (this.phase >= LINGERING) return;
    this.phase = LINGERING;
    this.deadline = this.gateway.clock.after(LINGER_TIME);
    this.socket.resume();
    this.socket.end();
  }

  private halfClosedForGood(): boolean {
    return this.halfClosed && this.parser.buffered === 0;
  }

  private peer(): string {
    const { remoteAddress, remotePort } = this.facts;
    if (remoteAddress === '') return 'unix';
    return remoteAddress.includes(':')
      ? `[${remoteAddress}]:${remotePort}`
      : `${remoteAddress}:${remotePort}`;
  }
}

function clientGone(): WsgiError {
  return new WsgiError('client-gone', 'the client is gone');
}
