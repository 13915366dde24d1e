/**
 * A FastCGI connection: any number of requests at the same time, and management records.
 *
 *     OPEN ─▶ CLOSING (the last request ends it) ─▶ LINGERING (input is dropped) ─▶ CLOSED
 *       └───▶ BROKEN (nothing is parsed any more) ─────▲
 *
 * The web server decides when a connection closes: after its request, or never (KEEP_CONN). An answer
 * that could not be brought to its end closes it by a reset, once the others are over: END_REQUEST would
 * pass for a good end.
 */
import type { Socket } from 'node:net';
import { ById } from '../../protocols/fastcgi/by-id.ts';
import {
  endRequest,
  FastCgiAnswerEncoder,
  type FastCgiBegin,
  type FastCgiRefusal,
  type FastCgiRequestEvent,
  FastCgiRequestParser,
  ProtocolError,
  REQUEST_COMPLETE,
  UNKNOWN_LENGTH,
  UNKNOWN_ROLE,
  unknownType,
  valuesResult,
} from '../../protocols/fastcgi/index.ts';
import type { Timed } from '../clock.ts';
import type { Gateway } from '../gateway.ts';
import type { Connection } from '../listener.ts';
import { type ConnectionFacts, peerOf } from '../peer.ts';
import { Refusal } from '../refusal.ts';
import { FAIR_SHARE, READ_AHEAD, Transport, type TransportOwner } from '../transport.ts';
import { FastCgiRequest, type RequestOwner } from './request.ts';
import { type Lane, Rotation } from './rotation.ts';

type HeadEvent = Extract<FastCgiRequestEvent, { type: 'head' }>;

export class FastCgiConnection implements Connection, RequestOwner, TransportOwner, Timed {
  readonly gateway: Gateway;
  readonly facts: ConnectionFacts;
  readonly rotation: Rotation;
  private readonly transport: Transport;
  private readonly parser: FastCgiRequestParser;
  private readonly requests = new ById<FastCgiRequest>();
  /** For what is no request's: its records wait like those of the requests. */
  private readonly management: Lane = { waiting: [], resume: () => undefined };
  /** The request whose content has no place. */
  private holder: FastCgiRequest | null = null;
  /** An event that was looked at ahead of time. */
  private ahead: FastCgiRequestEvent | null = null;
  /** When the head of a request has to be complete. */
  private deadline: number;
  private advancing = false;
  /** Others have their turn; input waits. */
  private yielding = false;
  private begun = 0;
  /** The last request that runs ends the connection. */
  private closing = false;
  /** The web server waits for that. */
  private awaited = false;
  /** No more is parsed. */
  private broken = false;
  /** An answer was cut: the end of the connection must not pass for its end. */
  private truncated = false;

  constructor(gateway: Gateway, socket: Socket, facts: ConnectionFacts) {
    this.gateway = gateway;
    this.facts = facts;
    const { limits, roles } = gateway.fastcgi;
    this.parser = new FastCgiRequestParser(limits, roles);
    this.deadline = gateway.clock.after(gateway.headerTimeout);
    this.transport = new Transport(gateway, socket, facts, this);
    this.rotation = new Rotation(this.transport.output);
    gateway.clock.add(this);
  }

  // --- Connection ------------------------------------------------------------------------------

  drain(): void {
    this.closing = true;
    // Not before another look for input: a request that has arrived already is answered.
    setImmediate(() => setImmediate(() => this.settle()));
  }

  destroy(): void {
    this.transport.destroy(this.requests.all.length > 0);
  }

  // --- Timed -----------------------------------------------------------------------------------

  tick(now: number): void {
    const { transport, requests } = this;
    if (transport.tick(now) || transport.lingering) return;
    let receiving = false;
    for (const request of [...requests.all]) {
      request.tick(now);
      receiving ||= request.receiving;
    }
    if (requests.all.length > 0 && !receiving && transport.forsaken(now)) transport.destroy(true);
    else if (now > this.deadline) this.onDeadline();
  }

