import { WsgiError } from '../wsgi/errors.ts';
import { Input } from '../wsgi/input.ts';
import { BodySpool, BodyStream, type SpoolOptions } from './body.ts';
import type { Clock } from './clock.ts';

/** Unread content that is dropped to keep a connection. */
const SKIP_BYTES = 64 * 1024;

/** What the reception of content asks of its connection. */
export interface ReceptionOwner {
  /** The application waits for content. */
  contentWanted(): void;
  /** More can be taken, after {@link Reception.held}. */
  contentTaken(): void;
  /** The content could not be stored. */
  contentLost(error: unknown): void;
}

/** How content is received. */
export interface ReceptionOptions {
  readonly clock: Clock;
  readonly spool: SpoolOptions;
  /** Milliseconds without content, and before the rate counts. */
  readonly bodyTimeout: number;
  /** Bytes a second. */
  readonly bodyMinRate: number;
  /** The application is entered before its content has arrived. */
  readonly streaming: boolean;
}

/** The content of one request: where it goes as it arrives, and whether it arrives in time. */
export class Reception {
  /** All of it was received, or no more of it is wanted. */
  complete = false;
  /** What was taken is not stored, or not read, yet: nothing more may come. */
  held = false;
  /** The client sends nothing before it was told to continue, or asked for more. */
  awaitsContinue: boolean;
  readonly stream: BodyStream | null = null;
  private readonly spool: BodySpool | null = null;
  private readonly owner: ReceptionOwner;
  private readonly pace: Pace;
  /** Bytes of content, or a negative number where only its end tells. */
  private readonly expected: number;
  private received = 0;
  private skipped = -1;
  private disposed = false;

  constructor(
    owner: ReceptionOwner,
    options: ReceptionOptions,
    expected: number,
    awaitsContinue: boolean,
  ) {
    this.owner = owner;
    this.expected = expected;
    this.awaitsContinue = awaitsContinue;
    this.pace = new Pace(options);
    if (options.streaming) {
      this.stream = new BodyStream({
        wanted: () => owner.contentWanted(),
        drained: () => this.release(() => owner.contentTaken()),
      });
    } else {
      this.spool = new BodySpool(options.spool);
    }
  }

  /** Bytes of the content that was received whole; null for a stream. */
  get size(): number | null {
    return this.spool?.size ?? null;
  }

  /** What the application reads. */
  input(): Input {
    return new Input(this.stream ?? this.spool?.source());
  }

  /** Takes the next piece; false when it is not worth waiting for the end. */
  take(data: Uint8Array): boolean {
    this.awaitsContinue = false;
    this.received += data.length;
    this.pace.arrived(data.length);
    if (this.skipped >= 0) {
      this.skipped += data.length;
      return this.skipped <= SKIP_BYTES;
    }
    if (this.stream !== null) this.held = !this.stream.push(data);
    else if (this.spool !== null) this.store(this.spool, data);
    return true;
  }

  end(): void {
    this.complete = true;
    this.stream?.end();
  }

  /** The rest does not come, or cannot be understood. */
  fail(error: Error): void {
    this.complete = true;
    this.stream?.end(error);
  }

  /** Whether so much is still to come that the connection is not kept for it. */
  get tooLongToSkip(): boolean {
    return !this.complete && this.expected - this.received > SKIP_BYTES;
  }

  /** From now on content is dropped. */
  skip(): void {
    this.skipped = 0;
    this.held = false;
  }

  /** Tells at each tick whether the client sends too slowly. */
  late(now: number): boolean {
    return this.pace.late(now, this.complete || this.held || this.awaitsContinue);
  }

  /** The request is over. */
  dispose(): void {
    this.disposed = true;
    // An error costs more than all the rest of a small request.
    if (!this.complete) this.stream?.end(new WsgiError('input-closed', 'the request is over'));
    // A file that is being written to is let go of when that is done.
    if (!this.held) this.spool?.dispose();
  }

  private store(spool: BodySpool, data: Uint8Array): void {
    const stored = spool.add(data, Math.max(0, this.expected));
    if (stored === undefined) return;
    this.held = true;
    stored.then(
      () => this.release(() => this.owner.contentTaken()),
      (error: unknown) => this.release(() => this.owner.contentLost(error)),
    );
  }

  private release(next: () => void): void {
    this.held = false;
    if (this.disposed) this.spool?.dispose();
    else next();
  }
}

/** Measures a sender: no long pause, and a minimum rate over all. */
class Pace {
  private readonly options: ReceptionOptions;
  private last: number;
  /** Milliseconds since something arrived, and since the beginning. */
  private quiet: number;
  private elapsed: number;
  private bytes = 0;

  constructor(options: ReceptionOptions) {
    this.options = options;
    this.last = options.clock.now;
    // Ticks are coarse: the first one may come at once.
    this.quiet = this.elapsed = -options.clock.interval;
  }

  arrived(size: number): void {
    this.bytes += size;
    this.quiet = -this.options.clock.interval;
  }

  /** @param excused - since the last tick, the sender had to wait for the server. */
  late(now: number, excused: boolean): boolean {
    const { bodyTimeout, bodyMinRate, clock } = this.options;
    const step = now - this.last;
    this.last = now;
    if (bodyTimeout === 0) return false;
    if (excused) {
      this.quiet = -clock.interval;
      return false;
    }
    this.quiet += step;
    this.elapsed += step;
    const credit = bodyMinRate === 0 ? Number.POSITIVE_INFINITY : (1000 * this.bytes) / bodyMinRate;
    return this.quiet > bodyTimeout || this.elapsed > bodyTimeout + credit;
  }
}
