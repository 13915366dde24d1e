import { describe, expect, it } from 'vitest';
import type { Chunk } from '../../src/wsgi/types.ts';
import { answering, answerOf, TEXT, Tracked, thrownBy, yielding } from './apps.ts';
import { errorLines, Gate, type Harness, serving, until } from './harness.ts';

/** (PEP 3333, The write() Callable) */
export function writing(harness: Harness): void {
  describe('write()', () => {
    it('WR-1 takes a byte array or a string, and nothing else', async () => {
      const thrown: unknown[] = [];
      const answer = await answerOf(harness, (_environ, startResponse) => {
        const write = startResponse('200 OK', TEXT) as (chunk?: unknown) => void;
        for (const chunk of [[1], 1, null, {}]) thrown.push(thrownBy(() => write(chunk)));
        thrown.push(thrownBy(() => write()));
        write('é');
        write(Uint8Array.of(0xff));
        return [];
      });
      expect(thrown).toHaveLength(5);
      for (const error of thrown) expect(error).toBeInstanceOf(TypeError);
      expect(answer.body.toString('hex')).toBe('c3a9ff');
    });

    it('WR-2 puts the same content on the wire as yielding does', async () => {
      const blocks: Chunk[] = ['one', '', Buffer.alloc(100_000, 'b'), 'é'];
      const written = await answerOf(harness, (_environ, startResponse) => {
        const write = startResponse('200 OK', TEXT);
        for (const block of blocks) write(block);
        return [];
      });
      const yielded = await answerOf(
        harness,
        answering(() => yielding(...blocks)),
      );
      expect(written.body.equals(yielded.body)).toBe(true);
      expect([...written.headers.keys()]).toEqual([...yielded.headers.keys()]);
    });

    it('WR-3 what was written reaches the client, whatever happens then', async () => {
      const answer = await answerOf(harness, (_environ, startResponse) => {
        startResponse('200 OK', TEXT)('a');
        throw new Error('then');
      });
      expect([answer.body.toString(), answer.complete]).toEqual(['a', false]);
    });

    it('WR-4, WR-6, O29 comes ahead of the iterable, which is treated as ever', async () => {
      const body = new Tracked(['3', '4']);
      const answer = await answerOf(harness, (_environ, startResponse) => {
        const write = startResponse('200 OK', TEXT);
        write('1');
        write('2');
        return body;
      });
      expect(answer.body.toString()).toBe('1234');
      await until(() => body.closes === 1);
    });

    it('WR-5 commits the headers', async () => {
      const original = new Error('original');
      let thrown: unknown;
      const answer = await answerOf(harness, (_environ, startResponse) => {
        startResponse('200 OK', TEXT)('x');
        thrown = thrownBy(() => startResponse('500 Oops', TEXT, original));
        return [];
      });
      expect(thrown).toBe(original);
      expect(answer.status).toBe(200);
    });

    it('WR-7, ASY-24 throws once the iterable was returned; nothing is sent', async () => {
      const thrown: unknown[] = [];
      const answer = await answerOf(harness, (_environ, startResponse) => {
        const write = startResponse('200 OK', TEXT);
        return (function* () {
          thrown.push(thrownBy(() => write('late')));
          yield 'x';
          thrown.push(thrownBy(() => write('later')));
        })();
      });
      expect(thrown).toMatchObject([
        { code: 'write-after-iteration' },
        { code: 'write-after-iteration' },
      ]);
      expect([answer.body.toString(), answer.complete]).toEqual(['x', true]);
    });

    it('ASY-24 an asynchronous application may write between its awaits', async () => {
      const gate = new Gate();
      const served = await serving(harness, async (_environ, startResponse) => {
        const write = startResponse('200 OK', TEXT);
        write('first');
        await gate.opened;
        write('second');
        return ['third'];
      });
      const exchange = served.open();
      expect((await exchange.read())?.toString()).toBe('first');
      gate.open();
      const rest: Buffer[] = [];
      for (let piece = await exchange.read(); piece !== null; piece = await exchange.read()) {
        rest.push(piece);
      }
      expect(Buffer.concat(rest).toString()).toBe('secondthird');
    });

    it('WR-8 throws when the client is gone', async () => {
      let thrown: unknown;
      const served = await serving(harness, async (_environ, startResponse) => {
        const write = startResponse('200 OK', TEXT);
        try {
          for (;;) {
            write('x'.repeat(10_000));
            await new Promise((resolve) => setImmediate(resolve));
          }
        } catch (error) {
          thrown = error;
          throw error;
        }
      });
      const exchange = served.open();
      await exchange.read();
      exchange.leave('reset');
      await until(() => thrown !== undefined);
      expect(thrown).toMatchObject({ code: 'client-gone' });
      expect(errorLines(served)).toEqual([]);
    });

    it('WR-9 its promise may be ignored, though the client leaves', async () => {
      const promises: (void | Promise<void>)[] = [];
      const unhandled: unknown[] = [];
      const note = (reason: unknown) => unhandled.push(reason);
      process.on('unhandledRejection', note);
      let gone = false;
      const served = await serving(harness, async (environ, startResponse) => {
        environ['wizgi.signal']?.addEventListener('abort', () => {
          gone = true;
        });
        const write = startResponse('200 OK', TEXT);
        for (let count = 0; count < 64; count++) promises.push(write(Buffer.alloc(1024 * 1024)));
        await new Promise<void>((resolve) => {
          environ['wizgi.signal']?.addEventListener('abort', () => resolve());
        });
        return [];
      });
      const exchange = served.open();
      await exchange.head();
      exchange.leave('reset');
      await until(() => gone);
      await new Promise((resolve) => setTimeout(resolve, 5));
      process.off('unhandledRejection', note);
      expect(promises.at(-1)).toBeInstanceOf(Promise);
      await expect(promises.at(-1)).rejects.toMatchObject({ code: 'client-gone' });
      expect(unhandled).toEqual([]);
    });
  });
}
