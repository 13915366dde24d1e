import type { Variables } from '../cgi/variables.ts';

/** Most bytes of pairs that are remembered, because idle connections hold them. */
const MAX_SIZE = 2048;

/**
 * The pairs that a connection keeps sending.
 *
 * Where a request repeats that before it byte for byte, comparing takes a fraction of the time of
 * reading. They are remembered when a second stream of the same length arrives, so that connections
 * whose requests differ pay nothing.
 */
export class RepeatedPairs {
  private bytes: Buffer | null = null;
  private pairs: Variables | null = null;
  private lastSize = 0;

  /** What these bytes say, if they are those remembered. */
  find(bytes: Uint8Array): Variables | null {
    const known = this.bytes;
    if (known === null || known.length !== bytes.length) return null;
    return known.compare(bytes) === 0 ? this.pairs : null;
  }

  /** Considers pairs that came in one piece. */
  learn(bytes: Uint8Array, pairs: Variables): void {
    const repeated = bytes.length === this.lastSize;
    this.lastSize = bytes.length;
    if (!repeated || bytes.length > MAX_SIZE) return;
    this.bytes = Buffer.from(bytes);
    this.pairs = pairs;
  }
}
