import type { ResponseHead } from '../wsgi/response-head.ts';
import type { Chunk } from '../wsgi/types.ts';
import { unicode } from './marshal.ts';
import { type Operation, TO, WINDOW } from './messages.ts';

/** How an inner call reaches the worker that made it. */
export interface InnerChannel {
  control(operation: Operation, id: number, argument?: string | Uint8Array): void;
}

/** Bytes of one message. */
const PIECE = 64 * 1024;

/** The answer of an inner application, on its way to the worker as fast as that takes it. */
export class InnerAnswer {
  private readonly channel: InnerChannel;
  private readonly id: number;
  private readonly drained: () => void;
  /** What there is no room for. */
  private readonly pending: Uint8Array[] = [];
  /** Bytes that were sent and that the worker has not taken. */
  private sent = 0;
  private waits = false;
  /** Nothing is to be added: null, or why it is broken off, or nothing. */
  private outcome: string | null = null;
  /** The worker knows. */
  private ended = false;

  /** @param drained - there is room again after `block` returned false, or the end was said. */
  constructor(channel: InnerChannel, id: number, drained: () => void) {
    this.channel = channel;
    this.id = id;
    this.drained = drained;
  }

  /** Whether the worker was told how it ends. */
  get over(): boolean {
    return this.ended;
  }

  /** False where whoever makes it is to wait. */
  get flows(): boolean {
    return !this.waits;
  }

  head({ status, headers, contentLength }: ResponseHead): void {
    const lines = [status, ...headers.flat()];
    if (contentLength !== null) lines.push('Content-Length', String(contentLength));
    this.channel.control(TO.CALL_HEAD, this.id, unicode(lines.join('\n')));
  }

  block(block: Chunk): void {
    if (this.outcome !== null) return;
    const bytes = typeof block === 'string' ? Buffer.from(block) : block;
    for (let start = 0; start < bytes.length; start += PIECE) {
      this.pending.push(bytes.subarray(start, start + PIECE));
    }
    this.send();
    this.waits = this.pending.length > 0 || this.sent >= WINDOW;
  }

  /** Ends it behind what was added; `reason` says why it is broken off there, if it is. */
  end(reason = ''): void {
    if (this.outcome !== null) return;
    this.outcome = reason;
    this.send();
  }

  /** Ends it at once: nobody waits for what was added. */
  drop(reason: string): void {
    this.pending.length = 0;
    if (!this.ended) this.outcome = reason;
    this.send();
  }

  /** The worker has taken so much of it. */
  taken(size: number): void {
    this.sent -= size;
    this.send();
    if (this.pending.length > 0 || this.sent >= WINDOW / 2) return;
    this.waits = false;
    this.drained();
  }

  private send(): void {
    while (this.pending.length > 0 && this.sent < WINDOW) {
      const piece = this.pending.shift() as Uint8Array;
      this.sent += piece.length;
      // A copy, because it leaves later, and the application may go on before that.
      this.channel.control(TO.CALL_BLOCK, this.id, Buffer.from(piece));
    }
    if (this.pending.length === 0 && this.outcome !== null && !this.ended)
      this.sayEnd(this.outcome);
  }

  private sayEnd(reason: string): void {
    this.ended = true;
    if (reason === '') this.channel.control(TO.CALL_END, this.id);
    else this.channel.control(TO.CALL_ERROR, this.id, unicode(reason));
  }
}
