import { createReadStream, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { FileWrapper } from './file-wrapper.ts';
import type { FileLike } from './types.ts';

const CONTENT = Buffer.from('0123456789abcdefghijklmnopqrstuvwxyz');

function inMemory(content = CONTENT) {
  let position = 0;
  return {
    read: vi.fn((size: number): Uint8Array => {
      const block = content.subarray(position, position + size);
      position += block.length;
      return block;
    }),
    close: vi.fn(),
  };
}

async function collect(body: Iterable<Uint8Array> | AsyncIterable<Uint8Array>): Promise<string> {
  const blocks: Uint8Array[] = [];
  for await (const block of body) blocks.push(block);
  return Buffer.concat(blocks).toString();
}

describe('FileWrapper over an object with read()', () => {
  it('FW-2 takes a block size, or does without', () => {
    const one = inMemory();
    const two = inMemory();
    expect(Buffer.concat([...new FileWrapper(one)])).toEqual(CONTENT);
    expect([...new FileWrapper(two, 10)].map((block) => block.length)).toEqual([10, 10, 10, 6]);
    expect(one.read).toHaveBeenCalledWith(8192);
    expect(two.read).toHaveBeenCalledWith(10);
    expect(new FileWrapper(inMemory(), 0).blockSize).toBe(8192);
  });

  it('FW-3 reads nothing until it is iterated', () => {
    const file = inMemory();
    const wrapper = new FileWrapper(file);
    wrapper[Symbol.iterator]();
    expect(file.read).not.toHaveBeenCalled();
  });

  it('FW-4 closes the file where the file can be closed', () => {
    const file = inMemory();
    const wrapper = new FileWrapper(file);
    wrapper.close?.();
    expect(file.close).toHaveBeenCalledOnce();
    expect('close' in new FileWrapper({ read: () => new Uint8Array() })).toBe(false);
  });

  it('FW-6 reads until that gives nothing', () => {
    const file = inMemory();
    const wrapper = new FileWrapper(file, 36);
    expect(Symbol.asyncIterator in wrapper).toBe(false);
    expect(wrapper.blocks(null)).toBeNull();
    expect(Buffer.concat([...wrapper])).toEqual(CONTENT);
    expect(file.read).toHaveBeenCalledTimes(2);
  });

  it('refuses what it could not read', () => {
    const files: unknown[] = [{}, null, undefined, { fd: '3' }, { fd: null }, 'path'];
    for (const file of files) {
      expect(() => new FileWrapper(file as FileLike)).toThrow(TypeError);
    }
  });

  it('refuses a stream, whose read() gives nothing at first', () => {
    const stream = createReadStream('/dev/null', { autoClose: true });
    expect(() => new FileWrapper(stream as FileLike)).toThrow(/return the stream itself/);
    stream.destroy();
  });
});

describe('FileWrapper over a descriptor', () => {
  const large = Buffer.alloc(200_000, CONTENT);
  let directory = '';
  let file: FileHandle;

  beforeAll(() => {
    directory = mkdtempSync(join(tmpdir(), 'wizgi-file-'));
    writeFileSync(join(directory, 'small'), CONTENT);
    writeFileSync(join(directory, 'large'), large);
  });
  afterAll(() => rmSync(directory, { recursive: true }));
  beforeEach(async () => {
    file = await open(join(directory, 'small'));
  });
  afterEach(() => file.close().catch(() => undefined));

  const position = async () => (await file.read(Buffer.alloc(1))).buffer.toString();

  it('FW-3 leaves the file alone until it is iterated', async () => {
    const wrapper = new FileWrapper(file);
    const blocks = wrapper.blocks(null);
    await blocks?.return?.();
    expect(await position()).toBe('0');
  });

  it('FW-4 closes the handle', async () => {
    const wrapper = new FileWrapper(file);
    await wrapper.close?.();
    expect(file.fd).toBe(-1);
  });

  it('FW-5 gives the same bytes to the driver and to middleware of either kind', async () => {
    for (const read of [
      (wrapper: FileWrapper) => wrapper,
      (wrapper: FileWrapper) => wrapper.blocks(null) ?? [],
      (wrapper: FileWrapper) => [...wrapper],
    ]) {
      const handle = await open(join(directory, 'large'));
      try {
        expect(await collect(read(new FileWrapper(handle)))).toBe(large.toString());
      } finally {
        await handle.close();
      }
    }
  });

  it('FW-7 begins at the current position and stops at the limit', async () => {
    await file.read(Buffer.alloc(10), 0, 10);
    expect(await collect(new FileWrapper(file).blocks(5) ?? [])).toBe('abcde');
    expect(await position()).toBe('f');
  });

  it('FW-7 stops at the end of the file', async () => {
    await file.read(Buffer.alloc(10), 0, 10);
    const blocks = new FileWrapper(file).blocks(1000) ?? [];
    expect(await collect(blocks)).toBe(CONTENT.subarray(10).toString());
  });

  it('FW-7 reads nothing for a limit of 0', async () => {
    expect(await collect(new FileWrapper(file).blocks(0) ?? [])).toBe('');
    expect(await position()).toBe('0');
  });

  it('FW-7 begins at the current position when iterated synchronously too', async () => {
    await file.read(Buffer.alloc(30), 0, 30);
    const wrapper = new FileWrapper(file, 4);
    expect([...wrapper].map((block) => Buffer.from(block).toString())).toEqual(['uvwx', 'yz']);
  });

  it('FW-10 fails where a read fails, also when that happens between two blocks', async () => {
    const handle = await open(join(directory, 'large'));
    const blocks = new FileWrapper({ fd: handle.fd })[Symbol.asyncIterator]?.();
    expect((await blocks?.next())?.value).toHaveLength(64 * 1024);
    await handle.close();
    const failures: unknown[] = [];
    for (let turn = 0; turn < 3; turn++) {
      await delay(5);
      await blocks?.next().catch((error: unknown) => failures.push(error));
    }
    expect(failures).toEqual([expect.objectContaining({ code: 'EBADF' })]);
  });

  it('FW-10 fails for what is no regular file', async () => {
    const handle = await open(directory);
    try {
      const wrapper = new FileWrapper(handle);
      await expect(collect(wrapper)).rejects.toMatchObject({ code: 'EISDIR' });
      expect(() => [...wrapper]).toThrow(/EISDIR/);
    } finally {
      await handle.close();
    }
  });

  it('reads nothing more from a handle that the application closed', async () => {
    const handle = await open(join(directory, 'large'));
    const blocks = new FileWrapper(handle).blocks(null);
    await blocks?.next();
    await handle.close();
    const other = await open(join(directory, 'small'));
    try {
      const read = collect({ [Symbol.asyncIterator]: () => blocks as AsyncIterator<Uint8Array> });
      await expect(read).rejects.toThrow();
      expect((await other.read(Buffer.alloc(1))).buffer.toString()).toBe('0');
    } finally {
      await other.close();
    }
  });

  it('has no read under way once return() has settled', async () => {
    const handle = await open(join(directory, 'large'));
    const blocks = new FileWrapper(handle).blocks(null);
    await blocks?.next();
    await blocks?.return?.();
    // The block that was sent, and the one read ahead of it.
    const next = await handle.read(Buffer.alloc(4), 0, 4);
    expect(next.buffer).toEqual(large.subarray(2 * 65_536, 2 * 65_536 + 4));
    await handle.close();
  });
});
