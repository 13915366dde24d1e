import fc from 'fast-check';
import { expect, it } from 'vitest';
import { DEFAULT_META_LIMITS } from '../cgi/limits.ts';
import type { Variables } from '../cgi/variables.ts';
import { pairText } from './pair-layout.ts';
import { PairDecoder } from './pairs.ts';
import { RepeatedPairs } from './repeated-pairs.ts';

const bytesOf = (pairs: readonly (readonly [string, string])[]) =>
  Buffer.from(pairs.map(([name, value]) => pairText(name, value)).join(''), 'latin1');

function decode(pieces: readonly Buffer[], repeated: RepeatedPairs | null): Variables {
  const decoder = new PairDecoder(DEFAULT_META_LIMITS, repeated);
  for (const piece of pieces) decoder.push(piece);
  return decoder.end();
}

it('remembers the pairs that come a second time, and what is remembered is not read again', () => {
  const repeated = new RepeatedPairs();
  const bytes = bytesOf([['A', 'b']]);
  const [first, second, third] = [1, 2, 3].map(() => decode([bytes], repeated));
  expect(first).toEqual({ names: ['A'], values: ['b'] });
  expect(third).toBe(second);
  expect(second).not.toBe(first);
  expect(decode([bytesOf([['A', 'c']])], repeated).values).toEqual(['c']);
});

it('adds what follows to a copy', () => {
  const repeated = new RepeatedPairs();
  const [one, other] = [bytesOf([['A', 'b']]), bytesOf([['C', 'd']])];
  for (let times = 0; times < 3; times++) decode([one], repeated);
  expect(decode([one, other], repeated)).toEqual({ names: ['A', 'C'], values: ['b', 'd'] });
  expect(decode([one], repeated)).toEqual({ names: ['A'], values: ['b'] });
});

it('reads of pairs that are nearly the same what differs, and names all of them anew if a name does', () => {
  const repeated = new RepeatedPairs();
  const stream = (path: string, port: string, name = 'PORT') =>
    bytesOf([
      ['PATH', path],
      ['', ''],
      [name, port],
    ]);
  const [, known] = ['1', '2'].map((port) => decode([stream('/a', port)], repeated));
  const other = decode([stream('/b', '3')], repeated);
  expect(other).toEqual({ names: ['PATH', '', 'PORT'], values: ['/b', '', '3'] });
  expect(other.names).toBe(known?.names);
  expect(decode([stream('/a', '2', 'PART')], repeated).names).toEqual(['PATH', '', 'PART']);
  expect(decode([stream('/', '12')], repeated).values).toEqual(['/', '', '12']);
});

it('makes no difference', () => {
  const pair = fc.tuple(
    fc.constantFrom('', 'A', 'B', 'BC'),
    fc.constantFrom('', 'd', 'e', 'x'.repeat(130), 'y'.repeat(130)),
  );
  const stream = fc.array(fc.array(pair, { maxLength: 3 }).map(bytesOf), { maxLength: 2 });
  fc.assert(
    fc.property(fc.array(stream, { minLength: 1, maxLength: 12 }), (streams) => {
      const repeated = new RepeatedPairs();
      for (const pieces of streams) {
        expect(decode(pieces, repeated)).toEqual(decode(pieces, null));
      }
    }),
  );
});
