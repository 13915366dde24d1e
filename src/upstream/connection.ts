import type { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import type { Clock, Timed } from '../gateways/clock.ts';
import type { Pieces } from '../protocols/answer.ts';
import type { ClientCodec, ClientEvent } from '../protocols/client-codec.ts';
import { FastCgiClient } from '../protocols/fastcgi/index.ts';
import { octets } from '../wsgi/blocks.ts';
import type { WsgiError } from '../wsgi/errors.ts';
import type { Dialer } from './dial.ts';
import { noAnswer, socketFailure, tooLate } from './failure.ts';

/** Bytes read ahead of whoever asks for events. */
const READ_AHEAD = 64 * 1024;

/** Pieces up to this size are written as one text, which takes less than several writes. */
const TEXT_LIMIT = 4 * 1024;

/** The request that has a connection, as the connection sees it. */
export interface ConnectionUser {
  /** A request can be sent. */
  onConnected(): void;
  /** Something came: bytes, the end, or a failure; `next` tells. */
  onReadable(): void;
  /** What was written was taken. */
  onWritable(): void;
}

/** The pool that a connection belongs to. */
export interface ConnectionOwner {
  /** The upstream's name, for messages. */
  readonly name: string;
  readonly clock: Clock;
  /** The connection cannot be used any more. Said once. */
  onClosed(connection: UpstreamConnection): void;
}

/**
 * A connection to an upstream: the pump between its socket and its codec.
 *
 *     CONNECTING ─▶ (BUSY ─▶ IDLE) … ─▶ CLOSED
 *
 * Bytes go to the codec only when its next event is asked for, so that what an event holds stays valid
 * until then, and nothing is copied.
 */
export class UpstreamConnection implements Timed {
  readonly codec: ClientCodec;
  user: ConnectionUser | null;
  connected = false;
  /** Whether it has carried a request before this one. */
  reused = false;
  /** Something of the answer to the current request has come. */
  answered = false;
  closed = false;
  /** The pool that it came from. */
  readonly owner: ConnectionOwner;
  private readonly socket: Socket;
  private readonly queue: Buffer[] = [];
  private queued = 0;
  private paused = false;
  private ended = false;
  private endTold = false;
  private failure: WsgiError | null = null;
  private deadline = Number.POSITIVE_INFINITY;
  private restsSince = 0;
  private complaint = '';
  private patience = 0;

  constructor(
    owner: ConnectionOwner,
    dialer: Dialer,
    codec: ClientCodec,
    user: ConnectionUser,
    connectTimeout: number,
  ) {
    this.owner = owner;
    this.codec = codec;
    this.user = user;
    owner.clock.add(this);
    this.expect(connectTimeout, 'did not accept a connection within');
    this.socket = dialer.dial();
    this.socket.on(dialer.connectedEvent, () => this.onConnected());
    this.socket.on('data', (data) => this.onData(data));
    this.socket.on('drain', () => this.user?.onWritable());
    this.socket.on('end', () => this.onEnd());
    this.socket.on('error', (error) => this.fail(socketFailure(owner.name, error)));
    this.socket.on('close', () => this.onClose());
  }

  /** Gives the connection, which is idle, to a request. */
  use(user: ConnectionUser): void {
    this.user = user;
    this.reused = true;
    this.answered = false;
    this.forgive();
  }

  /** The request is over; another may come for `duration` milliseconds. */
  rest(duration: number): void {
    const { clock } = this.owner;
    this.user = null;
    this.restsSince = clock.now;
    this.deadline = clock.after(duration);
  }

  /** Whether it has been idle for so many ticks of the clock. */
  hasRested(ticks: number): boolean {
    const { now, interval } = this.owner.clock;
    return now - this.restsSince >= ticks * interval;
  }

  /**
   * From now on the upstream is waited for.
   *
   * @param duration - so many milliseconds at most; 0: for ever.
   * @param complaint - what is said of the upstream then; the time follows.
   */
  expect(duration: number, complaint: string): void {
    this.deadline = this.owner.clock.after(duration);
    this.complaint = complaint;
    this.patience = duration;
  }

  /** The upstream is not waited for any more. */
  forgive(): void {
    this.deadline = Number.POSITIVE_INFINITY;
  }

  /** Sends; false when `onWritable` will tell that more can be sent. */
  write(pieces: Pieces): boolean {
    const { socket } = this;
    if (this.closed) return false;
    if (pieces.length === 1) socket.write(pieces[0] as string, 'latin1');
    else if (sizeOf(pieces) <= TEXT_LIMIT) socket.write(textOf(pieces), 'latin1');
    else this.writeAll(pieces);
    return !socket.writableNeedDrain;
  }

  private writeAll(pieces: Pieces): void {
    const { socket } = this;
    socket.cork();
    for (const piece of pieces) if (piece.length > 0) socket.write(piece as string, 'latin1');
    socket.uncork();
  }

  /**
   * The next event of the answer, or null when more has to come for it.
   *
   * @throws {WsgiError} when the connection failed, {ProtocolError} when the upstream breaks its protocol.
   */
  next(): ClientEvent | null {
    for (;;) {
      const event = this.codec.next();
      if (event !== null) return event;
      const bytes = this.queue.shift();
      if (bytes !== undefined) {
        this.queued -= bytes.length;
        if (this.paused && this.queued === 0) this.resume();
        this.codec.push(bytes);
      } else if (this.failure !== null) {
        throw this.failure;
      } else if (this.ended && !this.endTold) {
        this.endTold = true;
        this.codec.end();
      } else {
        return null;
      }
    }
  }

  /**
   * An event that needs no further bytes, or null. Leaves what the one before holds valid; what is
   * wrong behind it is for `next` to tell.
   */
  nextAtHand(): ClientEvent | null {
    try {
      return this.codec.next();
    } catch {
      return null;
    }
  }

  /**
   * Ends the connection, and with it what the upstream does for its request: by a reset where the
   * transport has one, because servers bear with clients that have only finished sending.
   */
  abort(): void {
    this.user = null;
    this.cut();
    this.leave();
  }

  /** Ends the connection. */
  destroy(): void {
    this.user = null;
    this.socket.destroy();
    this.leave();
  }

  tick(now: number): void {
    if (now <= this.deadline) return;
    if (this.user === null) this.destroy();
    else this.fail(tooLate(this.owner.name, `${this.complaint} ${this.patience / 1000} s`));
  }

  private onConnected(): void {
    this.connected = true;
    this.forgive();
    this.user?.onConnected();
  }

  private onData(data: Buffer): void {
    if (this.user === null) {
      this.destroy();
      return;
    }
    this.answered = true;
    this.deadline = Number.POSITIVE_INFINITY;
    this.queue.push(data);
    this.queued += data.length;
    this.user.onReadable();
    if (this.queued >= READ_AHEAD && !this.paused) {
      this.paused = true;
      this.socket.pause();
    }
  }

  private resume(): void {
    this.paused = false;
    this.socket.resume();
  }

  private onEnd(): void {
    this.ended = true;
    this.forgive();
    if (this.user === null) this.destroy();
    else this.user.onReadable();
  }

  private onClose(): void {
    if (!this.ended) this.fail(noAnswer(this.owner.name, 'closed the connection'));
    this.leave();
  }

  private fail(failure: WsgiError): void {
    // What came before an error counts: an answer may be complete although its request was not read.
    this.failure ??= failure;
    this.cut();
    this.forgive();
    const { user } = this;
    this.leave();
    user?.onReadable();
  }

  private cut(): void {
    const { codec, socket } = this;
    const begun = this.connected && !socket.destroyed;
    if (begun && socket.remotePort !== undefined && !(socket instanceof TLSSocket)) {
      socket.resetAndDestroy();
      return;
    }
    if (begun && codec instanceof FastCgiClient) this.write(codec.abort());
    socket.destroy();
  }

  private leave(): void {
    if (this.closed) return;
    this.closed = true;
    this.owner.clock.delete(this);
    this.owner.onClosed(this);
  }
}

function sizeOf(pieces: Pieces): number {
  let size = 0;
  for (const piece of pieces) size += piece.length;
  return size;
}

function textOf(pieces: Pieces): string {
  let text = '';
  for (const piece of pieces) text += typeof piece === 'string' ? piece : octets(piece);
  return text;
}
