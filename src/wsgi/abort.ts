import { getEventListeners } from 'node:events';

/**
 * The source of `wizgi.signal` for the requests that follow one another on a connection.
 *
 * Making an AbortSignal costs more than all the rest of a small request, so one that nobody follows
 * serves the next request too. One that has a listener, or signals made from it, is not given out
 * again: what a finished request left behind must not hear of a later one.
 */
export class AbortSource {
  private controller: AbortController | null = null;

  /** The signal of the request that begins now. */
  signal(): AbortSignal {
    if (this.controller !== null && isFollowed(this.controller.signal)) this.controller = null;
    this.controller ??= new AbortController();
    return this.controller.signal;
  }

  /** Aborts the signal given out last, and gives out a new one from then on. */
  abort(reason: unknown): void {
    const controller = this.controller;
    this.controller = null;
    controller?.abort(reason);
  }
}

/** The most sources that are kept for later. */
const MOST_KEPT = 1024;

/** Sources that finished requests leave behind, for those of other connections. */
export class AbortPool {
  private readonly kept: AbortSource[] = [];

  take(): AbortSource {
    return this.kept.pop() ?? new AbortSource();
  }

  /** Takes one back that no request uses any more. */
  give(source: AbortSource): void {
    if (this.kept.length < MOST_KEPT) this.kept.push(source);
  }
}

// AbortSignal.any() adds no listener to its sources; only this property tells.
const dependants = dependantsKey();

function isFollowed(signal: AbortSignal): boolean {
  return (
    dependants === null ||
    Object.hasOwn(signal, dependants) ||
    getEventListeners(signal, 'abort').length > 0
  );
}

/** The property that `AbortSignal.any` gives its sources; null where it does not show. */
function dependantsKey(): symbol | null {
  const { signal } = new AbortController();
  const before = Object.getOwnPropertySymbols(signal);
  // Missing in Node.js before 20.3.
  AbortSignal.any?.([signal]);
  const added = Object.getOwnPropertySymbols(signal).filter((key) => !before.includes(key));
  return added[0] ?? null;
}
