import { expect, test } from 'vitest';
import { processorTime } from '../../test/processor-time.ts';
import { InputBuffer } from './input-buffer.ts';

const text = (bytes: Uint8Array) => Buffer.from(bytes).toString('latin1');

test('uses a chunk in place when nothing is left over', () => {
  const input = new InputBuffer();
  const chunk = Buffer.from('abc');
  input.push(chunk);
  expect(input.bytes).toBe(chunk);
  expect(text(input.take(2))).toBe('ab');
  expect(input.length).toBe(1);
  expect(text(input.take(9))).toBe('c');
  const second = Buffer.from('d');
  input.push(second);
  expect(input.bytes).toBe(second);
});

test('joins what is left over with what comes', () => {
  const input = new InputBuffer();
  input.push(Buffer.from('abc'));
  input.take(1);
  input.push(Buffer.from('de'));
  input.push(Buffer.from('f'));
  expect(input.length).toBe(5);
  expect(text(input.take(5))).toBe('bcdef');
});

test('never writes into a chunk, nor into bytes it gave away', () => {
  const input = new InputBuffer();
  const slab = Buffer.from('abcdefgh');
  input.push(slab.subarray(0, 3));
  input.push(Buffer.from('XY'));
  const taken = input.take(4);
  input.push(Buffer.from('Z'));
  input.push(Buffer.alloc(5000, 'w'));
  expect(text(slab)).toBe('abcdefgh');
  expect(text(taken)).toBe('abcX');
  expect(text(input.take(2))).toBe('YZ');
});

test('appends byte by byte in linear time', () => {
  const input = new InputBuffer();
  const byte = Buffer.from('a');
  const seconds = processorTime(() => {
    for (let count = 0; count < 1_000_000; count++) input.push(byte);
  });
  expect(seconds).toBeLessThan(2);
  expect(input.length).toBe(1_000_000);
});

test('takes nothing from nothing', () => {
  const input = new InputBuffer();
  expect(input.take(5)).toHaveLength(0);
});

test('lets go of what was used up, and of nothing else', () => {
  const input = new InputBuffer();
  input.push(Buffer.from('abc'));
  input.take(2);
  input.forget();
  expect(text(input.take(1))).toBe('c');
  input.forget();
  expect(input.bytes.length).toBe(0);
  input.push(Buffer.from('d'));
  expect(text(input.take(1))).toBe('d');
});
