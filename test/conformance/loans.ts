import { describe, expect, it } from 'vitest';
import { Lender, LentStep, type Loan } from '../../src/wsgi/loan.ts';
import type { Chunk } from '../../src/wsgi/types.ts';
import { answering } from './apps.ts';
import { type Harness, itNeeds, quiet, serving } from './harness.ts';

const LARGEST = 65_536;
const SIZES = [LARGEST, 20_000, 1, LARGEST, 9_000, 300, LARGEST];
/** More than a transport takes from who does not wait for the client. */
const BLOCKS = 350;

/** What the content repeats: no multiple of any block, so that each place of a block shows. */
const PERIOD = 65_521;
const pattern = Buffer.from(
  Array.from({ length: PERIOD + LARGEST }, (_, at) => ((at % PERIOD) * 31) >> 4),
);

/** Content whose blocks all stand in the same memory, which is filled anew when one is asked for. */
class Lent extends Lender implements AsyncIterable<Chunk> {
  lent = false;
  private readonly memory = Buffer.alloc(LARGEST);
  private blocks = 0;
  private at = 0;

  lend(): Loan {
    this.lent = true;
    const pending = new LentStep();
    const next = () => {
      this.memory.fill(0xee);
      // Some blocks are there when they are asked for, others are not.
      if (this.blocks % 3 === 0) return this.step();
      setImmediate(() => pending.resolve(this.step()));
      return pending;
    };
    return { next };
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Chunk> {
    for (let step = this.step(); !step.done; step = this.step()) yield Buffer.from(step.value);
  }

  private step(): IteratorResult<Buffer> {
    if (this.blocks === BLOCKS) return { done: true, value: undefined };
    const size = SIZES[this.blocks++ % SIZES.length] as number;
    const value = this.memory.subarray(0, size);
    pattern.copy(value, 0, this.at % PERIOD);
    this.at += size;
    return { done: false, value };
  }
}

/** Where content is not what was given; -1 if nowhere. */
function firstDamage(content: Buffer): number {
  for (let at = 0; at < content.length; at += PERIOD) {
    const part = content.subarray(at, at + PERIOD);
    if (!part.equals(pattern.subarray(0, part.length))) return at;
  }
  return -1;
}

/** Blocks that are lent are not kept by who borrows them. */
export function lentBlocks(harness: Harness): void {
  describe('blocks in memory that is filled anew', () => {
    it('arrive as they were, where a client reads late', async () => {
      const served = await serving(
        harness,
        answering(() => new Lent()),
      );
      const exchange = served.open();
      await exchange.head();
      // Time for what must not happen: to go on as if all that was written were sent.
      await quiet();
      const pieces: Buffer[] = [];
      for (let piece = await exchange.read(); piece !== null; piece = await exchange.read()) {
        pieces.push(Buffer.from(piece));
      }
      const content = Buffer.concat(pieces);
      const round = SIZES.reduce((sum, size) => sum + size);
      expect(content.length).toBe((round * BLOCKS) / SIZES.length);
      expect(firstDamage(content)).toBe(-1);
    });

    itNeeds(
      harness,
      'server',
      'asIs',
    )('are borrowed by gateways with a transport', async () => {
      const body = new Lent();
      const served = await serving(
        harness,
        answering(() => body),
      );
      await served.request();
      expect(body.lent).toBe(true);
    });
  });
}
