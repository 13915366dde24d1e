/**
 * An AJP connection: one request after another, of one web server.
 *
 *     IDLE ─▶ SERVING ─▶ SETTLING (content that is due is dropped) ─▶ IDLE …
 *       └─ ping ─▶ pong   └─▶ LINGERING (answered for the last time, input is dropped) ─▶ CLOSED
 *
 * The web server decides how long it keeps a connection that is idle; its pools have settings for that.
 * Content comes packet by packet, each of which the connection asks for: for an application that reads
 * it as it comes, not before that waits for it, because Apache's modules pass on no answer while they
 * wait for their client's content.
 */
import type { Socket } from 'node:net';
import {
  AjpAnswerEncoder,
  type AjpRequestEvent,
  AjpRequestParser,
  CPONG,
  type Pieces,
  ProtocolError,
} from '../../protocols/ajp/index.ts';
import type { Timed } from '../clock.ts';
import type { Gateway } from '../gateway.ts';
import type { Connection } from '../listener.ts';
import { type ConnectionFacts, peerOf } from '../peer.ts';
import { Refusal } from '../refusal.ts';
import { type Outcome, Service, type ServiceOwner } from '../service.ts';
import { FAIR_SHARE, READ_AHEAD, Transport, type TransportOwner } from '../transport.ts';
import { Secret } from './secret.ts';

type Head = Extract<AjpRequestEvent, { type: 'head' }>;

export class AjpConnection implements Connection, ServiceOwner, TransportOwner, Timed {
  readonly gateway: Gateway;
  readonly facts: ConnectionFacts;
  readonly runOnce = false;
  readonly multiprocess = false;
  private readonly transport: Transport;
  private readonly parser: AjpRequestParser;
  private readonly secret: Secret;
  /** Of the current answer; it knows whether the connection stays after it. */
  private encoder: AjpAnswerEncoder;
  private service: Service | null = null;
  /** The last request is answered, and content of it is still due. */
  private settling = false;
  /** Content of the current request is to be asked for. */
  private wanted = false;
  /** When what has begun to arrive has to be there. */
  private deadline = Number.POSITIVE_INFINITY;
  private requests = 0;
  private pongs = '';
  private advancing = false;
  /** Others have their turn; input waits. */
  private yielding = false;

  constructor(gateway: Gateway, socket: Socket, facts: ConnectionFacts) {
    const { limits, dialect, secret } = gateway.ajp;
    this.gateway = gateway;
    this.facts = facts;
    this.parser = new AjpRequestParser(limits, dialect);
    this.secret = new Secret(secret);
    this.encoder = new AjpAnswerEncoder(limits.maxPacket);
    this.transport = new Transport(gateway, socket, facts, this);
    gateway.clock.add(this);
  }

  // --- Connection ------------------------------------------------------------------------------

  drain(): void {
    this.encoder.reusable = false;
    // Not before another look for input: a request that has arrived already is answered.
    setImmediate(() => setImmediate(() => this.endIdle()));
  }

  destroy(): void {
    this.transport.destroy(this.service !== null);
  }

  // --- Timed -----------------------------------------------------------------------------------

  tick(now: number): void {
    const { transport, service } = this;
    if (transport.tick(now) || transport.lingering) return;
    if (service !== null) {
      if (transport.forsaken(now) && !service.receiving) transport.destroy(true);
      else service.tick(now);
    } else if (now > this.deadline) {
      this.refuse(this.settling ? 'body-timeout' : 'header-timeout', 408);
    }
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
    this.advance();
  }

  onClosed(): void {
    this.gateway.clock.delete(this);
    if (this.service === null) this.gateway.closed(this);
    else this.service.abort();
  }

  // --- input -----------------------------------------------------------------------------------

  /** Goes on with what was received, as far as that leads. */
  private advance(): void {
    if (this.advancing) return;
    this.advancing = true;
    const share = this.requests + FAIR_SHARE;
    try {
      while (this.canParse() && this.step()) {
        if (this.requests >= share && this.service === null) this.yieldTurn();
      }
      this.sendPongs();
    } catch (error) {
      if (error instanceof ProtocolError) this.onProtocolError(error);
      else this.onInternalError(error);
    } finally {
      this.advancing = false;
    }
    this.transport.hold(this.parser.buffered > READ_AHEAD && !this.canParse());
  }

