import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { byteLength, coalesce, encode } from './blocks.ts';
import type { Chunk } from './types.ts';

const chunk: fc.Arbitrary<Chunk> = fc.oneof(fc.string({ unit: 'grapheme' }), fc.uint8Array());
const joined = (chunks: Iterable<Chunk>) => Buffer.concat([...chunks].map(encode));

describe('byteLength', () => {
  it('counts the bytes that encode() gives', () => {
    expect(byteLength('\u20ac')).toBe(3);
    expect(byteLength('\ud800')).toBe(3);
    fc.assert(
      fc.property(chunk, (block) => {
        expect(byteLength(block)).toBe(encode(block).byteLength);
      }),
    );
  });

  it('refuses what is no block, and names it', () => {
    expect(() => byteLength(null)).toThrow('gave null as a block');
    expect(() => byteLength(undefined)).toThrow('gave undefined as a block');
    for (const value of [1, {}, [], ['a'], new ArrayBuffer(1), new Uint16Array(1)]) {
      expect(() => byteLength(value)).toThrow(TypeError);
    }
  });
});

describe('coalesce', () => {
  it('keeps the bytes and their order, in fewer blocks, none of them empty', () => {
    fc.assert(
      fc.property(fc.array(chunk), (chunks) => {
        const result = [...coalesce(chunks)];
        expect(Buffer.compare(joined(result), joined(chunks))).toBe(0);
        expect(result.length).toBeLessThanOrEqual(1);
        expect(result.every((block) => byteLength(block) > 0)).toBe(true);
      }),
    );
  });

  it('keeps strings a string and a single array the same array', () => {
    expect([...coalesce(['a', '', '\u20ac'])]).toEqual(['a\u20ac']);
    const only = Uint8Array.of(1, 2);
    expect([...coalesce(['', only])][0]).toBe(only);
    expect([...coalesce([])]).toEqual([]);
    expect([...coalesce(['', new Uint8Array()])]).toEqual([]);
  });

  it('gives a block on as soon as it is large', () => {
    const large = Buffer.alloc(64 * 1024, 'x');
    const half = Buffer.alloc(40 * 1024, 'y');
    const result = [...coalesce([large, half, 'z', half, 'end'])];
    expect(result.map(byteLength)).toEqual([65_536, 81_921, 3]);
    expect(result[0]).toBe(large);
  });

  it('gives what is no block as it is, ahead of what it joined', () => {
    const blocks = coalesce(['a', 7, 'b']);
    expect(blocks.next().value).toBe(7);
    expect(() => byteLength([...coalesce(['a', null])][0])).toThrow(TypeError);
    const sparse: unknown[] = [];
    sparse[1] = 'a';
    expect([...coalesce(sparse)]).toEqual([undefined, 'a']);
  });
});