  private onDeadline(): void {
    this.deadline = Number.POSITIVE_INFINITY;
    const error = new ProtocolError('header-timeout', 408, 'the variables arrive too slowly');
    const refusals = this.parser.refuseBeginning(error);
    for (const refusal of refusals) this.onRefused(refusal);
    if (refusals.length > 0) return;
    // There is not even the beginning of a request.
    if (this.transport.bytesRead > 0) this.logRefusal(error.code);
    this.broken = true;
    this.settle();
  }

  // --- TransportOwner --------------------------------------------------------------------------

  onData(data: Buffer): void {
    if (this.broken) return;
    this.parser.push(data);
    this.advance();
  }

  onEnd(): void {
    if (this.broken) return;
    this.parser.end();
    this.advance();
  }

  onFlushed(): void {
    this.rotation.turn();
    this.advance();
  }

  onClosed(): void {
    this.broken = true;
    this.gateway.clock.delete(this);
    if (this.requests.all.length === 0) this.gateway.closed(this);
    for (const request of [...this.requests.all]) request.lose();
  }

  // --- input -----------------------------------------------------------------------------------

  private advance(): void {
    if (this.advancing) return;
    this.advancing = true;
    const share = this.begun + FAIR_SHARE;
    try {
      while (this.canParse() && this.step()) if (this.begun >= share) this.yieldTurn();
    } catch (error) {
      if (error instanceof ProtocolError) this.onProtocolError(error);
      else this.onInternalError(error);
    } finally {
      this.advancing = false;
    }
    this.regulate();
    this.settle();
  }

  private canParse(): boolean {
    if (this.broken || this.yielding || this.management.waiting.length > 0) return false;
    if (this.holder?.held) return false;
    this.holder = null;
    return true;
  }

  /** Reads on, or has the web server wait; looks whether a head takes too long. */
  private regulate(): void {
    if (this.broken) return;
    this.transport.hold(this.parser.buffered > READ_AHEAD && !this.canParse());
    if (!this.parser.beginning) {
      if (this.begun > 0) this.deadline = Number.POSITIVE_INFINITY;
    } else if (this.deadline === Number.POSITIVE_INFINITY) {
      this.deadline = this.gateway.clock.after(this.gateway.headerTimeout);
    }
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
    const event = this.ahead ?? this.parser.next();
    this.ahead = null;
    if (event === null) return false;
    switch (event.type) {
      case 'head':
        this.onHead(event);
        break;
      case 'data':
      case 'filter-data':
        this.onContent(event.type, event.id, event.data);
        break;
      case 'end':
        this.requests.get(event.id)?.contentEnd();
        break;
      case 'filter-end':
        this.requests.get(event.id)?.fileEnd();
        break;
      case 'eof':
        this.onEof();
        return false;
      default:
        this.onOther(event);
    }
    return true;
  }

  private onOther(
    event: Exclude<
      FastCgiRequestEvent,
      { type: 'head' | 'data' | 'filter-data' | 'end' | 'filter-end' | 'eof' }
    >,
  ): void {
    switch (event.type) {
      case 'abort':
        this.onAbort(event);
        break;
      case 'refused':
        this.onRefused(event);
        break;
      case 'unknown-role':
        this.say(endRequest(event.id, 0, UNKNOWN_ROLE));
        this.answered(event);
        break;
      case 'get-values':
        this.say(this.values(event.names));
        break;
      case 'unknown-type':
        this.say(unknownType(event.recordType));
        break;
      case 'ignored':
        this.gateway.log.debug('record ignored', {
          peer: peerOf(this.facts),
          type: event.recordType,
          id: event.id,
        });
        break;
    }
  }

  private onHead(head: HeadEvent): void {
    this.begun++;
    this.deadline = Number.POSITIVE_INFINITY;
    if (this.truncated) return;
    const contentLength = this.lengthOf(head);
    const request = new FastCgiRequest(this, head, contentLength);
    this.requests.add(request);
    request.start();
  }

