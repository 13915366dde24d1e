/**
 * The one request of a process. (RFC 3875)
 *
 *     RECEIVING, RUNNING (see Service) ─▶ FLUSHING (until the system has taken the answer) ─▶ over
 */
import type { Socket } from 'node:net';
import type { AnswerEncoder, Pieces } from '../../protocols/answer.ts';
import { CgiAnswerEncoder } from '../../protocols/cgi/answer-encoder.ts';
import { NphAnswerEncoder } from '../../protocols/cgi/nph-answer-encoder.ts';
import {
  contentLengthOf,
  UNKNOWN_LENGTH,
  type Variables,
  variable,
} from '../../protocols/cgi/variables.ts';
import { ProtocolError } from '../../protocols/protocol-error.ts';
import type { Timed } from '../clock.ts';
import type { Gateway } from '../gateway.ts';
import { Output } from '../output.ts';
import type { ConnectionFacts } from '../peer.ts';
import { type Outcome, Service, type ServiceOwner } from '../service.ts';
import { Content } from './content.ts';

/** A request and where its answer goes. */
export interface CgiExchange {
  readonly variables: Variables;
  /** The descriptor of the content. */
  readonly input: number;
  /** Takes the answer; it is not ended. */
  readonly output: Socket;
  /** The answer is a whole HTTP message, whatever the script is called. (RFC 3875 §5) */
  readonly nph: boolean;
}

export class CgiRequest implements ServiceOwner, Timed {
  readonly gateway: Gateway;
  readonly facts: ConnectionFacts;
  readonly runOnce = true;
  readonly multiprocess = true;
  private readonly output: Output;
  private readonly service: Service;
  private readonly content: Content;
  private readonly fault: ProtocolError | null = null;
  private outcome: Outcome | null = null;
  /** Nobody takes the answer any more. */
  private broken = false;
  private settle: ((outcome: Outcome) => void) | null = null;

  constructor(gateway: Gateway, { variables, input, output, nph }: CgiExchange) {
    this.gateway = gateway;
    this.facts = {
      scheme: 'http',
      serverName: 'localhost',
      serverPort: '80',
      remoteAddress: variable(variables, 'REMOTE_ADDR') ?? '',
      remotePort: variable(variables, 'REMOTE_PORT') ?? '',
    };
    this.output = new Output(output, gateway.clock, () => this.onFlushed());
    output.on('error', () => this.abort());
    let contentLength = 0;
    try {
      contentLength = lengthOf(variables, gateway.limits.maxBody);
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      this.fault = error;
    }
    const encoder = encoderFor(variables, nph, gateway.clock.wall);
    this.service = new Service(this, { variables, contentLength }, encoder);
    this.content = new Content(input, contentLength, {
      content: (data) => this.take(data),
      contentEnd: () => this.service.contentEnd(),
    });
  }

  /** Runs the request; resolves when its answer was handed over, or is given up. */
  run(): Promise<Outcome> {
    return new Promise((resolve) => {
      this.settle = resolve;
      this.gateway.clock.add(this);
      if (this.fault === null) this.service.start();
      else this.service.refuse(this.fault.code, this.fault.status);
    });
  }

  /** The web server does not want the answer any more. */
  abort(reason?: string): void {
    this.broken = true;
    this.output.close();
    this.service.abort(reason);
    this.end();
  }

  tick(now: number): void {
    if (this.output.stalled(now, this.gateway.writeTimeout)) this.abort();
    else this.service.tick(now);
  }

  // --- ServiceOwner ----------------------------------------------------------------------------

  send(_service: Service, pieces: Pieces): boolean {
    return this.output.writeAll(pieces);
  }

  contentWanted(): void {
    this.content.resume();
  }

  contentTaken(): void {
    // Not now: the application is in the middle of a read.
    setImmediate(() => {
      if (!this.service.held) this.content.resume();
    });
  }

  refused(_service: Service, reason: string): void {
    this.gateway.log.info('refused', { reason, peer: this.facts.remoteAddress });
  }

  over(_service: Service, outcome: Outcome): void {
    this.content.close();
    this.outcome = outcome;
    this.end();
  }

  private take(data: Uint8Array): void {
    this.service.take(data);
    if (this.service.held) this.content.pause();
  }

  private onFlushed(): void {
    this.service.resume();
    this.end();
  }

  private end(): void {
    const { broken, outcome, output, settle } = this;
    if (outcome === null || settle === null || (output.pending && !broken)) return;
    this.settle = null;
    this.gateway.clock.delete(this);
    settle(broken ? 'cut' : outcome);
  }
}

/**
 * Bytes of content. Without CONTENT_LENGTH there is none (RFC 3875 §4.1.2), but Apache passes chunked
 * content on with nothing but its end.
 */
function lengthOf(variables: Variables, limit: number): number {
  const length = contentLengthOf(variables, limit);
  if (length !== UNKNOWN_LENGTH) return length;
  const coding = variable(variables, 'HTTP_TRANSFER_ENCODING')?.toLowerCase();
  return coding === 'chunked' ? UNKNOWN_LENGTH : 0;
}

/** The form of the answer: scripts whose name begins with nph- answer with a whole message, too. */
export function encoderFor(variables: Variables, nph: boolean, now: number): AnswerEncoder {
  const script = variable(variables, 'SCRIPT_NAME') ?? '';
  if (!nph && !/(?:^|\/)nph-[^/]*$/.test(script)) return new CgiAnswerEncoder();
  return new NphAnswerEncoder(variable(variables, 'SERVER_PROTOCOL') ?? '', now);
}
