import { WsgiError } from '../wsgi/errors.ts';
import type { Call, CallOwner } from './call.ts';
import type { Worker } from './worker.ts';

/** Requests that may wait for a worker; further ones are answered 503. */
const MOST_WAITING = 2048;
/** How long a worker may be at a request before those behind are given to others; milliseconds. */
const HELD_UP = 10;

/**
 * Gives requests to workers.
 *
 * A request goes to the worker with the least under way; where the application is quick, to one that
 * is just being sent others, because a write costs more than the request. Where no worker has room it
 * waits here, not in a worker, behind one that may be slow. What a worker has not begun is given to
 * another one when the worker dies or is held up; what it has begun never runs a second time.
 */
export class Pool implements CallOwner {
  /** Those that take requests. */
  private readonly workers = new Set<Worker>();
  /** In the order in which they came. */
  private waiting = new Set<Call>();
  /** Why there is no worker, and none is to be expected soon. */
  private unavailable: string | null = null;
  private watching = false;
  /** The worker that was given a request last. */
  private last: Worker | null = null;
  /** Answers whose clients are slow. */
  private readonly stalled = new Set<Call>();
  private readonly spoolDirectory: string;

  /** @param spoolDirectory - where answers are put aside that nobody reads fast enough. */
  constructor(spoolDirectory: string) {
    this.spoolDirectory = spoolDirectory;
  }

  submit(call: Call): void {
    const worker = this.last?.gathers ? this.last : this.leastBusy();
    // Room that has just come is for those who waited for it.
    if (worker !== null && this.waiting.size === 0) {
      this.give(worker, call);
    } else if (this.unavailable !== null) {
      call.onEnd(new WsgiError('no-capacity', this.unavailable));
    } else if (this.waiting.size >= MOST_WAITING) {
      call.onEnd(
        new WsgiError('no-capacity', `${MOST_WAITING} requests wait for a worker already`),
      );
    } else {
      this.waiting.add(call);
      if (worker === null) this.makeRoom();
      else this.relieved(worker);
    }
  }

  /** A worker takes requests from now on. */
  add(worker: Worker): void {
    this.unavailable = null;
    this.workers.add(worker);
    this.relieved(worker);
  }

  /** A worker takes no more; what it has under way goes on. */
  remove(worker: Worker): void {
    this.workers.delete(worker);
    if (this.last === worker) this.last = null;
  }

  /** Nothing can be answered until a worker is added. */
  giveUp(reason: string): void {
    this.unavailable = reason;
    const { waiting } = this;
    this.waiting = new Set();
    for (const call of waiting) call.onEnd(new WsgiError('no-capacity', reason));
  }

  /** A worker has a request less to do. */
  relieved(worker: Worker): void {
    if (this.waiting.size === 0 || !this.workers.has(worker)) return;
    for (const call of this.waiting) {
      if (worker.room <= 0) break;
      this.waiting.delete(call);
      this.give(worker, call);
    }
  }

  /** Requests that their worker did not begin go to others, ahead of those that came later. */
  putBack(calls: readonly Call[]): void {
    if (calls.length === 0) return;
    const all = [...calls.filter((call) => !call.closed), ...this.waiting];
    this.waiting = new Set();
    for (const call of all) this.submit(call);
  }

  /** Has what a worker did not begin taken from it, and given to others. */
  reclaim(worker: Worker): void {
    void worker.withdraw().then((calls) => this.putBack(calls));
  }

  // --- CallOwner -------------------------------------------------------------------------------

  onClosed(call: Call): void {
    if (!this.waiting.delete(call)) call.worker?.cancel(call);
  }

  onConsumed(call: Call, size: number): void {
    call.worker?.credit(call, size);
  }

  onStalled(call: Call, stalled: boolean): void {
    if (!stalled) {
      this.stalled.delete(call);
    } else {
      this.stalled.add(call);
      if (this.waiting.size > 0 || call.worker?.prefetched) this.putAside(call);
    }
  }

  // --- dispatch --------------------------------------------------------------------------------

  private give(worker: Worker, call: Call): void {
    call.worker = worker;
    this.last = worker;
    worker.send(call);
    if (!worker.prefetched) return;
    if (!this.watching) this.watch();
    if (this.stalled.size > 0) this.makeRoom();
  }

  private leastBusy(): Worker | null {
    let best: Worker | null = null;
    for (const worker of this.workers) {
      if (worker.room > 0 && (best === null || worker.calls.size < best.calls.size)) best = worker;
    }
    return best;
  }

  /** Has answers that nobody reads fast enough put aside, so that their workers are free for others. */
  private makeRoom(): void {
    for (const call of this.stalled) this.putAside(call);
  }

  private putAside(call: Call): void {
    const size = call.putAside(this.spoolDirectory);
    if (size > 0) call.worker?.credit(call, size);
  }

  /** Looks after requests that wait in workers. */
  private watch(): void {
    this.watching = true;
    setTimeout(() => {
      this.watching = false;
      for (const worker of this.workers) {
        if (!worker.prefetched) continue;
        if (worker.heldUpFor(HELD_UP)) this.takeBack(worker);
        if (!this.watching) this.watch();
      }
    }, HELD_UP).unref();
  }

  private takeBack(worker: Worker): void {
    const free = [...this.workers].some((other) => other !== worker && other.free);
    // Where all are busy, requests may as well wait where they are.
    if (free) this.reclaim(worker);
    else this.makeRoom();
  }
}
