import { closeSync, openSync, readSync, truncateSync, writeFileSync } from 'node:fs';
import { mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { FileWrapper } from '../../src/wsgi/file-wrapper.ts';
import type { Application, Body, FileLike, HeaderList } from '../../src/wsgi/types.ts';
import { answerOf, TEXT, thrownBy } from './apps.ts';
import { errorLines, type Harness, itNeeds, serving, until } from './harness.ts';

/** A file of this content, gone after the test. */
async function fileOf(content: string | Uint8Array): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'wizgi-file-'));
  onTestFinished(() => rm(directory, { recursive: true }));
  const path = join(directory, 'file');
  writeFileSync(path, content);
  return path;
}

function sending(
  file: () => FileLike,
  headers: HeaderList = TEXT,
  status = '200 OK',
  ...size: number[]
): Application {
  return (environ, startResponse) => {
    startResponse(status, headers);
    return environ['wsgi.file_wrapper']?.(file(), ...size) as Body;
  };
}

/** An in-memory file. */
function memory(content: string, sizes: number[] = []) {
  let position = 0;
  return {
    closes: 0,
    read(size: number) {
      sizes.push(size);
      const block = Buffer.from(content).subarray(position, position + size);
      position += block.length;
      return block;
    },
    close() {
      this.closes++;
    },
  };
}

