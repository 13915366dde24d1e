import { openSync, readdirSync, readlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { AnswerSpool } from './answer-spool.ts';

/** Files that this process has open for answers. */
function openFiles(): number {
  return readdirSync('/proc/self/fd').filter((fd) => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`).includes('wizgi-answer-');
    } catch {
      return false;
    }
  }).length;
}

/** Content that shows where in the stream it belongs. */
function numbered(start: number, size: number): Buffer {
  const data = Buffer.alloc(size);
  for (let at = 0; at < size; at++) data[at] = ((start + at) * 31) >> 3;
  return data;
}

/** Pushes sizes of blocks; 0 stands for one take, which goes on while more is pushed. */
const steps = fc.array(
  fc.oneof(
    { weight: 2, arbitrary: fc.integer({ min: 1, max: 3000 }) },
    { weight: 1, arbitrary: fc.integer({ min: 60_000, max: 140_000 }) },
    { weight: 3, arbitrary: fc.constant(0) },
  ),
  { maxLength: 40 },
);

it('gives what it was given, in order, while more comes', async () => {
  await fc.assert(
    fc.asyncProperty(steps, async (list) => {
      const spool = new AnswerSpool(tmpdir());
      let pushed = 0;
      let taken = 0;
      let taking: Promise<void> | null = null;
      const take = async () => {
        const block = await spool.take();
        expect(block.length).toBeGreaterThan(0);
        expect(block.equals(numbered(taken, block.length))).toBe(true);
        taken += block.length;
      };
      for (const step of list) {
        if (step > 0) {
          spool.push(numbered(pushed, step));
          pushed += step;
        } else {
          await taking;
          taking = spool.empty ? null : take();
        }
      }
      await taking;
      while (!spool.empty) await take();
      spool.dispose();
      expect(taken).toBe(pushed);
    }),
    { numRuns: 60 },
  );
});

it('never gives what an earlier answer part left in the file', async () => {
  // The file is used from its start again once it is empty; what is there then is old.
  const spool = new AnswerSpool(tmpdir());
  for (let round = 0; round < 200; round++) {
    const blocks = ['a', 'b', 'c', 'd'].map((letter) => Buffer.from(letter.repeat(16_000 + round)));
    const expected = Buffer.concat(blocks).toString();
    spool.push(blocks[0] as Buffer);
    let text = '';
    const first = spool.take();
    for (const block of blocks.slice(1)) spool.push(block);
    text += await first;
    while (!spool.empty) text += await spool.take();
    expect(text === expected).toBe(true);
  }
  spool.dispose();
});

it('tells whoever takes that the disk is full', async () => {
  const spool = new AnswerSpool(tmpdir());
  Object.assign(spool, { fd: openSync('/dev/full', 'r+') });
  spool.push(Buffer.from('lost'));
  await expect(spool.take()).rejects.toMatchObject({ code: 'ENOSPC' });
  spool.push(Buffer.from('lost, too'));
  await expect(spool.take()).rejects.toMatchObject({ code: 'ENOSPC' });
  spool.dispose();
});

it('fails where no file can be made', () => {
  expect(() => new AnswerSpool('/proc')).toThrow(/ENOENT/);
});

it('leaves no file behind, whatever is under way', async () => {
  const before = openFiles();
  const spools = Array.from({ length: 5 }, () => new AnswerSpool(tmpdir()));
  expect(openFiles()).toBe(before + 5);
  const takes = spools.map((spool) => {
    for (let count = 0; count < 20; count++) spool.push(Buffer.alloc(100_000));
    return spool.take().catch(() => undefined);
  });
  for (const spool of spools) {
    spool.dispose();
    spool.dispose();
  }
  await Promise.all(takes);
  while (openFiles() > before) await delay(2);
});
