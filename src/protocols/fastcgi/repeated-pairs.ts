import type { Variables } from '../cgi/variables.ts';
import { latin1 } from '../latin1.ts';
import { lengthSize } from './pair-layout.ts';

/** Most bytes of pairs that are remembered, because idle connections hold them. */
const MAX_SIZE = 2048;

/** A stream of pairs, and where the values are in it. */
interface Known {
  readonly bytes: Buffer;
  readonly pairs: Variables;
  readonly starts: readonly number[];
  readonly ends: readonly number[];
}

/**
 * The pairs that a connection keeps sending.
 *
 * Where a request repeats that before it but for some values of the same lengths, as a client's port or
 * the number in a path, comparing takes a fraction of the time of reading. Pairs are remembered when a
 * second stream of the same length arrives, so that connections whose requests differ pay nothing.
 */
export class RepeatedPairs {
  private known: Known | null = null;
  private lastSize = 0;

  /** What these bytes say, if they are those remembered, or differ from them in values only. */
  find(bytes: Uint8Array): Variables | null {
    const { known } = this;
    if (known === null || known.bytes.length !== bytes.length) return null;
    return known.bytes.compare(bytes) === 0 ? known.pairs : withOtherValues(known, bytes);
  }

  /** Considers pairs that came in one piece. */
  learn(bytes: Uint8Array, pairs: Variables): void {
    const repeated = bytes.length === this.lastSize;
    this.lastSize = bytes.length;
    if (repeated && bytes.length <= MAX_SIZE) this.known = located(Buffer.from(bytes), pairs);
  }
}

function located(bytes: Buffer, pairs: Variables): Known {
  const starts: number[] = [];
  const ends: number[] = [];
  let end = 0;
  for (const [index, name] of pairs.names.entries()) {
    const valueLengthAt = end + lengthSize(bytes, end);
    const start = valueLengthAt + lengthSize(bytes, valueLengthAt) + name.length;
    end = start + (pairs.values[index] as string).length;
    starts.push(start);
    ends.push(end);
  }
  return { bytes, pairs, starts, ends };
}

/** The same names with the values that differ; null where more than values does. */
function withOtherValues({ bytes: known, pairs, starts, ends }: Known, bytes: Uint8Array) {
  const values = [...pairs.values];
  let pair = 0;
  for (let at = 0; at < known.length; at++) {
    if (bytes[at] === known[at]) continue;
    while ((ends[pair] as number) <= at) pair++;
    const start = starts[pair] as number;
    if (at < start) return null;
    const end = ends[pair] as number;
    values[pair] = latin1(bytes, start, end);
    at = end - 1;
  }
  return { names: pairs.names, values };
}
