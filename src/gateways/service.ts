/**
 * The course of one request that came as meta-variables, whatever protocol brought it.
 *
 *     RECEIVING (content, whole) ──▶ RUNNING ──▶ OVER
 *           └─────── streaming ────────▲
 *
 * Its connection, the {@link ServiceOwner}, feeds it with content and sends what it is given.
 */
import type { AnswerEncoder, Block, Pieces } from '../protocols/answer.ts';
import { type Variables, variable } from '../protocols/cgi/variables.ts';
import { ProtocolError } from '../protocols/protocol-error.ts';
import type { AbortSource } from '../wsgi/abort.ts';
import { encode } from '../wsgi/blocks.ts';
import { clientGone } from '../wsgi/errors.ts';
import type { Exchange } from '../wsgi/exchange.ts';
import { Input } from '../wsgi/input.ts';
import type { ResponseHead } from '../wsgi/response-head.ts';
import { type Run, run } from '../wsgi/run.ts';
import type { Chunk, Environ } from '../wsgi/types.ts';
import { contentFailure, notStoredStatus } from './body.ts';
import type { Answered, Gateway, RequestLine } from './gateway.ts';
import { metaEnviron } from './meta-environ.ts';
import type { ConnectionFacts } from './peer.ts';
import { Reception, type ReceptionOwner } from './reception.ts';
import { Refusal } from './refusal.ts';

/** The connection of a {@link Service}. */
export interface ServiceOwner {
  readonly gateway: Gateway;
  readonly facts: ConnectionFacts;
  /** The process serves one request only. */
  readonly runOnce: boolean;
  /** Other processes may run the application. */
  readonly multiprocess: boolean;
  /** Sends a part of the answer; false while the transport has not taken it: `resume` comes then. */
  send(service: Service, pieces: Pieces): boolean;
  /** The application waits for content. */
  contentWanted(service: Service): void;
  /** More content can be taken, after {@link Service.held}. */
  contentTaken(service: Service): void;
  /** A rule was broken, which the log is to name. */
  refused(service: Service, reason: string): void;
  /**
   * The request is over; said once.
   *
   * @param outcome - `'whole'`: the answer was sent to its end. `'failed'`: it is whole, but the
   * application broke its promises. `'cut'`: it is not whole, and nothing may pass for its end.
   */
  over(service: Service, outcome: Outcome): void;
}

export type Outcome = 'whole' | 'failed' | 'cut';

/** A request, as its protocol gave it. */
export interface ServiceRequest {
  readonly variables: Variables;
  /** Bytes of content, or a negative number where only its end tells. */
  readonly contentLength: number;
  /** Entries that the protocol adds to environ. */
  readonly extra?: Readonly<Record<string, unknown>>;
}

const RECEIVING = 0;
const RUNNING = 1;
const OVER = 2;

export class Service implements Exchange, Answered, ReceptionOwner {
  readonly takesLoans = true;
  started = 0;
  response: ResponseHead | null = null;
  environ: Environ | null = null;
  bytes = 0;
  private readonly owner: ServiceOwner;
  private readonly request: ServiceRequest;
  private readonly encoder: AnswerEncoder;
  private readonly abortSource: AbortSource;
  private phase = RECEIVING;
  private outcome: Outcome = 'whole';
  private deadline = Number.POSITIVE_INFINITY;
  private reception: Reception | null = null;
  private input: Input | null = null;
  private current: Run | null = null;
  private received = 0;
  /** The answer was handed over to its end. */
  private ended = false;
  /** The peer is gone. */
  private gone = false;
  /** The application's head could not be sent; another one was, and its content goes nowhere. */
  private replaced = false;

  constructor(owner: ServiceOwner, request: ServiceRequest, encoder: AnswerEncoder) {
    this.owner = owner;
    this.request = request;
    this.encoder = encoder;
    this.abortSource = owner.gateway.aborts.take();
  }

  /** Begins: with the application, or with receiving the content. */
  start(): void {
    const { gateway } = this.owner;
    if (this.request.contentLength === 0) {
      this.enter(new Input(), null);
      return;
    }
    this.reception = new Reception(this, gateway, this.request.contentLength, false);
    if (gateway.streaming) this.enter(this.reception.input(), null);
    else this.owner.contentWanted(this);
  }

  get line(): RequestLine {
    return lineOf(this.request.variables);
  }

