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

type Rule = (signal: AbortSignal) => boolean;

// Found when it is needed first: workerd has no signals before there is a request.
let isFollowed: Rule = (signal) => {
  isFollowed = ruleOfNode() ?? ruleOfDeno() ?? always;
  return isFollowed(signal);
};

/** Where it does not show, a signal counts as followed. */
const always: Rule = () => true;

/**
 * What follows a signal shows in properties that have no names: the map of its listeners, and what
 * AbortSignal.any() gives its sources, to which it adds no listener. Finds them in a signal that is followed
 * in both ways; null where the latter does not show.
 */
function ruleOfNode(): Rule | null {
  const { signal } = new AbortController();
  const before = Object.getOwnPropertySymbols(signal);
  const sizes = () => before.map((key) => sizeOf(signal, key));
  const empty = sizes();
  signal.addEventListener('abort', ignore);
  const followed = sizes();
  signal.removeEventListener('abort', ignore);
  const left = sizes();
  const index = before.findIndex(
    (_, at) => empty[at] === 0 && followed[at] === 1 && left[at] === 0,
  );
  const listeners = before[index];
  const withListener = Object.getOwnPropertySymbols(signal);
  // Missing in Node.js before 20.3.
  AbortSignal.any?.([signal]);
  const dependants = Object.getOwnPropertySymbols(signal).find(
    (key) => !withListener.includes(key),
  );
  if (dependants === undefined) return null;
  // Asking for the map of listeners is a fraction of asking for those of a type.
  if (listeners !== undefined) {
    return (signal) => Object.hasOwn(signal, dependants) || sizeOf(signal, listeners) !== 0;
  }
  return (signal) =>
    Object.hasOwn(signal, dependants) || getEventListeners(signal, 'abort').length > 0;
}

/**
 * Deno's signals get a property with their first listener, and have others that are null until something
 * follows. An AbortController is what costs it most of a small request.
 */
function ruleOfDeno(): Rule | null {
  const { signal } = new AbortController();
  const before = Object.getOwnPropertySymbols(signal);
  const empty = before.filter((key) => stateOf(signal, key) === null);
  AbortSignal.any?.([signal]);
  if (empty.every((key) => stateOf(signal, key) === null)) return null;
  signal.addEventListener('abort', ignore);
  const listened = Object.getOwnPropertySymbols(signal).find((key) => !before.includes(key));
  if (listened === undefined) return null;
  return (signal) =>
    Object.hasOwn(signal, listened) || empty.some((key) => stateOf(signal, key) !== null);
}

function stateOf(signal: AbortSignal, key: symbol): unknown {
  return (signal as unknown as Readonly<Record<symbol, unknown>>)[key];
}

function sizeOf(signal: AbortSignal, key: symbol): unknown {
  return (signal as unknown as Readonly<Record<symbol, Followers | null | undefined>>)[key]?.size;
}

function ignore(): void {
  // Nothing is to happen; it only has to be there.
}
