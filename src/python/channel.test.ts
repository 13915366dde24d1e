import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { Channel, type Take } from './channel.ts';

const ends: (() => void)[] = [];

afterEach(() => {
  for (const end of ends.splice(0)) end();
});

/** A channel, and its other end. */
async function open(take: Take, alter: (socket: Socket) => void = () => undefined) {
  const directory = mkdtempSync(join(tmpdir(), 'wizgi-channel-'));
  const server = createServer().listen(join(directory, 'socket'));
  await once(server, 'listening');
  const other = connect(join(directory, 'socket'));
  const [socket] = (await once(server, 'connection')) as [Socket];
  alter(socket);
  const channel = new Channel(socket, take);
  ends.push(() => {
    channel.destroy();
    other.destroy();
    server.close();
    rmSync(directory, { recursive: true });
  });
  return { channel, other };
}

describe('Channel', () => {
  it('reads into the same memory while it may', async () => {
    const seen: { memory: ArrayBufferLike; text: string }[] = [];
    const { other } = await open((data) => {
      seen.push({ memory: data.buffer, text: data.toString() });
      return true;
    });
    for (const text of ['one', 'two', 'three']) {
      const count = seen.length;
      other.write(text);
      await expect.poll(() => seen.length).toBe(count + 1);
    }
    expect(seen.map(({ text }) => text)).toEqual(['one', 'two', 'three']);
    expect(new Set(seen.map(({ memory }) => memory)).size).toBe(1);
  });

  it('leaves what is still needed alone', async () => {
    const kept: Buffer[] = [];
    const { other } = await open((data) => {
      kept.push(data);
      return false;
    });
    for (const text of ['one', 'two', 'three']) {
      const count = kept.length;
      other.write(text);
      await expect.poll(() => kept.length).toBe(count + 1);
    }
    expect(kept.map(String)).toEqual(['one', 'two', 'three']);
  });

  it.each([
    ['in place', () => undefined],
    [
      'where sockets have no handles that can',
      (socket: Socket) => {
        const { _handle: handle } = socket as unknown as { _handle: { useUserBuffer: unknown } };
        handle.useUserBuffer = undefined;
      },
    ],
  ])('reads and writes %s, to the end', async (_where, alter: (socket: Socket) => void) => {
    let received = '';
    let sent = '';
    const { channel, other } = await open((data) => {
      received += data.toString('latin1');
      return true;
    }, alter);
    other.on('data', (data) => {
      sent += data.toString('latin1');
    });
    channel.write(['one ']);
    channel.write(['t\xe4o ', Buffer.from('three')]);
    const long = 'x'.repeat(3_000_000);
    other.write(long);
    await expect.poll(() => [sent, received.length]).toEqual(['one t\xe4o three', long.length]);
    other.end('last');
    await channel.closed;
    expect(received === `${long}last`).toBe(true);
    channel.write(['to nobody']);
  });

  it('closes when the other end breaks off, and when it is destroyed', async () => {
    const first = await open(() => true);
    first.other.destroy();
    await first.channel.closed;
    const second = await open(() => true);
    second.channel.destroy();
    await second.channel.closed;
    await once(second.other, 'close');
  });
});