  // --- content ---------------------------------------------------------------------------------

  /** Content was taken that is not stored, or not read, yet: nothing more may come. */
  get held(): boolean {
    return this.reception?.held === true;
  }

  /** Content is still to come, and somebody wants it. */
  get receiving(): boolean {
    return this.phase !== OVER && this.reception !== null && !this.reception.complete;
  }

  /** Says, of a peer that sends content only for the asking, whether it was asked; it is not late else. */
  asked(asked: boolean): void {
    if (this.reception !== null) this.reception.awaitsContinue = !asked;
  }

  /** Takes a piece of the content; what goes beyond its length is dropped. */
  take(data: Uint8Array): void {
    const { reception, request } = this;
    if (reception === null || reception.complete || this.phase === OVER) return;
    const expected = request.contentLength;
    const room = expected < 0 ? data.length : Math.min(data.length, expected - this.received);
    if (room === 0) return;
    this.received += room;
    const { maxBody } = this.owner.gateway.limits;
    if (this.received > maxBody) {
      this.failContent(new ProtocolError('body-too-large', 413, 'the content is too large'));
      return;
    }
    reception.take(room === data.length ? data : data.subarray(0, room));
  }

  /** The content is over. */
  contentEnd(): void {
    const { reception, request } = this;
    if (reception === null || reception.complete) return;
    if (this.received < request.contentLength) {
      this.failContent(new ProtocolError('incomplete-body', 400, 'the content ended too early'));
      return;
    }
    reception.end();
    if (this.phase === RECEIVING && !reception.held) this.enterWithContent();
  }

  contentWanted(): void {
    this.owner.contentWanted(this);
  }

  contentTaken(): void {
    const { reception } = this;
    if (this.phase === RECEIVING && reception?.complete) this.enterWithContent();
    else this.owner.contentTaken(this);
  }

  contentLost(error: unknown): void {
    this.owner.gateway.log.error('the request body could not be stored', { error });
    if (this.phase === RECEIVING) this.refuse('body-not-stored', notStoredStatus(error));
  }

  /** The content is faulty, incomplete or too slow. */
  failContent(error: ProtocolError): void {
    if (this.phase === RECEIVING) {
      this.refuse(error.code, error.status);
      return;
    }
    this.owner.refused(this, error.code);
    this.reception?.fail(contentFailure(error));
  }

  // --- the connection's side -------------------------------------------------------------------

  /** The transport can take more, after `send` returned false. */
  resume(): void {
    this.current?.resume();
  }

  /** The peer is gone, or does not want the answer any more. */
  abort(reason?: string): void {
    if (this.phase === OVER || this.gone) return;
    this.gone = true;
    this.outcome = 'cut';
    const error = clientGone(reason);
    this.reception?.fail(error);
    if (this.current !== null) this.current.abort(error);
    else if (this.phase === RECEIVING) this.finishOver();
  }

  tick(now: number): void {
    const { reception } = this;
    if (reception?.late(now)) {
      this.failContent(new ProtocolError('body-timeout', 408, 'the content arrives too slowly'));
    } else if (now > this.deadline) {
      this.deadline = Number.POSITIVE_INFINITY;
      if (this.current === null) this.refuse('no-turn', 503);
      else this.current.expire();
    }
  }

  /** Answers in the application's place. */
  refuse(reason: string, status: number): void {
    const { owner } = this;
    owner.refused(this, reason);
    const refusal = new Refusal(status, this.line.method === 'HEAD');
    this.outcome = 'failed';
    owner.send(this, refusal.by(this.encoder));
    owner.gateway.refused(this.remoteAddress, this.line, refusal);
    this.finishOver();
  }

  // --- Exchange --------------------------------------------------------------------------------

  describe(): string {
    const { method, target, protocol } = this.line;
    return `${method} ${target} ${protocol}`;
  }

  respond(head: ResponseHead, content: Chunk | null): boolean {
    const answer = this.beginning(head, content, true);
    this.ended = true;
    return this.owner.send(this, answer);
  }

  begin(head: ResponseHead, first: Chunk): boolean {
    return this.owner.send(this, this.beginning(head, first, false));
  }

  beginHead(head: ResponseHead): boolean {
    return this.owner.send(this, this.beginning(head, null, false));
  }

  send(block: Chunk): boolean {
    if (this.replaced) return true;
    const content = plain(block);
    this.bytes += content.length;
    return this.owner.send(this, this.encoder.block(content));
  }