/** (PEP 3333, Optional Platform-Specific File Handling) */
export function fileWrapping(harness: Harness): void {
  const asIs = itNeeds(harness, 'asIs');

  describe('wsgi.file_wrapper', () => {
    it('FW-1 an application can do without it', async () => {
      const answer = await answerOf(harness, (environ, startResponse) => {
        delete environ['wsgi.file_wrapper'];
        startResponse('200 OK', TEXT);
        const wrap = environ['wsgi.file_wrapper'] ?? ((file) => new FileWrapper(file));
        return wrap(memory('content'));
      });
      expect(answer.body.toString()).toBe('content');
    });

    it('FW-2, FW-6 reads anything with read(), by the given size', async () => {
      for (const [size, expected] of [
        [[], 8192],
        [[3], 3],
      ] as const) {
        const sizes: number[] = [];
        const app = sending(() => memory('content', sizes), TEXT, '200 OK', ...size);
        expect((await answerOf(harness, app)).body.toString()).toBe('content');
        expect(new Set(sizes)).toEqual(new Set([expected]));
      }
    });

    it('FW-3 does nothing until it is returned', async () => {
      const sizes: number[] = [];
      const answer = await answerOf(harness, (environ, startResponse) => {
        startResponse('200 OK', TEXT);
        environ['wsgi.file_wrapper']?.(memory('content', sizes));
        return ['other'];
      });
      expect([answer.body.toString(), sizes]).toEqual(['other', []]);
    });

    it('FW-4 closes the file, if that can be closed', async () => {
      const file = memory('content');
      await answerOf(
        harness,
        sending(() => file),
      );
      await until(() => file.closes > 0);
      expect(file.closes).toBe(1);
      expect('close' in new FileWrapper({ read: () => Buffer.alloc(0) })).toBe(false);
    });

    it('FW-5, FW-6 a file with a descriptor is sent whole, and its handle closed', async () => {
      const content = Buffer.alloc(300_000, 'file ');
      const path = await fileOf(content);
      let closed = false;
      const served = await serving(harness, async (environ, startResponse) => {
        const handle = await open(path);
        startResponse('200 OK', [['Content-Length', String(content.length)]]);
        const close = async () => {
          await handle.close();
          closed = true;
        };
        return environ['wsgi.file_wrapper']?.({ fd: handle.fd, close }) as Body;
      });
      expect((await served.request()).body.equals(content)).toBe(true);
      await until(() => closed);
    });

    asIs('FW-7 begins at the current position and stops at Content-Length', async () => {
      const path = await fileOf('0123456789abcdefghij');
      const fd = openSync(path, 'r');
      readSync(fd, Buffer.alloc(10), 0, 10, null);
      const served = await serving(
        harness,
        sending(() => ({ fd, close: () => closeSync(fd) }), [['Content-Length', '5']]),
      );
      const answer = await served.request();
      expect([answer.body.toString(), answer.complete]).toEqual(['abcde', true]);
      expect(errorLines(served)).toEqual([]);
    });

    asIs('FW-7 also for an object with read()', async () => {
      const sizes: number[] = [];
      const served = await serving(
        harness,
        sending(() => memory('0123456789', sizes), [['Content-Length', '5']], '200 OK', 4),
      );
      expect((await served.request()).body.toString()).toBe('01234');
      expect([sizes, errorLines(served)]).toEqual([[4, 1], []]);
    });

    asIs('FW-7 also when some was written before', async () => {
      const path = await fileOf('0123456789');
      const fd = openSync(path, 'r');
      const served = await serving(harness, (environ, startResponse) => {
        startResponse('200 OK', [['Content-Length', '5']])('ab');
        return environ['wsgi.file_wrapper']?.({ fd, close: () => closeSync(fd) }) as Body;
      });
      expect((await served.request()).body.toString()).toBe('ab012');
      expect(errorLines(served)).toEqual([]);
    });

    it('FW-8 a file whose length was not declared is complete', async () => {
      const answer = await answerOf(
        harness,
        sending(() => memory('x'.repeat(20_000))),
      );
      expect([answer.body.length, answer.complete]).toEqual([20_000, true]);
      expect(answer.headers.get('Content-Length') ?? '20000').toBe('20000');
    });

    asIs('FW-9 a file is not read for HEAD or 304', async () => {
      for (const [method, status] of [
        ['HEAD', '200 OK'],
        ['GET', '304 Not Modified'],
      ] as const) {
        const sizes: number[] = [];
        const file = memory('content', sizes);
        const served = await serving(
          harness,
          sending(() => file, [['Content-Length', '7']], status),
        );
        const answer = await served.request({ method });
        expect([answer.body.length, answer.headers.get('Content-Length')]).toEqual([0, '7']);
        await until(() => file.closes > 0);
        expect([sizes, file.closes]).toEqual([[], 1]);
      }
    });

    it('FW-10, O39 a file that turns out shorter cuts the answer', async () => {
      const path = await fileOf(Buffer.alloc(200_000));
      const fd = openSync(path, 'r');
      const served = await serving(
        harness,
        sending(() => ({ fd, close: () => closeSync(fd) }), [['Content-Length', '200000']]),
      );
      truncateSync(path, 100_000);
      const answer = await served.request();
      expect([answer.body.length, answer.complete]).toEqual([100_000, false]);
      await until(() => errorLines(served).length > 0);
      expect(errorLines(served)).toMatchObject([{ fields: { code: 'short-body' } }]);
    });

    it('FW-10, O39 a read error mid-file cuts the answer', async () => {
      const file = memory('x'.repeat(20_000));
      let reads = 0;
      const failing: FileLike = {
        read: (size) => {
          if (reads++ === 1) throw new Error('EIO');
          return file.read(size);
        },
      };
      const answer = await answerOf(
        harness,
        sending(() => failing),
      );
      expect([answer.body.length, answer.complete]).toEqual([8192, false]);
    });

    it('O39 a closed descriptor gives 500', async () => {
      const fd = openSync(await fileOf('x'), 'r');
      closeSync(fd);
      const served = await serving(
        harness,
        sending(() => ({ fd: 99_999 })),
      );
      expect((await served.request()).status).toBe(500);
    });

    it('EXT-1 what is no file is refused', () => {
      for (const foreign of [{}, null, 'text', { read: 1 }]) {
        expect(thrownBy(() => new FileWrapper(foreign as FileLike))).toBeInstanceOf(TypeError);
      }
    });
  });
}
