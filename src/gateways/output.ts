import type { Socket } from 'node:net';
import type { Pieces } from '../protocols/answer.ts';
import type { Clock } from './clock.ts';
import { joined } from './pieces.ts';

/** How Node.js counts what a handle was given and what of it waits; stable, though undocumented. */
interface Counted {
  readonly _handle?: { readonly bytesWritten?: number; readonly writeQueueSize?: number } | null;
}

/** A first write up to this size is one segment, which Nagle's algorithm does not hold back. */
const SEGMENT = 1024;

/** The sending side of a connection: what was written, and whether the system has taken it. */
export class Output {
  /** Something written is not handed to the system yet. */
  pending = false;
  /** When something was written, or the system took the last of it. */
  active: number;
  private readonly socket: Socket;
  private readonly clock: Clock;
  private readonly drained: () => void;
  private readonly written = () => this.onWritten();
  private closed = false;
  /** Something was written. */
  private used = false;
  /** Small writes do not wait for one another. */
  private prompt = false;
  /** What the system had taken when there was progress last, and when that was. */
  private progress = 0;
  private progressAt = 0;

  /** @param drained - called when `pending` becomes false. */
  constructor(socket: Socket, clock: Clock, drained: () => void) {
    this.socket = socket;
    this.clock = clock;
    this.drained = drained;
    this.active = clock.now;
  }

  /** Writes text as Latin-1 or bytes; false while anything is pending, and when nobody reads. */
  write(data: string | Uint8Array): boolean {
    if (this.closed) return false;
    this.active = this.clock.now;
    if (!this.prompt) this.beginPrompt(data.length);
    this.socket.write(data as string, 'latin1', this.written);
    return this.settle();
  }

  /** Writes several pieces at once; returns as `write` does. */
  writeAll(pieces: Pieces): boolean {
    if (this.closed) return false;
    const whole = joined(pieces);
    if (whole !== null) return this.write(whole);
    this.active = this.clock.now;
    if (!this.prompt) this.beginPrompt(SEGMENT + 1);
    this.socket.cork();
    for (const piece of pieces) {
      if (piece.length > 0) this.socket.write(piece as string, 'latin1', this.written);
    }
    this.socket.uncork();
    return this.settle();
  }

  /**
   * Tells whether the client has taken nothing for `timeout` milliseconds; 0 means that it may.
   *
   * Not a timeout of the socket, which what the client sends would put off.
   */
  stalled(now: number, timeout: number): boolean {
    if (!this.pending) return false;
    const taken = this.taken();
    if (taken !== this.progress) {
      this.progress = taken;
      this.progressAt = now;
    }
    return timeout > 0 && now - this.progressAt > timeout;
  }

  /** Ends our side behind what was written. */
  end(): void {
    this.socket.end();
  }

  /** Ends both sides behind what was written. */
  endBoth(): void {
    this.socket.destroySoon();
  }

  /** Ends the connection at once, by a reset where the transport has one. */
  reset(): void {
    if (this.socket.remotePort === undefined) this.socket.destroy();
    else this.socket.resetAndDestroy();
  }

  /** The connection is over: what is still written goes nowhere. */
  close(): void {
    this.closed = true;
  }

  /** Not for the one small answer that most short connections have: it costs a system call. */
  private beginPrompt(size: number): void {
    if (this.used || size > SEGMENT) {
      this.prompt = true;
      this.socket.setNoDelay(true);
    }
    this.used = true;
  }

  private settle(): boolean {
    // After a failed write, `close` is yet to come; whoever writes must not go on meanwhile.
    if (this.socket.writableLength === 0) return this.socket.errored === null;
    if (!this.pending) {
      this.pending = true;
      this.progress = this.taken();
      this.progressAt = this.clock.now;
    }
    return false;
  }

  private onWritten(): void {
    if (!this.pending || this.closed || this.socket.writableLength > 0) return;
    // Node.js says of failed writes, too, that they are over, and queues what is written then for ever.
    if (this.socket.destroyed || this.socket.errored !== null) return;
    this.pending = false;
    this.active = this.clock.now;
    this.drained();
  }

  private taken(): number {
    const handle = (this.socket as Counted)._handle;
    return (handle?.bytesWritten ?? 0) - (handle?.writeQueueSize ?? this.socket.writableLength);
  }
}