  finish(): void {
    this.ended = true;
    if (this.replaced) return;
    const end = this.encoder.end();
    if (end.length > 0) this.owner.send(this, end);
  }

  cut(): void {
    this.outcome = this.ended ? 'failed' : 'cut';
  }

  done(): void {
    const { gateway } = this.owner;
    gateway.release();
    gateway.answered(this);
    this.finishOver();
  }

  private beginning(head: ResponseHead, content: Chunk | null, whole: boolean): Pieces {
    this.response = head;
    const block = content === null ? null : plain(content);
    this.bytes = block?.length ?? 0;
    if (head.code === 200 && head.headers.some(isLocalRedirect)) this.warnOfRedirect();
    try {
      return whole ? this.encoder.whole(head, block) : this.encoder.begin(head, block);
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      this.owner.gateway.log.error('the response cannot be sent', {
        request: this.describe(),
        reason: error.message,
      });
      this.replaced = true;
      this.outcome = 'failed';
      const refusal = new Refusal(500, this.line.method === 'HEAD');
      this.response = { ...head, status: refusal.head.status, headers: [] };
      return refusal.by(this.encoder);
    }
  }

  /** Apache answers with another page then, or HAProxy with 302. */
  private warnOfRedirect(): void {
    this.owner.gateway.log.warn(
      'status 200 with a path as its Location: some web servers make a redirect of it',
      { request: this.describe() },
    );
  }

  // --- the application -------------------------------------------------------------------------

  private enterWithContent(): void {
    const { reception } = this;
    if (reception !== null) this.enter(reception.input(), reception.size);
  }

  private enter(input: Input, bodySize: number | null): void {
    const { gateway } = this.owner;
    this.phase = RUNNING;
    this.input = input;
    this.deadline = gateway.clock.after(gateway.timeout);
    this.started = gateway.startTime();
    gateway.acquire(() => {
      // In serial mode the peer may have left, or been turned away, while this waited its turn.
      if (this.gone || this.phase === OVER) {
        gateway.release();
        this.finishOver();
        return;
      }
      const environ = this.makeEnviron(input, bodySize);
      if (environ === null) {
        gateway.release();
        return;
      }
      this.environ = environ;
      const started = run(gateway.app, environ, this, {
        log: gateway.log,
        abort: this.abortSource,
      });
      if (this.isOver()) return;
      this.current = started;
      // The application may have ended the server.
      if (this.gone) started.abort(clientGone());
    });
  }

  private makeEnviron(input: Input, bodySize: number | null): Environ | null {
    const { gateway, facts, runOnce, multiprocess } = this.owner;
    try {
      return metaEnviron(this.request.variables, facts, gateway.facts, input, {
        streaming: gateway.streaming,
        bodySize,
        runOnce,
        multiprocess,
        extra: this.request.extra ?? null,
      });
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      this.refuse(error.code, error.status);
      return null;
    }
  }

  /** A method, because a comparison in place would be taken for known. */
  private isOver(): boolean {
    return this.phase === OVER;
  }

  private finishOver(): void {
    if (this.phase === OVER) return;
    this.phase = OVER;
    this.current = null;
    this.input?.close();
    this.reception?.dispose();
    this.owner.gateway.aborts.give(this.abortSource);
    this.owner.over(this, this.outcome);
  }

  get remoteAddress(): string {
    return variable(this.request.variables, 'REMOTE_ADDR') ?? '';
  }
}

function isLocalRedirect([name, value]: readonly [string, string]): boolean {
  return name.length === 8 && name.toLowerCase() === 'location' && value.startsWith('/');
}

/** A block as octets: text that is the same in UTF-8 stays text. */
function plain(chunk: Chunk): Block {
  if (typeof chunk !== 'string') return chunk;
  return Buffer.byteLength(chunk) === chunk.length ? chunk : encode(chunk);
}

function lineOf(variables: Variables): RequestLine {
  const path = () =>
    `${variable(variables, 'SCRIPT_NAME') ?? ''}${variable(variables, 'PATH_INFO') ?? ''}`;
  return {
    method: variable(variables, 'REQUEST_METHOD') ?? '',
    target: variable(variables, 'REQUEST_URI') || path(),
    protocol: variable(variables, 'SERVER_PROTOCOL') ?? '',
  };
}
