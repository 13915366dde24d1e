/**
 * Node's parser and ours, given the same nearly valid requests: they accept and refuse the same, and
 * read the same method, target, version, fields and content, or differences.ts explains the difference.
 *
 * Seeded: `WIZGI_FUZZ_SEED=2 WIZGI_FUZZ=100 npx vitest run test/fuzz/http1-differential.test.ts`.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { compare } from './compare.ts';
import { CLASSES, explain } from './differences.ts';
import { FACTOR } from './effort.ts';
import { Chance, mutate } from './mutate.ts';
import { NodeParser } from './node-parser.ts';
import { ourReading } from './reading.ts';

const SEED = Number(process.env['WIZGI_FUZZ_SEED'] ?? 1);
const ROUNDS = 20_000 * FACTOR;
const MILLISECONDS = 10_000 * FACTOR;
const LONGEST = 2048;

test(
  'Node and we read requests alike, or the difference is explained',
  async () => {
    const node = new NodeParser();
    const inputs = vectors();
    const unexplained: object[] = [];
    const seen = new Set<string>();

    async function look(text: string): Promise<void> {
      const input = Buffer.from(text, 'latin1');
      const difference = compare(text, ourReading(input), await node.read(input));
      if (difference === null) return;
      const explanation = explain(difference);
      if (explanation === null) unexplained.push(difference);
      else seen.add(explanation.id);
    }

    for (const input of inputs) await look(input);
    const chance = new Chance(SEED);
    const end = performance.now() + MILLISECONDS;
    for (let round = 0; round < ROUNDS && performance.now() < end; round++) {
      await look(mutate(chance, inputs));
      if (unexplained.length >= 3) break;
    }
    expect(unexplained).toEqual([]);
    expect(seen.size).toBeGreaterThan(CLASSES.length / 2);
  },
  2 * MILLISECONDS + 10_000,
);

test('every class of differences has its own id', () => {
  expect(new Set(CLASSES.map(({ id }) => id)).size).toBe(CLASSES.length);
});

function vectors(): string[] {
  const directory = new URL('../vectors/http1/requests/', import.meta.url);
  return ['valid/', 'invalid/'].flatMap((kind) => {
    const names = readdirSync(new URL(kind, directory)).sort();
    return names
      .filter((name) => name.endsWith('.http'))
      .map((name) => readFileSync(new URL(kind + name, directory), 'latin1'))
      .filter((text) => text.length <= LONGEST);
  });
}
