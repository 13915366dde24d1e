/** A disk that is full. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished, type TestContext } from 'vitest';
import { get, until } from '../../http/kit.ts';
import { stage } from './kit.ts';

/** A directory with room for so many bytes; skips the test where none can be made. */
function smallDisk(size: number, context: TestContext): string {
  const directory = mkdtempSync(join(tmpdir(), 'wizgi-disk-'));
  onTestFinished(() => rmdirSync(directory));
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${size}`, 'tmpfs', directory], {
      stdio: 'ignore',
    });
  } catch {
    context.skip('no file system may be mounted here: run as root to test full disks');
  }
  onTestFinished(() => {
    execFileSync('umount', ['--lazy', directory]);
  });
  return directory;
}

const SMALL = 256 * 1024;

/** Has an answer of 16 MiB put aside on a disk of so many bytes. */
async function putAside(room: number, context: TestContext) {
  const spoolDirectory = smallDisk(room, context);
  const scene = await stage(context, 'faulty', { spoolDirectory, timeout: 20 });
  const slow = await scene.server.client();
  slow.socket.pause();
  slow.send(get('/large'));
  await until('the answer to begin', () => slow.socket.bytesWritten > 0);
  // Needs the worker, so the rest of the first answer is put aside.
  expect((await scene.get('/pid')).status).toBe(200);
  slow.socket.resume();
  return { scene, answer: await slow.answer() };
}

describe('a full disk', () => {
  it('for request bodies: 507, and the next ones are served', async (context) => {
    const spoolDirectory = smallDisk(SMALL, context);
    const scene = await stage(context, 'faulty', { server: { spoolDirectory } });
    for (let round = 0; round < 2; round++) {
      const client = await scene.server.client();
      client.send(`POST /size HTTP/1.1\r\nHost: a\r\nContent-Length: 2000000\r\n\r\n`);
      client.send('x'.repeat(2_000_000));
      expect((await client.answer()).status).toBe(507);
      const small = await scene.server.client();
      small.send(`POST /size HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\n`);
      small.send('x'.repeat(100_000));
      expect(await small.answer()).toMatchObject({ status: 200, body: '100000' });
    }
    expect(scene.served).toHaveLength(1);
  });

  it('for answers that are put aside: cut, and others are served', async (context) => {
    const { scene, answer } = await putAside(SMALL, context);
    expect(answer).toMatchObject({ status: 200, complete: false });
    expect(answer.body.length).toBeLessThan(16 * 1024 * 1024);
    expect((await scene.get('/pid')).status).toBe(200);
    expect(scene.served).toHaveLength(1);
  });

  it('with room enough, such an answer is whole', async (context) => {
    const { answer } = await putAside(64 * 1024 * 1024, context);
    expect(answer).toMatchObject({ status: 200, complete: true });
    expect(answer.body).toHaveLength(16 * 1024 * 1024);
  });
});
