import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, ftruncateSync, readdirSync, readlinkSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { expect, it, onTestFinished } from 'vitest';
import { openUnnamed } from '../gateways/unnamed-file.ts';
import { openAnswerFile } from './answer-file.ts';

const SIZE = 200_000;
const CONTENT = Buffer.from(Array.from({ length: SIZE }, (_, at) => (at * 13) >> 4));

/** A file that another process has open as its descriptor 3. */
async function openElsewhere(): Promise<{ pid: number; fd: number }> {
  const fd = openUnnamed(tmpdir(), 'answer-file-test');
  writeSync(fd, CONTENT, 0, SIZE, 0);
  const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], {
    stdio: ['ignore', 'ignore', 'ignore', fd],
  });
  const exited = once(child, 'exit');
  onTestFinished(async () => {
    child.kill('SIGKILL');
    await exited;
    closeSync(fd);
  });
  return { pid: child.pid as number, fd };
}

async function read(blocks: AsyncIterator<Uint8Array>): Promise<Buffer> {
  const all: Uint8Array[] = [];
  for (let step = await blocks.next(); !step.done; step = await blocks.next()) all.push(step.value);
  return Buffer.concat(all);
}

/** Descriptors of this process on such files. */
const openHere = () =>
  readdirSync('/proc/self/fd').filter((fd) => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`).includes('answer-file-test');
    } catch {
      return false;
    }
  }).length;

it.each([
  [0, SIZE],
  [0, 1],
  [12_345, 70_000],
  [SIZE - 1, 1],
  [0, 0],
  [SIZE, 0],
])('reads from byte %i on %i bytes', async (position, size) => {
  const { pid } = await openElsewhere();
  const content = await read(await openAnswerFile(pid, 3, position, size));
  expect(content.equals(CONTENT.subarray(position, position + size))).toBe(true);
});

it('ends early where the file does', async () => {
  const { pid, fd } = await openElsewhere();
  const blocks = await openAnswerFile(pid, 3, 0, SIZE);
  await blocks.next();
  ftruncateSync(fd, 100_000);
  expect((await read(blocks)).length).toBe(100_000 - 65_536);
});

it('closes the file at its end, and when it is left', async () => {
  const { pid } = await openElsewhere();
  const before = openHere();
  await read(await openAnswerFile(pid, 3, 0, SIZE));
  expect(openHere()).toBe(before);
  const left = await openAnswerFile(pid, 3, 0, SIZE);
  await left.next();
  expect(openHere()).toBe(before + 1);
  await left.return?.();
  expect(openHere()).toBe(before);
});

it('fails for what is not open there', async () => {
  const { pid } = await openElsewhere();
  await expect(openAnswerFile(pid, 77, 0, 1)).rejects.toMatchObject({ code: 'ENOENT' });
});

it('a file that was never read from is closed, too', async () => {
  const { pid } = await openElsewhere();
  const before = openHere();
  const blocks = await openAnswerFile(pid, 3, 0, SIZE);
  await blocks.return?.();
  expect(openHere()).toBe(before);
});
