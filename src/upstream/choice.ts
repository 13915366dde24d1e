/** How one of several upstreams is chosen for a request. */
import type { Environ } from '../wsgi/types.ts';
import type { Upstream } from './upstream.ts';

/**
 * Chooses among upstreams that can be used, of which there is one at least.
 *
 * @param now - milliseconds, on the clock of the upstreams' health.
 */
export type Choice = (usable: readonly Upstream[], environ: Environ, now: number) => Upstream;

/**
 * In turn, by weight, and as evenly as that allows: each time all get credit for their share, and the
 * one with most of it is chosen and pays for all.
 */
export const roundRobin: Choice = (usable, _environ, now) => {
  let best = usable[0] as Upstream;
  if (usable.length === 1) return best;
  let total = 0;
  for (const upstream of usable) {
    const share = upstream.share(now);
    upstream.credit += share;
    total += share;
    if (upstream.credit > best.credit) best = upstream;
  }
  best.credit -= total;
  return best;
};

/** The one with the fewest requests under way for its share; in turn where that is equal. */
export const leastConnections: Choice = (usable, environ, now) => {
  const load = (upstream: Upstream) => (upstream.active + 1) / upstream.share(now);
  const least = Math.min(...usable.map(load));
  return roundRobin(
    usable.filter((upstream) => load(upstream) === least),
    environ,
    now,
  );
};

/** Places of a upstream of weight 1 on the ring. */
const PLACES = 160;

/**
 * By a key: the same key gets the same upstream while that can be used, and when one cannot, only its
 * keys move. (Consistent hashing, with several places for each upstream on a ring)
 *
 */
export function consistentHash(
  upstreams: readonly Upstream[],
  keyOf: (environ: Environ) => string,
): Choice {
  const ring = upstreams
    .flatMap((upstream) =>
      Array.from({ length: Math.max(1, Math.round(PLACES * upstream.weight)) }, (_, place) => ({
        at: hash(`${upstream.name}#${place}`),
        upstream,
      })),
    )
    .sort((one, other) => one.at - other.at);
  return (usable, environ) => {
    const start = firstFrom(ring, hash(keyOf(environ)));
    for (let step = 0; step < ring.length; step++) {
      const { upstream } = ring[(start + step) % ring.length] as (typeof ring)[number];
      if (usable.includes(upstream)) return upstream;
    }
    return usable[0] as Upstream;
  };
}

/** The index of the first place at or after `at`. */
function firstFrom(ring: readonly { readonly at: number }[], at: number): number {
  let low = 0;
  let high = ring.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((ring[middle]?.at ?? 0) < at) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** 32 bits of a text: FNV-1a, and a last mixing, without which near texts stay near. */
function hash(text: string): number {
  let value = 0x811c9dc5;
  for (let index = 0; index < text.length; index++) {
    value = Math.imul(value ^ text.charCodeAt(index), 0x01000193);
  }
  value = Math.imul(value ^ (value >>> 16), 0x85ebca6b);
  value = Math.imul(value ^ (value >>> 13), 0xc2b2ae35);
  return (value ^ (value >>> 16)) >>> 0;
}
