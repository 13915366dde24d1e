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

interface Followers {
  readonly size: number;
}

interface FollowerKeys {
  readonly listeners: symbol | null;
  readonly dependants: symbol | null;
}

// Found when they are needed first: workerd has no signals before there is a request.
let followerKeys: FollowerKeys | null = null;

function isFollowed(signal: AbortSignal): boolean {
  followerKeys ??= findFollowerKeys();
  const { listeners, dependants } = followerKeys;
  if (dependants === null || Object.hasOwn(signal, dependants)) return true;
  // Asking for the map of listeners is a fraction of asking for those of a type.
  if (listeners === null) return getEventListeners(signal, 'abort').length > 0;
  return (signal as unknown as Readonly<Record<symbol, Followers>>)[listeners]?.size !== 0;
}

/**
 * What follows a signal shows in properties that have no names: the map of its listeners, and what
 * AbortSignal.any() gives its sources, to which it adds no listener. Finds them in a signal that is followed
 * in both ways; null for what does not show.
 */
function findFollowerKeys(): FollowerKeys {
  const { signal } = new AbortController();
  const before = Object.getOwnPropertySymbols(signal);
  const sizes = () => before.map((key) => sizeOf(signal, key));
  const empty = sizes();
  signal.addEventListener('abort', ignore);
  const followed = sizes();
  signal.removeEventListener('abort', ignore);
  const left = sizes();
  const listeners = before.findIndex(
    (_, index) => empty[index] === 0 && followed[index] === 1 && left[index] === 0,
  );
  // Missing in Node.js before 20.3.
  AbortSignal.any?.([signal]);
  const added = Object.getOwnPropertySymbols(signal).filter((key) => !before.includes(key));
  return { listeners: before[listeners] ?? null, dependants: added[0] ?? null };
}

function sizeOf(signal: AbortSignal, key: symbol): unknown {
  return (signal as unknown as Readonly<Record<symbol, Followers | null | undefined>>)[key]?.size;
}

function ignore(): void {
  // Nothing is to happen; it only has to be there.
}
