/** Service time, in microseconds, of requests that may wait in a worker for one another; in all. */
const BUDGET = 2_000;
/** And of one of them: beyond that a round trip counts for little. */
const SHORT = 1_000;
/** A request that took this long shows that others could be held up behind one like it. */
const SURPRISE = 20_000;
/** How slowly a long request is forgotten. */
const FORGET = 0.98;
/** The weight of what is new in the mean. */
const WEIGHT = 1 / 8;
const MOST = 128;
/** How long, in microseconds, it takes to send a worker more. */
const AHEAD = 600;

/**
 * How many requests a worker may hold beyond those that it runs.
 *
 * Having the next request there saves a round trip, which counts when the application takes less time
 * than that; holding requests back behind a slow one costs far more than it saves.
 */
export class Pace {
  private mean = SHORT;
  private longest = 0;

  /** Takes in what a worker measured, in microseconds: the longest of `count` requests, and all. */
  measured(longest: number, total: number, count: number): void {
    if (count === 0) return;
    this.mean += (total / count - this.mean) * Math.min(1, WEIGHT * count);
    this.longest = Math.max(longest, this.longest * FORGET ** count);
  }

  /** Requests that keep a worker busy until more of them can reach it. */
  get ahead(): number {
    return Math.floor(AHEAD / this.mean);
  }

  get prefetch(): number {
    if (this.longest > SURPRISE || this.mean > SHORT) return 0;
    return Math.min(MOST, Math.floor(BUDGET / this.mean));
  }
}
