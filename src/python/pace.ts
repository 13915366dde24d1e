/** How long, in microseconds, requests may wait in a worker for those before them. */
const BUDGET = 12_000;
/** How long one of them may take: beyond that a round trip counts for little. */
const SHORT = 4_000;
/** A request that took this long shows that others could be held up behind one like it. */
const SURPRISE = 20_000;
/** How slowly a long request is forgotten. */
const FORGET = 0.98;
/** The weight of what is new in the mean. */
const WEIGHT = 1 / 8;
const MOST = 128;
/** How long, in microseconds, it takes to send a worker more: most of it is waiting for a processor. */
const AHEAD = 4_000;
/** How long, in microseconds, requests that came together may take in one worker while others are free. */
const TOGETHER = 300;

/**
 * How many requests a worker may hold beyond those that it runs.
 *
 * Having the next ones there saves a round trip, which counts when the application takes less time than
 * that: this process may have to wait for a processor, beside others that are as busy. Holding requests
 * back behind a slow one costs far more than it saves.
 */
export class Pace {
  private mean = SHORT;
  private longest = 0;
  /** While it had enough to do: microseconds from report to report, and what ended meanwhile. */
  private elapsed = 0;
  private ended = 0;

  /** Takes in what a worker measured, in microseconds: the longest of `count` requests, and all. */
  measured(longest: number, total: number, count: number): void {
    if (count === 0) return;
    this.mean += (total / count - this.mean) * Math.min(1, WEIGHT * count);
    this.longest = Math.max(longest, this.longest * FORGET ** count);
  }

  /** Takes in how long, in microseconds, a worker with something for each thread took for `count`. */
  busy(elapsed: number, count: number): void {
    this.elapsed += (elapsed - this.elapsed) * WEIGHT;
    this.ended += (count - this.ended) * WEIGHT;
  }

  /** Requests that keep a worker busy until more of them can reach it. */
  get ahead(): number {
    return Math.min(MOST / 2, Math.floor(AHEAD / this.interval));
  }

  /** Requests that one worker may be given at once, although others are free. */
  get together(): number {
    return Math.floor(TOGETHER / this.interval);
  }

  get prefetch(): number {
    if (this.longest > SURPRISE || this.interval > SHORT) return 0;
    return Math.min(MOST, Math.floor(BUDGET / this.interval));
  }

  /**
   * Microseconds from one request's end to the next one's: where threads wait they can be many in the
   * time of one, where they compute they take turns.
   */
  private get interval(): number {
    return this.ended === 0 ? this.mean : Math.min(this.mean, this.elapsed / this.ended);
  }
}