  private canParse(): boolean {
    const { service, transport } = this;
    if (transport.lingering || transport.closed) return false;
    if (service !== null) return service.receiving && !service.held;
    return !transport.output.pending && !this.yielding;
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
    if (this.wanted && this.parser.mustAsk) this.ask();
    const event = this.parser.next();
    if (event === null) {
      this.beginWaiting();
      return false;
    }
    switch (event.type) {
      case 'head':
        this.begin(event);
        break;
      case 'data':
        this.take(event.data);
        break;
      case 'end':
        if (this.service === null) this.idle();
        else this.service.contentEnd();
        break;
      case 'ping':
        this.pongs += CPONG;
        break;
      case 'eof':
        this.transport.linger();
        return false;
    }
    return true;
  }

  /** What has begun to arrive has to arrive in time. */
  private beginWaiting(): void {
    if (this.service !== null || this.deadline !== Number.POSITIVE_INFINITY) return;
    if (this.parser.buffered > 0) {
      this.deadline = this.gateway.clock.after(this.gateway.headerTimeout);
    }
  }

  private sendPongs(): void {
    if (this.pongs === '') return;
    this.transport.output.write(this.pongs);
    this.pongs = '';
  }

  // --- requests --------------------------------------------------------------------------------

  private begin(head: Head): void {
    const { gateway } = this;
    this.sendPongs();
    this.requests++;
    this.deadline = Number.POSITIVE_INFINITY;
    this.encoder = new AjpAnswerEncoder(gateway.ajp.limits.maxPacket);
    this.encoder.reusable = !gateway.draining && gateway.keepAlive > 0;
    this.service = new Service(this, head, this.encoder);
    this.wanted = !gateway.streaming;
    if (this.secret.isKnown(head.secret)) this.service.start();
    else this.service.refuse('bad-secret', 403);
    this.excuse();
  }

  private ask(): void {
    this.transport.output.write(this.parser.ask());
    this.service?.asked(true);
  }

  private take(data: Uint8Array): void {
    this.wanted = !this.gateway.streaming;
    this.service?.take(data);
    this.excuse();
  }

  /** A peer that is not asked for content is not late with it. */
  private excuse(): void {
    if (this.parser.mustAsk) this.service?.asked(this.wanted);
  }

  /** The request is answered, and nothing of it is due any more. */
  private idle(): void {
    this.settling = false;
    this.deadline = Number.POSITIVE_INFINITY;
    if (this.gateway.draining) this.transport.linger();
  }

  private endIdle(): void {
    if (this.service === null && !this.settling) this.transport.linger();
  }

  // --- ServiceOwner ----------------------------------------------------------------------------

  send(_service: Service, pieces: Pieces): boolean {
    return this.transport.output.writeAll(pieces);
  }

  contentWanted(): void {
    this.wanted = true;
    this.advance();
  }

  contentTaken(): void {
    // Not now: the application is in the middle of a read.
    setImmediate(() => this.advance());
  }

  refused(_service: Service, reason: string): void {
    this.encoder.reusable = false;
    this.transport.logRefusal(reason);
  }

  over(_service: Service, outcome: Outcome): void {
    this.service = null;
    if (this.transport.closed) {
      this.gateway.closed(this);
    } else if (outcome === 'cut') {
      // Without its last packet no answer is whole, but lighttpd takes a plain end for one.
      this.transport.linger(true);
    } else if (!this.encoder.reusable) {
      this.transport.linger();
    } else {
      this.settling = true;
      this.deadline = this.gateway.clock.after(this.gateway.bodyTimeout);
      this.parser.drop();
      this.advance();
    }
  }

  // --- the end ---------------------------------------------------------------------------------

  private onProtocolError(error: ProtocolError): void {
    if (this.service === null) this.refuse(error.code, error.status);
    else this.service.failContent(error);
  }

  private onInternalError(error: unknown): void {
    this.gateway.log.error('internal error', { error, peer: peerOf(this.facts) });
    this.destroy();
  }

  /** Turns away what became no request, for the last time on this connection. */
  private refuse(reason: string, status: number): void {
    const { transport } = this;
    this.sendPongs();
    if (reason === 'shutdown-refused') {
      this.gateway.log.warn('AJP command to shut down refused', { peer: peerOf(this.facts) });
    } else {
      transport.logRefusal(reason);
    }
    if (this.parser.understood && !this.settling) {
      const refusal = new Refusal(status, false);
      this.encoder.reusable = false;
      transport.output.writeAll(refusal.by(this.encoder));
      this.gateway.refused(this.facts.remoteAddress, null, refusal);
    }
    transport.linger();
  }
}
