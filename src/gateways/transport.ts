import type { Socket } from 'node:net';
import { afterArrivals } from '../wsgi/arrivals.ts';
import type { Gateway } from './gateway.ts';
import { Output } from './output.ts';
import type { ConnectionFacts } from './peer.ts';
import { peerOf } from './peer.ts';

/** Input that may wait in a connection's parser while it cannot be parsed. */
export const READ_AHEAD = 64 * 1024;
/** Requests of one connection that run in a turn, before others get theirs. */
export const FAIR_SHARE = 16;
/** How long, and how much, input is dropped after the last answer. (RFC 9112 §9.6) */
const LINGER_TIME = 2_000;
const LINGER_BYTES = 64 * 1024;
/** How long before a reset: one right behind the data can destroy it, or pass for an end. */
const RESET_DELAY = 100;

/** How long nothing is heard before the system asks whether the peer is still there. */
const PROBE_AFTER = 60_000;

/** What a {@link Transport} tells its connection. */
export interface TransportOwner {
  onData(data: Buffer): void;
  /** The peer sends no more, and may still read. */
  onEnd(): void;
  /** All that was written is with the system. */
  onFlushed(): void;
  /** The connection is over; said once. */
  onClosed(): void;
}

/**
 * One accepted socket as gateways use it: output that counts what is taken, and an end in stages.
 *
 *     OPEN ──▶ LINGERING (our side is ended, input is dropped) ──▶ CLOSED
 */
export class Transport {
  readonly output: Output;
  /** The peer has ended its side. */
  halfClosed = false;
  lingering = false;
  closed = false;
  bytesRead = 0;
  private readonly gateway: Gateway;
  private readonly socket: Socket;
  private readonly facts: ConnectionFacts;
  private readonly owner: TransportOwner;
  private truncated = false;
  private dropped = 0;
  private deadline = Number.POSITIVE_INFINITY;
  private stopReset: (() => void) | null = null;
  private paused = false;
  /** The system looks after a peer that is silent. */
  private probing = false;

  constructor(gateway: Gateway, socket: Socket, facts: ConnectionFacts, owner: TransportOwner) {
    this.gateway = gateway;
    this.socket = socket;
    this.facts = facts;
    this.owner = owner;
    this.output = new Output(socket, gateway.clock, () => this.onFlushed());
    socket.on('data', (data) => this.onData(data));
    socket.on('end', () => this.onEnd());
    socket.on('error', () => this.close());
    socket.on('close', () => this.close());
  }

  /** Reads on, or has the peer wait. */
  hold(pause: boolean): void {
    if (pause === this.paused || this.lingering) return;
    this.paused = pause;
    if (pause) this.socket.pause();
    else this.socket.resume();
  }

  /**
   * Ends our side, and drops what still comes so that no reset destroys the answer. (RFC 9112 §9.6)
   *
   * @param truncated - the end must not pass for that of an answer: the connection is reset.
   */
  linger(truncated = false): void {
    if (this.lingering || this.closed) return;
    this.lingering = true;
    this.truncated = truncated;
    this.socket.resume();
    if (!truncated) this.output.end();
    if (!this.output.pending) this.setEnd();
  }

  /**
   * Closes behind what was written, when the peer has nothing more to say: nothing comes then that would
   * have the answer reset, and waiting for the peer's end is a good part of a short connection.
   */
  finish(): void {
    if (this.lingering || this.closed) return;
    this.lingering = true;
    this.output.endBoth();
  }

  /** Ends the connection at once. */
  destroy(truncated = false): void {
    if (truncated || this.truncated) this.output.reset();
    else this.socket.destroy();
    this.close();
  }

  /** Looks after what lasts too long; true when that has ended the connection. */
  tick(now: number): boolean {
    const { gateway, output } = this;
    if (!this.probing) {
      // Not at once: it takes several system calls, and most short connections are over by now.
      this.probing = true;
      this.socket.setKeepAlive(true, PROBE_AFTER);
    }
    if (output.stalled(now, gateway.writeTimeout)) {
      gateway.log.info('client does not read', { peer: peerOf(this.facts) });
      this.destroy(true);
    } else if (this.lingering && now > this.deadline && !output.pending) {
      this.destroy();
    }
    return this.closed;
  }

  /** Whether a peer that half-closed counts as gone, because nothing was said to it for long. */
  forsaken(now: number): boolean {
    const { halfCloseTimeout } = this.gateway;
    const { active, pending } = this.output;
    return this.halfClosed && halfCloseTimeout > 0 && !pending && now - active > halfCloseTimeout;
  }

  logRefusal(reason: string): void {
    const { facts, bytesRead } = this;
    this.gateway.log.info('refused', { reason, peer: peerOf(facts), bytes: bytesRead });
  }

  private onData(data: Buffer): void {
    this.bytesRead += data.length;
    if (this.lingering) {
      this.dropped += data.length;
      // The peer is held back rather than cut off: it can still read its answer.
      if (this.dropped > LINGER_BYTES) this.socket.pause();
      return;
    }
    this.owner.onData(data);
  }

  private onEnd(): void {
    this.halfClosed = true;
    this.output.active = this.gateway.clock.now;
    if (!this.lingering) this.owner.onEnd();
  }

  private onFlushed(): void {
    if (this.lingering) this.setEnd();
    this.owner.onFlushed();
  }

  private close(): void {
    if (this.closed) return;
    this.closed = true;
    this.stopReset?.();
    this.output.close();
    this.owner.onClosed();
  }

  /** All was taken: what is left to wait for is the peer. */
  private setEnd(): void {
    if (!this.truncated) this.deadline = this.gateway.clock.after(LINGER_TIME);
    // A timer of its own, as this is rare, and the clock too coarse for whoever waits for the reset.
    else this.stopReset ??= afterArrivals(RESET_DELAY, () => this.destroy());
  }
}
