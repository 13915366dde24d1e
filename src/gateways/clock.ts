/** What a {@link Clock} looks after. */
export interface Timed {
  /** Called at each tick with the clock's time; acts on deadlines that have passed. */
  tick(now: number): void;
}

/**
 * One coarse timer for all connections of a server.
 *
 * Setting a deadline is storing a number, where a timer of its own for each request would cost more
 * than parsing it. Deadlines are met up to two ticks late, never early. Time is monotonic: setting the
 * machine's clock moves nothing. It stands still while the process is held up, or what clients sent
 * meanwhile would count as late.
 */
export class Clock {
  /** Milliseconds of the clock's own time at the last tick. */
  now = 0;
  /** Milliseconds since the epoch at the last tick, for dates. */
  wall = Date.now();
  /** Milliseconds between ticks. */
  readonly interval: number;
  /** Milliseconds of `performance.now()` at the last tick. */
  private read = 0;
  private readonly members = new Set<Timed>();
  private timer: NodeJS.Timeout | null = null;

  /** @param timeouts - the milliseconds that will be measured; the shortest decides the tick. */
  constructor(timeouts: readonly number[]) {
    const shortest = Math.min(...timeouts.filter((timeout) => timeout > 0), 2_000);
    this.interval = Math.max(10, Math.min(500, shortest / 4));
  }

  /** The deadline that is `duration` milliseconds away; never, if that is 0. */
  after(duration: number): number {
    return duration === 0 ? Number.POSITIVE_INFINITY : this.now + duration + this.interval;
  }

  add(member: Timed): void {
    const { members, timer } = this;
    members.add(member);
    if (timer === null) this.start();
    else if (members.size === 1) timer.ref();
  }

  delete(member: Timed): void {
    const { members } = this;
    // It runs on until its next tick, because short connections come and go all the time.
    if (members.delete(member) && members.size === 0) this.timer?.unref();
  }

  private start(): void {
    this.read = performance.now();
    this.wall = Date.now();
    this.timer = setInterval(() => this.tick(), this.interval);
  }

  private tick(): void {
    if (this.members.size === 0 && this.timer !== null) {
      clearInterval(this.timer);
      this.timer = null;
      return;
    }
    const before = this.read;
    this.read = performance.now();
    this.wall = Date.now();
    this.now += Math.min(this.read - before, 2 * this.interval);
    for (const member of this.members) member.tick(this.now);
  }
}
