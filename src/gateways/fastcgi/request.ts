import type { Pieces } from '../../protocols/answer.ts';
import type { Variables } from '../../protocols/cgi/variables.ts';
import {
  endRequest,
  FastCgiAnswerEncoder,
  type FastCgiBegin,
  FILTER,
  REQUEST_COMPLETE,
  RESPONDER,
  UNKNOWN_LENGTH,
} from '../../protocols/fastcgi/index.ts';
import { ProtocolError } from '../../protocols/protocol-error.ts';
import { TextErrorStream } from '../../wsgi/error-stream.ts';
import { contentFailure } from '../body.ts';
import type { Gateway } from '../gateway.ts';
import type { ConnectionFacts } from '../peer.ts';
import { type Outcome, Service, type ServiceOwner } from '../service.ts';
import { FilterFile } from './filter-file.ts';
import type { Lane, Rotation } from './rotation.ts';

/** The connection of a {@link FastCgiRequest}. */
export interface RequestOwner {
  readonly gateway: Gateway;
  readonly facts: ConnectionFacts;
  readonly rotation: Rotation;
  /** More content can be taken. */
  contentTaken(): void;
  logRefusal(reason: string): void;
  /**
   * The request is over, and END_REQUEST is written.
   *
   * @param cut - it is not, and nothing may pass for the end of the answer.
   */
  finished(request: FastCgiRequest, cut: boolean): void;
}

const ROLES = ['', 'RESPONDER', 'AUTHORIZER', 'FILTER'] as const;
const OF_RESPONDER = { FCGI_ROLE: ROLES[RESPONDER] };

/** One of the requests of a connection: its {@link Service}, and its place among the others. */
export class FastCgiRequest implements ServiceOwner, Lane {
  readonly id: number;
  readonly keepConnection: boolean;
  readonly gateway: Gateway;
  readonly facts: ConnectionFacts;
  readonly runOnce = false;
  /** A web server starts as many of us as it likes. */
  readonly multiprocess = true;
  readonly waiting: Pieces[] = [];
  private readonly owner: RequestOwner;
  private readonly role: number;
  private readonly encoder: FastCgiAnswerEncoder;
  private readonly service: Service;
  private file: FilterFile | null = null;
  private outcome: Outcome | null = null;
  /** The web server wants no answer any more. */
  private aborted = false;
  /** There is nobody to be told anything. */
  private lost = false;
  private concluded = false;

  constructor(
    owner: RequestOwner,
    begin: FastCgiBegin & { readonly variables: Variables },
    contentLength: number,
  ) {
    this.owner = owner;
    this.gateway = owner.gateway;
    this.facts = owner.facts;
    this.id = begin.id;
    this.role = begin.role;
    this.keepConnection = begin.keepConnection;
    this.encoder = new FastCgiAnswerEncoder(begin.id);
    const isFilter = begin.role === FILTER;
    // The application of a filter waits for its file, even where there is no content.
    const length = isFilter && contentLength === 0 ? UNKNOWN_LENGTH : contentLength;
    const request = { variables: begin.variables, contentLength: length, extra: this.extra() };
    this.service = new Service(this, request, this.encoder);
    if (isFilter) this.file = new FilterFile(this.service, owner.gateway);
  }

  start(): void {
    this.service.start();
  }

  // --- what the web server sends ---------------------------------------------------------------

  /** Something of it was taken that has no place yet. */
  get held(): boolean {
    return this.service.held || this.file?.reception.held === true;
  }

  /** Content is still to come, and somebody wants it. */
  get receiving(): boolean {
    return this.service.receiving;
  }

  take(data: Uint8Array): void {
    this.service.take(data);
  }

  contentEnd(): void {
    const { file } = this;
    if (file !== null) file.reception.awaitsContinue = false;
    if (file === null || this.gateway.streaming) this.service.contentEnd();
  }

  takeFile(data: Uint8Array): void {
    this.file?.reception.take(data);
  }

  fileEnd(): void {
    this.file?.reception.end();
    this.service.contentEnd();
  }

  /** What comes cannot be used. */
  failContent(error: ProtocolError): void {
    this.service.failContent(error);
    this.file?.reception.fail(contentFailure(error));
  }

  /** The web server gives the request up, and waits for END_REQUEST. (FastCGI 1.0 §5.4) */
  abort(): void {
    if (this.aborted) return;
    this.aborted = true;
    this.waiting.length = 0;
    if (this.outcome === null) this.service.abort('the web server gave the request up');
    else this.conclude();
  }

  /** The connection is lost. */
  lose(): void {
    this.lost = true;
    this.waiting.length = 0;
    if (this.outcome === null) this.service.abort();
    else this.conclude();
  }

  tick(now: number): void {
    this.service.tick(now);
    if (this.file?.reception.late(now)) {
      this.failContent(new ProtocolError('body-timeout', 408, 'the file arrives too slowly'));
    }
  }

  // --- Lane ------------------------------------------------------------------------------------

  resume(): void {
    if (this.outcome === null) this.service.resume();
    else this.conclude();
  }

  // --- ServiceOwner ----------------------------------------------------------------------------

  send(_service: Service, pieces: Pieces): boolean {
    return this.owner.rotation.send(this, pieces);
  }

  contentWanted(): void {
    // It comes unasked.
  }

  contentTaken(): void {
    this.owner.contentTaken();
  }

  refused(_service: Service, reason: string): void {
    this.owner.logRefusal(reason);
  }

  over(_service: Service, outcome: Outcome): void {
    this.outcome = outcome;
    this.file?.reception.dispose();
    this.conclude();
  }

  /** Comes to the end as soon as all of the answer is written. */
  private conclude(): void {
    const { aborted, encoder, lost, owner } = this;
    if (aborted && !lost && !encoder.ended) {
      encoder.ended = true;
      owner.rotation.send(this, [endRequest(this.id, 1, REQUEST_COMPLETE)]);
    }
    if (this.concluded || this.waiting.length > 0) return;
    this.concluded = true;
    owner.finished(this, this.outcome === 'cut' && !aborted);
  }

  // --- environ ---------------------------------------------------------------------------------

  private extra(): Readonly<Record<string, unknown>> {
    const { gateway, role } = this;
    if (role === RESPONDER && !gateway.fastcgi.stderrRecords) return OF_RESPONDER;
    const extra: Record<string, unknown> = { FCGI_ROLE: ROLES[role] };
    if (gateway.fastcgi.stderrRecords) {
      extra['wsgi.errors'] = new TextErrorStream({ write: (text) => this.log(text) });
    }
    if (role === FILTER) {
      // When the application is entered, and not before: the file is there then.
      const input = () => this.file?.input();
      Object.defineProperty(extra, 'wizgi.filter_data', { get: input, enumerable: true });
    }
    return extra;
  }

  /** Writes to the web server's log, as long as it listens. */
  private log(text: string): void {
    if (this.encoder.ended || this.aborted || this.outcome !== null) {
      this.gateway.facts.errors.write(text);
    } else if (text !== '') {
      this.owner.rotation.send(this, this.encoder.log(Buffer.from(text)));
    }
  }
}
