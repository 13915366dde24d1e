/**
 * A connection that carries one request: SCGI, uwsgi.
 *
 *     HEAD ─▶ SERVING ─▶ LINGERING (answered, input is dropped) ─▶ CLOSED
 *
 * What follows the request is never parsed. A request that cannot be understood is answered when its
 * sender is known to speak the protocol; else the connection is closed without a word.
 */
import type { Socket } from 'node:net';
import type { AnswerEncoder, Pieces } from '../protocols/answer.ts';
import type { MetaRequestEvent } from '../protocols/cgi/request-parser.ts';
import { ProtocolError } from '../protocols/protocol-error.ts';
import type { Timed } from './clock.ts';
import type { Gateway } from './gateway.ts';
import type { Connection } from './listener.ts';
import type { ConnectionFacts } from './peer.ts';
import { Refusal } from './refusal.ts';
import { type Outcome, Service, type ServiceOwner } from './service.ts';
import { READ_AHEAD, Transport, type TransportOwner } from './transport.ts';

/** The server side of a protocol with one request on a connection. */
export interface SingleCodec {
  /** Whether the peer speaks the protocol, so that a refusal can be told it. */
  readonly understood: boolean;
  /** Bytes that were pushed and not yet parsed. */
  readonly buffered: number;
  /** The request is complete, and nothing has come behind it. */
  readonly finished: boolean;
  push(bytes: Uint8Array): void;
  end(): void;
  next(): MetaRequestEvent | null;
}

export class SingleConnection implements Connection, ServiceOwner, TransportOwner, Timed {
  readonly gateway: Gateway;
  readonly facts: ConnectionFacts;
  readonly runOnce = false;
  readonly multiprocess = false;
  private readonly transport: Transport;
  private readonly parser: SingleCodec;
  private readonly encoder: AnswerEncoder;
  private deadline: number;
  /** The request, while it is under way. */
  private service: Service | null = null;
  /** The request was answered, or refused. */
  private served = false;
  private advancing = false;

  constructor(
    gateway: Gateway,
    socket: Socket,
    facts: ConnectionFacts,
    parser: SingleCodec,
    encoder: AnswerEncoder,
  ) {
    this.gateway = gateway;
    this.facts = facts;
    this.parser = parser;
    this.encoder = encoder;
    this.deadline = gateway.clock.after(gateway.headerTimeout);
    this.transport = new Transport(gateway, socket, facts, this);
    gateway.clock.add(this);
  }

  // --- Connection ------------------------------------------------------------------------------

  drain(): void {
    // Not before another look for input: a request that has arrived already is answered.
    setImmediate(() => setImmediate(() => this.endUnused()));
  }

  destroy(): void {
    this.transport.destroy(this.service !== null);
  }

  private endUnused(): void {
    if (this.transport.bytesRead === 0) this.transport.linger();
  }

  // --- Timed -----------------------------------------------------------------------------------

  tick(now: number): void {
    const { transport, service } = this;
    if (transport.tick(now)) return;
    if (service !== null) {
      if (transport.forsaken(now) && !service.receiving) transport.destroy(true);
      else service.tick(now);
    } else if (now > this.deadline && !transport.lingering) {
      this.onHeaderTimeout();
    }
  }

  private onHeaderTimeout(): void {
    if (this.transport.bytesRead > 0) this.refuse('header-timeout', 408);
    // Whoever only looks whether somebody listens is no news.
    else this.transport.linger();
  }

  // --- TransportOwner --------------------------------------------------------------------------

  onData(data: Buffer): void {
    this.parser.push(data);
    this.advance();
  }

  onEnd(): void {
    this.parser.end();
    this.advance();
  }

  onFlushed(): void {
    this.service?.resume();
  }

  onClosed(): void {
    this.gateway.clock.delete(this);
    if (this.service === null) this.gateway.closed(this);
    else this.service.abort();
  }

  // --- the request -----------------------------------------------------------------------------

  private advance(): void {
    if (this.advancing || this.served) return;
    this.advancing = true;
    try {
      while (!this.served && !this.isHeld() && this.step());
    } catch (error) {
      if (error instanceof ProtocolError) this.onProtocolError(error);
      else this.onInternalError(error);
    } finally {
      this.advancing = false;
    }
    this.transport.hold(this.isHeld() && this.parser.buffered > READ_AHEAD);
  }

  private isHeld(): boolean {
    return this.service?.held === true;
  }

  /** Handles one event of the parser; false when there is none. */
  private step(): boolean {
    const event = this.parser.next();
    if (event === null) return false;
    switch (event.type) {
      case 'head':
        this.service = new Service(this, event, this.encoder);
        this.service.start();
        break;
      case 'data':
        this.service?.take(event.data);
        break;
      case 'end':
        this.service?.contentEnd();
        break;
      case 'eof':
        this.transport.linger();
        return false;
    }
    return true;
  }

  private onProtocolError(error: ProtocolError): void {
    if (this.service === null) this.refuse(error.code, error.status);
    else this.service.failContent(error);
  }

  private onInternalError(error: unknown): void {
    this.gateway.log.error('internal error', { error });
    this.destroy();
  }

  /** Turns away what became no request. */
  private refuse(reason: string, status: number): void {
    this.served = true;
    this.transport.logRefusal(reason);
    if (this.parser.understood) {
      const refusal = new Refusal(status, false);
      this.transport.output.writeAll(refusal.by(this.encoder));
      this.gateway.refused(this.facts.remoteAddress, null, refusal);
    }
    this.transport.linger();
  }

  // --- ServiceOwner ----------------------------------------------------------------------------

  send(_service: Service, pieces: Pieces): boolean {
    return this.transport.output.writeAll(pieces);
  }

  contentWanted(): void {
    // It comes unasked.
  }

  contentTaken(): void {
    // Not now: the application is in the middle of a read.
    setImmediate(() => this.advance());
  }

  refused(_service: Service, reason: string): void {
    this.transport.logRefusal(reason);
  }

  over(_service: Service, outcome: Outcome): void {
    this.served = true;
    // What is left of a closed socket outlives many requests, and would keep all of this one.
    this.service = null;
    if (this.transport.closed) this.gateway.closed(this);
    else if (outcome !== 'cut' && this.parser.finished) this.transport.finish();
    else this.transport.linger(outcome === 'cut');
  }
}