  /** Most requests without content do not say so, but STDIN, which has come along, does. */
  private lengthOf({ id, contentLength }: HeadEvent): number {
    if (contentLength !== UNKNOWN_LENGTH) return contentLength;
    this.ahead = this.parser.next();
    return this.ahead?.type === 'end' && this.ahead.id === id ? 0 : UNKNOWN_LENGTH;
  }

  private onContent(type: 'data' | 'filter-data', id: number, data: Uint8Array): void {
    const request = this.requests.get(id);
    if (request === undefined) return;
    if (type === 'data') request.take(data);
    else request.takeFile(data);
    if (request.held) this.holder = request;
  }

  private onAbort(begin: FastCgiBegin): void {
    const request = this.requests.get(begin.id);
    if (request !== undefined) {
      request.abort();
      return;
    }
    this.say(endRequest(begin.id, 1, REQUEST_COMPLETE));
    this.answered(begin);
  }

  private onRefused(event: FastCgiRefusal): void {
    const { id, error } = event;
    const request = this.requests.get(id);
    if (request !== undefined) {
      request.failContent(error);
      return;
    }
    const refusal = new Refusal(error.status, false);
    this.rotation.send(this.management, refusal.by(new FastCgiAnswerEncoder(id)));
    this.logRefusal(error.code);
    this.gateway.refused(this.facts.remoteAddress, null, refusal);
    // Whoever sends what cannot be understood is not listened to any longer than necessary.
    if (error.status !== 503) this.closing = true;
    this.answered(event);
  }

  /** A request was answered that never ran. */
  private answered({ id, keepConnection }: FastCgiBegin): void {
    this.parser.release(id);
    if (!keepConnection) this.closing = this.awaited = true;
    this.settle();
  }

  private onEof(): void {
    this.closing = true;
    for (const request of [...this.requests.all]) {
      if (request.receiving) {
        request.failContent(
          new ProtocolError('incomplete-body', 400, 'the connection ended within the content'),
        );
      }
    }
    this.settle();
  }

  private onProtocolError(error: ProtocolError): void {
    this.logRefusal(error.code);
    this.broken = true;
    for (const request of [...this.requests.all]) request.lose();
    this.settle();
  }

  private onInternalError(error: unknown): void {
    this.gateway.log.error('internal error', { error });
    this.destroy();
  }

  // --- management ------------------------------------------------------------------------------

  private say(record: string): void {
    this.rotation.send(this.management, [record]);
  }

  /** (FastCGI 1.0 §4.1) */
  private values(names: readonly string[]): string {
    const known = [
      ['FCGI_MAX_CONNS', String(this.gateway.maxConnections)],
      ['FCGI_MAX_REQS', String(this.gateway.fastcgi.limits.maxRequests)],
      ['FCGI_MPXS_CONNS', '1'],
    ] as const;
    return valuesResult(known.filter(([name]) => names.includes(name)));
  }

  // --- RequestOwner ----------------------------------------------------------------------------

  contentTaken(): void {
    // Not now: the application is in the middle of a read.
    setImmediate(() => this.advance());
  }

  logRefusal(reason: string): void {
    this.transport.logRefusal(reason);
  }

  finished(request: FastCgiRequest, cut: boolean): void {
    this.requests.delete(request.id);
    this.parser.release(request.id);
    if (!request.keepConnection) this.closing = this.awaited = true;
    if (cut) this.truncated = true;
    if (!this.transport.closed) this.settle();
    else if (this.requests.all.length === 0) this.gateway.closed(this);
  }

  /** Ends the connection when its time has come. */
  private settle(): void {
    // Not before what came along was looked at.
    if (this.advancing || this.requests.all.length > 0 || this.management.waiting.length > 0)
      return;
    if (this.broken || this.truncated || (this.closing && !this.parser.beginning)) {
      this.broken = true;
      if (this.awaited && !this.truncated && this.parser.finished) this.transport.finish();
      else this.transport.linger(this.truncated);
    }
  }
}
