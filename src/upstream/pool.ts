import type { Clock, Timed } from '../gateways/clock.ts';
import type { ClientCodec } from '../protocols/client-codec.ts';
import type { WsgiError } from '../wsgi/errors.ts';
import { type ConnectionOwner, type ConnectionUser, UpstreamConnection } from './connection.ts';
import type { Dialer } from './dial.ts';
import { noCapacity } from './failure.ts';

/** How many connections there may be, and for how long. Times are in milliseconds. */
export interface PoolLimits {
  readonly connectTimeout: number;
  readonly keepAlive: number;
  readonly maxIdle: number;
  /** 0: no limit, as for times. */
  readonly maxConnections: number;
  readonly maxQueue: number;
  readonly queueTimeout: number;
}

/** A request that asks for a connection. */
export interface PoolUser extends ConnectionUser {
  /** It has one, which may still have to be connected: `onConnected` tells. */
  onConnection(connection: UpstreamConnection): void;
  /** It gets none. */
  onRefused(error: WsgiError): void;
}

/**
 * What a request is to be sent on: any connection; one that its upstream is known to keep, or a new one,
 * because the request cannot be repeated; only one that carried no request before.
 */
export type Wanted = 'any' | 'kept' | 'new';

interface Waiting {
  readonly user: PoolUser;
  readonly wanted: Wanted;
  readonly deadline: number;
}

/** Ticks of the clock that a connection has to stay open behind its answer; two may be one delay. */
const KEPT_TICKS = 3;

/** The connections to one upstream. */
export class ConnectionPool implements ConnectionOwner, Timed {
  readonly name: string;
  readonly clock: Clock;
  private readonly dialer: Dialer;
  private readonly makeCodec: () => ClientCodec;
  private readonly limits: PoolLimits;
  private total = 0;
  private readonly idle: UpstreamConnection[] = [];
  private waiting: Waiting[] = [];
  private closing = false;
  /**
   * The upstream does not close connections behind their answers. Some servers of HTTP do without a
   * word of it (uWSGI's `http-socket`): until it is known, a request that comes at once may meet the end.
   */
  private keeps: boolean;

  /** @param keeps - what the upstream says of keeping connections holds. */
  constructor(
    name: string,
    clock: Clock,
    dialer: Dialer,
    makeCodec: () => ClientCodec,
    limits: PoolLimits,
    keeps: boolean,
  ) {
    this.name = name;
    this.clock = clock;
    this.dialer = dialer;
    this.makeCodec = makeCodec;
    this.limits = limits;
    this.keeps = keeps;
  }

  /** Gives a connection: the one that was used last, else a new one, else the next that is free. */
  acquire(user: PoolUser, wanted: Wanted): void {
    const { limits } = this;
    const known = this.mayReuse(wanted) ? this.idle.pop() : undefined;
    if (known !== undefined) this.hand(known, user);
    else if (this.hasRoom() || (wanted === 'new' && this.dropIdle())) this.open(user);
    else if (this.waiting.length < limits.maxQueue) this.enqueue(user, wanted);
    else user.onRefused(noCapacity(`${this.name} is busy, and so is its queue`));
  }

  /** The upstream said that it keeps a connection. */
  trust(): void {
    this.keeps = true;
  }

  /** A connection that was used before turned out to be closed. */
  doubt(): void {
    this.keeps = false;
  }

  /** A request does not wait for a connection any more. */
  cancel(user: PoolUser): void {
    this.waiting = this.waiting.filter((waiting) => waiting.user !== user);
    if (this.waiting.length === 0) this.clock.delete(this);
  }

  /**
   * Takes a connection back.
   *
   * @param reusable - it can carry another request.
   * @param keepAlive - milliseconds for which the upstream keeps it.
   */
  release(connection: UpstreamConnection, reusable: boolean, keepAlive: number): void {
    const { limits, idle } = this;
    const time = Math.min(limits.keepAlive, keepAlive);
    if (connection.reused) this.keeps = true;
    // Whoever waits for a new one needs the room.
    const inTheWay = this.closing || this.waiting[0]?.wanted === 'new';
    if (!reusable || connection.closed || time <= 0 || inTheWay) {
      connection.destroy();
      return;
    }
    const next = this.dequeue();
    if (next !== undefined) {
      this.hand(connection, next);
    } else if (idle.length < limits.maxIdle) {
      connection.rest(time);
      idle.push(connection);
    } else {
      connection.destroy();
    }
  }

  /** Ends idle connections, now and from now on as soon as they are. */
  close(): void {
    this.closing = true;
    while (this.dropIdle());
  }

  onClosed(connection: UpstreamConnection): void {
    this.total--;
    const index = this.idle.indexOf(connection);
    if (index !== -1) this.idle.splice(index, 1);
    const next = this.hasRoom() ? this.dequeue() : undefined;
    if (next !== undefined) this.open(next);
  }

  tick(now: number): void {
    const late = this.waiting.filter(({ deadline }) => now > deadline);
    for (const { user } of late) {
      this.cancel(user);
      user.onRefused(noCapacity(`${this.name} had no connection to spare in time`));
    }
  }

  private hasRoom(): boolean {
    const { maxConnections } = this.limits;
    return maxConnections === 0 || this.total < maxConnections;
  }

  private mayReuse(wanted: Wanted): boolean {
    if (wanted !== 'kept') return wanted === 'any';
    this.keeps ||= this.idle[0]?.hasRested(KEPT_TICKS) === true;
    // Where there can be no new ones, what is likely has to do.
    return this.keeps || !this.hasRoom();
  }

  private dropIdle(): boolean {
    const connection = this.idle.shift();
    connection?.destroy();
    return connection !== undefined;
  }

  private open(user: PoolUser): void {
    this.total++;
    const { dialer, limits } = this;
    const codec = this.makeCodec();
    user.onConnection(new UpstreamConnection(this, dialer, codec, user, limits.connectTimeout));
  }

  private hand(connection: UpstreamConnection, user: PoolUser): void {
    connection.use(user);
    user.onConnection(connection);
    user.onConnected();
  }

  private enqueue(user: PoolUser, wanted: Wanted): void {
    if (this.waiting.length === 0) this.clock.add(this);
    const deadline = this.clock.after(this.limits.queueTimeout);
    this.waiting.push({ user, wanted, deadline });
  }

  private dequeue(): PoolUser | undefined {
    const next = this.waiting.shift();
    if (next !== undefined && this.waiting.length === 0) this.clock.delete(this);
    return next?.user;
  }
}
