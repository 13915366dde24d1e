import { expect, it } from 'vitest';
import { Input, type InputSource, MemorySource } from '../wsgi/input.ts';
import type { AsyncInputStream, Environ } from '../wsgi/types.ts';
import { type RequestContent, requestContent } from './content.ts';

const KIB = 1024;

function environ(entries: Readonly<Record<string, unknown>>): Environ {
  return entries as unknown as Environ;
}

function contentOf(size: number, blockSize = 10_000): RequestContent {
  const data = Buffer.alloc(size, 'x');
  const blocks: Buffer[] = [];
  for (let at = 0; at < size; at += blockSize) blocks.push(data.subarray(at, at + blockSize));
  return requestContent(environ({ 'wsgi.input': new Input(new MemorySource(blocks)) }));
}

async function sizes({ first, more }: RequestContent): Promise<number[]> {
  const all = [first.length];
  for (let block = await more?.(); block !== undefined; block = await more?.()) {
    all.push(block.length);
    if (block.length === 0) break;
  }
  return all;
}

it.each([
  [0, [0]],
  [1, [1]],
  [64 * KIB - 1, [64 * KIB - 1]],
  [64 * KIB, [64 * KIB, 0]],
  [64 * KIB + 1, [64 * KIB, 1, 0]],
  [200 * KIB, [64 * KIB, 64 * KIB, 64 * KIB, 8 * KIB, 0]],
])('cuts %i bytes to %j', async (size, blocks) => {
  expect(await sizes(contentOf(size))).toEqual(blocks);
});

it('takes what arrives as it comes, and asks for nothing before it is asked', async () => {
  let asked = 0;
  const arriving = {
    async *[Symbol.asyncIterator]() {
      for (const text of ['a', 'bc']) {
        asked++;
        yield Buffer.from(text);
      }
    },
  } as unknown as AsyncInputStream;
  const content = requestContent(environ({ 'wizgi.streaming': true, 'wizgi.input': arriving }));
  expect([content.first.length, asked]).toEqual([0, 0]);
  expect(await sizes(content)).toEqual([0, 1, 2, 0]);
});

it('passes on why content is incomplete', async () => {
  const cut: InputSource = {
    next: () => {
      throw new Error('cut');
    },
    arrival: () => Promise.resolve(),
  };
  expect(() => requestContent(environ({ 'wsgi.input': new Input(cut) }))).toThrow('cut');
});

it('takes the input that middleware put into place', () => {
  const replaced = { 'wsgi.input': Input.of(Buffer.from('replaced')), 'wizgi.streaming': false };
  expect(Buffer.from(requestContent(environ(replaced)).first).toString()).toBe('replaced');
});
