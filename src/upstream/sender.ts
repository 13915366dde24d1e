import type { Variables } from '../protocols/cgi/variables.ts';
import { afterArrivals } from '../wsgi/arrivals.ts';
import { WsgiError } from '../wsgi/errors.ts';
import type { UpstreamConnection } from './connection.ts';
import type { RequestContent } from './content.ts';

/** How much is gathered for one write. */
const BATCH = 64 * 1024;
/** How long an upstream may leave `Expect: 100-continue` without a word. (RFC 9110 §10.1.1) */
const CONTINUE_TIME = 1_000;

/** What the sending of a request tells whoever began it. */
export interface SenderOwner {
  /** All of it was written. */
  onSent(): void;
  /** The upstream is waited for, to take what was written; or it is not any more. */
  onStuck(stuck: boolean): void;
  /** The content did not come, or cannot be sent. */
  onContentError(error: unknown): void;
}

/** Sends one request on a connection: its content as it arrives, and as the upstream takes it. */
export class RequestSender {
  /** All of it was written. */
  done = false;
  private readonly connection: UpstreamConnection;
  private readonly content: RequestContent;
  private readonly owner: SenderOwner;
  /** What waits to be written: the head, until there is something to send it with. */
  private pieces: (string | Uint8Array)[];
  /** Bytes of content that are still to come; as many as may be, where that is not known. */
  private left: number;
  /** Bytes that may be sent: where the upstream has to ask, one piece for each time that it does. */
  private wanted: number;
  /** What is left of a block that was larger than that. */
  private rest: Uint8Array | null = null;
  private stuck = false;
  private closed = false;
  private stopTimer: (() => void) | null = null;

  /**
   * Begins to send.
   *
   * @throws {ProtocolError} when the protocol cannot carry the request.
   */
  constructor(
    connection: UpstreamConnection,
    variables: Variables,
    content: RequestContent,
    owner: SenderOwner,
  ) {
    this.connection = connection;
    this.content = content;
    this.owner = owner;
    this.left = content.length ?? Number.POSITIVE_INFINITY;
    this.pieces = [...connection.codec.begin(variables)];
    this.wanted = connection.codec.pulls ? 0 : Number.POSITIVE_INFINITY;
    content.onArrival = () => this.feed();
    if (variables.names.includes('HTTP_EXPECT')) {
      this.stopTimer = afterArrivals(CONTINUE_TIME, () => this.want(Number.POSITIVE_INFINITY));
    }
    if (this.wanted === 0) this.flush();
    else this.feed();
    // The head does not wait for content that the client has not sent yet.
    if (this.pieces.length > 0) setImmediate(() => this.flush());
  }

  /** The upstream asks for content. */
  want(size: number): void {
    this.stopTimer?.();
    if (this.closed) return;
    this.wanted = size;
    if (this.done) this.connection.write(this.connection.codec.contentEnd());
    else this.feed();
  }

  /** What was written was taken. */
  onWritable(): void {
    if (!this.stuck) return;
    this.stuck = false;
    this.owner.onStuck(false);
    this.feed();
  }

  /** Nothing more is to be sent. */
  close(): void {
    this.closed = true;
    this.content.onArrival = () => undefined;
    this.stopTimer?.();
  }

  private feed(): void {
    if (this.closed || this.done || this.stuck) return;
    try {
      for (let more = true; more && !this.stuck; ) {
        const before = this.pieces.length;
        more = this.gather();
        if (this.pieces.length > before) this.flush();
      }
    } catch (error) {
      this.close();
      this.owner.onContentError(error);
      return;
    }
    if (this.done) this.owner.onSent();
  }

  /** Adds what content is there to `pieces`; false when there is no more of it now. */
  private gather(): boolean {
    const { codec } = this.connection;
    for (let size = 0; size < BATCH; ) {
      if (this.wanted === 0) return false;
      const block = this.left === 0 ? null : (this.rest ?? this.content.next());
      if (block === undefined) return false;
      if (block === null) {
        this.end();
        return false;
      }
      const piece = block.length > this.wanted ? block.subarray(0, this.wanted) : block;
      this.rest = piece.length < block.length ? block.subarray(piece.length) : null;
      size += piece.length;
      this.left -= piece.length;
      if (this.wanted !== Number.POSITIVE_INFINITY) this.wanted = 0;
      this.pieces.push(...codec.content(piece));
      if (this.left === 0) {
        this.end();
        return false;
      }
    }
    return true;
  }

  private end(): void {
    if (this.left > 0 && this.left !== Number.POSITIVE_INFINITY) {
      throw new WsgiError('input-incomplete', 'the content of the request ended before its end');
    }
    this.pieces.push(...this.connection.codec.contentEnd());
    this.done = true;
  }

  private flush(): void {
    const { pieces } = this;
    if (this.closed || pieces.length === 0) return;
    this.pieces = [];
    if (this.connection.write(pieces) || this.done) return;
    this.stuck = true;
    this.owner.onStuck(true);
  }
}
