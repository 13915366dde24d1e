import { describe, expect, it } from 'vitest';
import type { Application, Body } from '../../src/wsgi/types.ts';
import { answering, answerOf, endless, TEXT, Tracked, yielding } from './apps.ts';
import { errorLines, type Harness, itNeeds, quiet, serving, until } from './harness.ts';

/** (PEP 3333, Specification Details: close()) */
export function closing(harness: Harness): void {
  async function closesOnce(body: Tracked): Promise<void> {
    await until(() => body.closes > 0, 'close()');
    await quiet(10);
    expect(body.closes).toBe(1);
  }

  describe('close()', () => {
    it('CLOSE-1, O27 comes once after a normal end', async () => {
      const body = new Tracked(['x', 'y']);
      await answerOf(
        harness,
        answering(() => body),
      );
      await closesOnce(body);
      expect(body.returns).toBe(0);
    });

    it('CLOSE-2, O27 after an exception while iterating', async () => {
      const body = new Tracked(
        (function* () {
          yield 'x';
          throw new Error('second block');
        })(),
      );
      const served = await serving(
        harness,
        answering(() => body),
      );
      expect((await served.request()).complete).toBe(false);
      await closesOnce(body);
      // A generator that threw is over: it needs no return().
      expect(body.returns).toBe(0);
      expect(errorLines(served)).toHaveLength(1);
    });

    it('CLOSE-3, O27 after the client has left', async () => {
      const body = new Tracked(endless(Buffer.alloc(500_000)));
      const served = await serving(
        harness,
        answering(() => body),
      );
      const exchange = served.open();
      for (let count = 0; count < 3; count++) await exchange.read();
      exchange.leave('reset');
      await closesOnce(body);
    });

    it.each([
      ['HEAD', 'HEAD', '200 OK', TEXT],
      ['204', 'GET', '204 No Content', []],
      ['304', 'GET', '304 Not Modified', []],
      ['the declared length', 'GET', '200 OK', [['Content-Length', '1024']]],
    ] as const)(
      'CLOSE-4, O27 when %s ends the answer early',
      async (_what, method, status, headers) => {
        const body = new Tracked(endless());
        const served = await serving(
          harness,
          answering(() => body, headers as never, status),
        );
        await served.request({ method });
        await closesOnce(body);
        expect(body).toMatchObject({ pulls: 1, returns: 1 });
      },
    );

    it('CLOSE-4 when write() has sent the declared length already', async () => {
      const body = new Tracked(['never']);
      const answer = await answerOf(harness, (_environ, startResponse) => {
        startResponse('200 OK', [['Content-Length', '4']])('full');
        return body;
      });
      expect(answer.body.toString()).toBe('full');
      await closesOnce(body);
      expect(body.pulls).toBe(0);
    });

    itNeeds(harness, 'server')('CLOSE-4, O43 when the application was too slow', async () => {
      let closes = 0;
      const app: Application = answering(() => ({
        [Symbol.asyncIterator]: () => ({ next: () => new Promise<never>(() => undefined) }),
        close: () => void closes++,
      }));
      const served = await serving(harness, app, { timeout: 0.05 });
      expect((await served.request()).status).toBe(504);
      await until(() => closes > 0);
      expect(closes).toBe(1);
    });

    itNeeds(
      harness,
      'server',
      'patient',
    )('CLOSE-4 when the server stops', async () => {
      const body = new Tracked(endless(Buffer.alloc(500_000)));
      const served = await serving(
        harness,
        answering(() => body),
      );
      const exchange = served.open();
      await exchange.head();
      await served.close();
      await closesOnce(body);
    });

    it('CLOSE-5, O27 when startResponse was never called', async () => {
      for (const blocks of [[], ['x', 'y']]) {
        const body = new Tracked(blocks);
        expect((await answerOf(harness, () => body)).status).toBe(500);
        await closesOnce(body);
      }
    });

    it('CLOSE-6 comes when the last block was handed over', async () => {
      const body = new Tracked(yielding(Buffer.alloc(24 * 1024 * 1024)));
      const served = await serving(
        harness,
        answering(() => body),
      );
      const exchange = served.open();
      await exchange.head();
      await quiet();
      expect(body.closes).toBe(0);
      while ((await exchange.read()) !== null);
      await closesOnce(body);
      expect(body.order).toEqual(['next', 'next', 'close']);
    });

    it('CLOSE-7 is called as a method of the returned object', async () => {
      let self: unknown;
      const body: Body = {
        [Symbol.iterator]: () => yielding('x', 'y'),
        close() {
          self = this;
        },
      };
      await answerOf(
        harness,
        answering(() => body),
      );
      await until(() => self !== undefined);
      expect(self).toBe(body);
    });

    it.each([
      [
        'throws',
        () => {
          throw new Error('closing failed');
        },
      ],
      ['rejects', () => Promise.reject(new Error('closing failed'))],
      ['is not callable', 7 as unknown as () => void],
    ])('CLOSE-8, O26, O28 one that %s is logged and harms no answer', async (_how, close) => {
      const served = await serving(
        harness,
        answering(() => ({ [Symbol.iterator]: () => yielding('x', 'y'), close })),
      );
      const answer = await served.request();
      expect([answer.body.toString(), answer.complete]).toEqual(['xy', true]);
      await until(() => errorLines(served).length > 0);
      expect(errorLines(served)).toHaveLength(1);
      expect((await served.request()).complete).toBe(true);
    });

    it("CLOSE-9 the object's own close counts, not its iterator's", async () => {
      const closed: string[] = [];
      await answerOf(
        harness,
        answering(() => ({
          [Symbol.iterator]: () =>
            Object.assign(yielding('x', 'y'), { close: () => void closed.push('iterator') }),
          close: () => void closed.push('object'),
        })),
      );
      await until(() => closed.length > 0);
      expect(closed).toEqual(['object']);
    });

    it("CLOSE-10 an abandoned generator's finally runs", async () => {
      let ended = false;
      const served = await serving(
        harness,
        answering(() =>
          (function* () {
            try {
              yield* endless(Buffer.alloc(500_000));
            } finally {
              ended = true;
            }
          })(),
        ),
      );
      const exchange = served.open();
      await exchange.read();
      exchange.leave('reset');
      await until(() => ended);
    });

    it('CLOSE-10 one that was never started gets its return()', async () => {
      const body = new Tracked(yielding('never'));
      await answerOf(harness, (_environ, startResponse) => {
        startResponse('200 OK', [['Content-Length', '4']])('full');
        return body;
      });
      await until(() => body.returns > 0);
      expect(body).toMatchObject({ pulls: 0, returns: 1 });
    });

    it('O28 none is needed', async () => {
      const served = await serving(
        harness,
        answering(() => ({ [Symbol.iterator]: () => yielding('x') })),
      );
      expect((await served.request()).body.toString()).toBe('x');
      expect(errorLines(served)).toEqual([]);
    });
  });
}
