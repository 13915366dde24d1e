import type { Call } from './call.ts';
import type { Calls } from './calls.ts';
import type { Ledger } from './ledger.ts';

/** Numbers of requests end here; a worker is replaced before. */
export const MOST_REQUESTS = 2_000_000_000;
/** How long a limit in the ledger may take to be seen by a running worker, in milliseconds. */
const LIMIT_SEEN = 2;

/**
 * Takes back what a worker has not begun, even from one that is busy and reads no messages.
 *
 *     ──begin──▶ limit set, 2 ms ──▶ the worker hands back what it must not begin ──▶ limit lifted
 *
 * After the 2 ms the worker has either stored the number of a request that it was about to begin, or
 * has seen the limit. See docs/decisions/0009-ledger-of-begun-requests.md.
 */
export class Withdrawal {
  /** Under way: the worker may be sent nothing. */
  active = false;
  /** Since when the worker is to hand back what was taken from it, on the pool's clock; or null. */
  since: number | null = null;
  private readonly ledger: Ledger;
  private readonly calls: Calls;
  private limit = 0;
  private limitSeen = false;
  /** Taken back, and still with the worker, which will say that it did not begin them. */
  private readonly taken = new Set<number>();

  constructor(ledger: Ledger, calls: Calls) {
    this.ledger = ledger;
    this.calls = calls;
    ledger.limit(MOST_REQUESTS);
  }

  /**
   * Takes back, and removes from the worker's calls, what it has not begun and then will not begin.
   *
   * @param over - whether the worker has ended meanwhile, and everything is somebody else's.
   */
  async begin(now: () => number, over: () => boolean): Promise<Call[]> {
    this.active = true;
    this.limit = this.ledger.begun;
    this.ledger.limit(this.limit);
    await new Promise((resolve) => setTimeout(resolve, LIMIT_SEEN));
    if (over()) return [];
    this.limitSeen = true;
    const { begun } = this.ledger;
    const calls = this.calls.all().filter((call) => call.id > begun);
    for (const { id } of calls) {
      this.calls.delete(id);
      this.taken.add(id);
    }
    this.since = now();
    this.settle();
    return calls;
  }

  /** The worker is done with a request; gives whether that had been taken back. */
  handedBack(id: number): boolean {
    return this.taken.delete(id);
  }

  /** Lets the worker begin requests again, once it holds none that were taken back. */
  settle(): void {
    if (!this.limitSeen || this.taken.size > 0) return;
    if (this.calls.all().some(({ id }) => id > this.limit)) return;
    this.active = this.limitSeen = false;
    this.since = null;
    this.ledger.limit(MOST_REQUESTS);
  }
}
