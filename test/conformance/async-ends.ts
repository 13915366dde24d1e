import { createReadStream } from 'node:fs';
import { Readable } from 'node:stream';
import { ReadableStream } from 'node:stream/web';
import { describe, expect, it } from 'vitest';
import type { Body } from '../../src/wsgi/types.ts';
import { answering, answerOf, endless, TEXT, Tracked, yielding } from './apps.ts';
import { errorLines, Gate, type Harness, itNeeds, quiet, serving, until } from './harness.ts';

/** How asynchronous answers end, and how applications hear that nobody waits for them any more. */
export function asynchronousEnds(harness: Harness): void {
  const patient = itNeeds(harness, 'patient');

  describe('the end of asynchronous answers', () => {
    it('ASY-17 when ended early: return(), then close(), each once', async () => {
      const body = new Tracked(endless(Buffer.alloc(500_000)));
      const served = await serving(
        harness,
        answering(() => body),
      );
      const exchange = served.open();
      await exchange.read();
      exchange.leave('reset');
      await until(() => body.closes > 0);
      expect(body.order.slice(-2)).toEqual(['return', 'close']);
      expect([body.returns, body.closes]).toEqual([1, 1]);
    });

    patient('ASY-18 a generator that is stuck is closed all the same', async () => {
      let closes = 0;
      const served = await serving(
        harness,
        answering(() =>
          Object.assign(
            (async function* () {
              yield 'x';
              await new Promise(() => undefined);
            })(),
            { close: () => void closes++ },
          ),
        ),
      );
      const exchange = served.open();
      await exchange.read();
      exchange.leave('reset');
      await until(() => closes > 0, 'close() in spite of a pending next()');
      expect(closes).toBe(1);
    });

    it('ASY-19 close() may be asynchronous, and its rejection is logged', async () => {
      const served = await serving(
        harness,
        answering(() => ({
          [Symbol.iterator]: () => yielding('x', 'y'),
          close: async () => {
            await quiet(5);
            throw new Error('closing failed');
          },
        })),
      );
      expect((await served.request()).complete).toBe(true);
      await until(() => errorLines(served).length > 0);
      expect(String(errorLines(served)[0]?.fields.error)).toContain('closing failed');
    });

    it('ASY-21 dispose symbols do not stand in for close()', async () => {
      const called: string[] = [];
      // Node.js 20 knows these symbols, the compiler's library does not.
      const dispose: symbol = (Symbol as { dispose?: symbol }).dispose ?? Symbol.for('dispose');
      await answerOf(
        harness,
        answering(
          () =>
            ({
              [Symbol.iterator]: () => yielding('x', 'y'),
              [dispose]: () => void called.push('dispose'),
              close: () => void called.push('close'),
            }) as Body,
        ),
      );
      await until(() => called.length > 0);
      expect(called).toEqual(['close']);
    });

    it('ASY-22 a Node stream is sent, and destroyed when its client leaves', async () => {
      const served = await serving(
        harness,
        answering(() => Readable.from(['a', 'b'])),
      );
      expect((await served.request()).body.toString()).toBe('ab');
      const file = createReadStream('/dev/zero');
      const zeros = await serving(
        harness,
        answering(() => file),
      );
      const exchange = zeros.open();
      await exchange.read();
      exchange.leave('reset');
      await until(() => file.closed, 'the descriptor');
    });

    it('ASY-22 a web stream is sent, and cancelled when its client leaves', async () => {
      let cancelled = false;
      const stream = () =>
        new ReadableStream<Uint8Array>({
          pull: (controller) => controller.enqueue(Buffer.alloc(100_000)),
          cancel: () => {
            cancelled = true;
          },
        });
      const served = await serving(
        harness,
        answering(() => stream() as AsyncIterable<Uint8Array>),
      );
      const exchange = served.open();
      await exchange.read();
      exchange.leave('reset');
      await until(() => cancelled, 'cancel()');
    });

    it('ASY-23, EXT-3 the signal fires when the client leaves', async () => {
      let reason: unknown;
      const entered = new Gate();
      const served = await serving(harness, async (environ) => {
        const signal = environ['wizgi.signal'];
        expect(signal?.aborted).toBe(false);
        entered.open();
        await new Promise<void>((resolve) => {
          signal?.addEventListener('abort', () => {
            reason = signal.reason;
            resolve();
          });
        });
        return [];
      });
      const exchange = served.open();
      await entered.opened;
      exchange.leave('reset');
      await until(() => reason !== undefined);
      expect(reason).toMatchObject({ code: 'client-gone' });
    });

    itNeeds(harness, 'server')('ASY-23 and when the application takes too long', async () => {
      let reason: unknown;
      const served = await serving(
        harness,
        async (environ) => {
          const signal = environ['wizgi.signal'];
          await new Promise<void>((resolve) => {
            signal?.addEventListener('abort', () => resolve());
          });
          reason = signal?.reason;
          return [];
        },
        { timeout: 0.05 },
      );
      expect((await served.request()).status).toBe(504);
      await until(() => reason !== undefined);
      expect(reason).toMatchObject({ code: 'response-timeout' });
    });

    itNeeds(harness, 'http1')('ASY-23 it stays silent for what came and went before', async () => {
      const signals: AbortSignal[] = [];
      let fired = 0;
      const served = await serving(harness, (environ, startResponse) => {
        const signal = environ['wizgi.signal'];
        if (signal !== undefined) signals.push(signal);
        if (environ.PATH_INFO === '/1') signal?.addEventListener('abort', () => fired++);
        startResponse('200 OK', TEXT);
        return environ.PATH_INFO === '/2' ? endless(Buffer.alloc(500_000)) : ['x'];
      });
      const connection = await served.connect();
      connection.send('GET /1 HTTP/1.1\r\nHost: a\r\n\r\n');
      await connection.readAnswer();
      connection.send('GET /2 HTTP/1.1\r\nHost: a\r\n\r\n');
      await connection.readHead();
      connection.reset();
      await until(() => signals[1]?.aborted === true);
      await quiet(10);
      expect([signals[0]?.aborted, fired]).toEqual([false, 0]);
    });
  });
}
