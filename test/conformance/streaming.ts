import { describe, expect, it } from 'vitest';
import type { Application } from '../../src/wsgi/types.ts';
import { answering, answerOf, endless, TEXT, Tracked, yielding } from './apps.ts';
import { Gate, type Harness, itNeeds, quiet, serving, until } from './harness.ts';

/** (PEP 3333, Buffering and Streaming; Middleware Handling of Block Boundaries) */
export function streamingAnswers(harness: Harness): void {
  describe('buffering and streaming', () => {
    it('STR-1 a block is on its way before the next is waited for', async () => {
      const gate = new Gate();
      const served = await serving(
        harness,
        answering(() =>
          (async function* () {
            yield 'first';
            await gate.opened;
            yield 'second';
          })(),
        ),
      );
      const exchange = served.open();
      expect((await exchange.read())?.toString()).toBe('first');
      gate.open();
      expect((await exchange.read())?.toString()).toBe('second');
      expect(await exchange.read()).toBeNull();
    });

    it('STR-2 small blocks are not held back', async () => {
      let next = new Gate();
      const served = await serving(
        harness,
        answering(() =>
          (async function* () {
            for (let count = 0; count < 20; count++) {
              yield 'x';
              await next.opened;
              next = new Gate();
            }
          })(),
        ),
      );
      const exchange = served.open();
      await exchange.head();
      const times: number[] = [];
      for (let count = 0; count < 20; count++) {
        const started = performance.now();
        expect((await exchange.read())?.toString()).toBe('x');
        times.push(performance.now() - started);
        next.open();
      }
      times.sort((one, other) => one - other);
      // Nagle's algorithm against delayed acknowledgements would cost 40 ms for each block.
      expect(times[10]).toBeLessThan(38);
    });

    itNeeds(
      harness,
      'http1',
      'direct',
    )('STR-3 each block is a chunk of its own', async () => {
      const served = await serving(
        harness,
        answering(() => yielding('a', 'bb', Buffer.alloc(70_000))),
      );
      const connection = await served.connect();
      connection.send('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
      const { pieces } = await connection.readAnswer();
      expect(pieces.map(({ length }) => length)).toEqual([1, 2, 70_000]);
    });

    itNeeds(harness, 'server')(
      'STR-4, ASY-13, ASY-25 a client that does not read stops the application',
      async () => {
        const block = Buffer.alloc(1024 * 1024);
        let asynchronous = 0;
        let written = 0;
        const bodies: Record<string, Tracked> = {};
        const app: Application = async (environ, startResponse) => {
          const write = startResponse('200 OK', TEXT);
          if (environ.PATH_INFO === '/write') {
            for (; written < 1000; written++) await write(block);
          }
          if (environ.PATH_INFO === '/sync') {
            bodies['sync'] = new Tracked(endless(block));
            return bodies['sync'];
          }
          return (async function* () {
            for (; asynchronous < 1000; asynchronous++) yield block;
          })();
        };
        const served = await serving(harness, app);
        const exchanges = ['/sync', '/async', '/write'].map((target) => served.open({ target }));
        for (const exchange of exchanges) await exchange.head();
        const before = process.memoryUsage().arrayBuffers;
        await quiet(200);
        expect(bodies['sync']?.pulls).toBeLessThan(40);
        expect(asynchronous).toBeLessThan(40);
        expect(written).toBeLessThan(40);
        expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(64 * 1024 * 1024);
        for (const exchange of exchanges) exchange.leave('reset');
      },
    );

    it('STR-5 a large block arrives whole and in order', async () => {
      const block = Buffer.alloc(3_000_001);
      for (let offset = 0; offset + 4 <= block.length; offset += 4)
        block.writeUInt32LE(offset, offset);
      const answer = await answerOf(
        harness,
        answering(() => yielding('start', block, 'end')),
      );
      expect(
        answer.body.equals(Buffer.concat([Buffer.from('start'), block, Buffer.from('end')])),
      ).toBe(true);
    });

    it('STR-7 empty blocks commit nothing', async () => {
      const answer = await answerOf(
        harness,
        answering(() =>
          (function* () {
            for (let count = 0; count < 5; count++) yield '';
            throw new Error('after all');
          })(),
        ),
      );
      expect([answer.status, answer.complete]).toEqual([500, true]);
    });

    it('STR-8 an application may fill its block anew for the next one', async () => {
      const size = 1024 * 1024;
      const served = await serving(
        harness,
        answering(() =>
          (function* () {
            const block = Buffer.alloc(size);
            for (let count = 0; count < 10; count++) yield block.fill(65 + count);
          })(),
        ),
      );
      const exchange = served.open();
      await exchange.head();
      await quiet(30);
      const pieces: Buffer[] = [];
      for (let piece = await exchange.read(); piece !== null; piece = await exchange.read()) {
        pieces.push(piece);
      }
      const all = Buffer.concat(pieces);
      expect(all.length).toBe(10 * size);
      for (let count = 0; count < 10; count++) {
        const part = all.subarray(count * size, (count + 1) * size);
        expect(part.every((byte) => byte === 65 + count)).toBe(true);
      }
    });

    it.each([
      ['a synchronous iterable', () => endless('')],
      [
        'an asynchronous iterable',
        async function* () {
          for (;;) yield '';
        },
      ],
    ])(
      'STR-9, O25, ASY-15 %s of nothing but empty blocks starves nobody',
      async (_what, blocks) => {
        let entries = 0;
        let closes = 0;
        const served = await serving(harness, (environ, startResponse) => {
          startResponse('200 OK', TEXT);
          if (environ.PATH_INFO !== '/endless') return ['answered'];
          entries++;
          const body = blocks() as AsyncGenerator<string>;
          return Object.assign(body, { close: () => void closes++ });
        });
        const exchange = served.open({ target: '/endless' });
        await until(() => entries === 1, 'the application to be entered');
        const started = performance.now();
        expect((await served.request()).body.toString()).toBe('answered');
        expect(performance.now() - started).toBeLessThan(10_000);
        exchange.leave('reset');
        await until(() => closes === 1, 'close()');
      },
    );

    it('STR-9, O24 so does an endless one whose client reads', async () => {
      const body = new Tracked(endless());
      const served = await serving(harness, (environ, startResponse) => {
        startResponse('200 OK', TEXT);
        return environ.PATH_INFO === '/endless' ? body : ['answered'];
      });
      const exchange = served.open({ target: '/endless' });
      let reading = true;
      const reader = (async () => {
        let total = 0;
        while (reading) {
          total += (await exchange.read())?.length ?? 0;
          await new Promise((resolve) => setImmediate(resolve));
        }
        return total;
      })();
      for (let count = 0; count < 5; count++) {
        expect((await served.request()).body.toString()).toBe('answered');
      }
      reading = false;
      expect(await reader).toBeGreaterThan(0);
      exchange.leave('reset');
      await until(() => body.closes === 1, 'close()');
    });

    it('ASY-15 many small blocks of a synchronous iterable take no promise each', async () => {
      const count = 100_000;
      const answer = await answerOf(
        harness,
        answering(() =>
          (function* () {
            for (let index = 0; index < count; index++) yield '';
            yield 'done';
          })(),
        ),
      );
      expect(answer.body.toString()).toBe('done');
    });
  });
}
