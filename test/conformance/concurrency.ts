import { describe, expect, it } from 'vitest';
import type { Application } from '../../src/wsgi/types.ts';
import { environOf, TEXT } from './apps.ts';
import { Gate, type Harness, itNeeds, itShares, serving, until } from './harness.ts';

/** (PEP 3333, environ Variables; Thread Support) */
export function concurrency(harness: Harness): void {
  const { runOnce = false, multiprocess = false } = harness.capabilities;
  const shared = itShares(harness);

  describe('concurrency', () => {
    it('THR-1, THR-2, THR-3, THR-4 the flags tell what a process serves, and what there is beside it', async () => {
      const environ = await environOf(harness);
      expect(environ).toMatchObject({
        'wsgi.multithread': !runOnce,
        'wsgi.multiprocess': multiprocess,
        'wsgi.run_once': runOnce,
      });
    });

    shared('THR-1 in serial mode wsgi.multithread is false', async () => {
      const environ = await environOf(harness, {}, { serial: true });
      expect(environ['wsgi.multithread']).toBe(false);
    });

    it('ASY-41 requests interleave where an application awaits', async () => {
      const gate = new Gate();
      const served = await serving(harness, async (environ, startResponse) => {
        if (environ.PATH_INFO === '/slow') await gate.opened;
        startResponse('200 OK', TEXT);
        return [environ.PATH_INFO];
      });
      const slow = served.request({ target: '/slow' });
      expect((await served.request({ target: '/fast' })).body.toString()).toBe('/fast');
      gate.open();
      expect((await slow).body.toString()).toBe('/slow');
    });

    shared('ASY-19, SRV-15 serial mode waits for an asynchronous close()', async () => {
      const gate = new Gate();
      const order: string[] = [];
      const app: Application = (environ, startResponse) => {
        order.push(`call ${environ.PATH_INFO}`);
        startResponse('200 OK', TEXT);
        return {
          *[Symbol.iterator]() {
            yield 'x';
          },
          close: async () => {
            await gate.opened;
            order.push(`closed ${environ.PATH_INFO}`);
          },
        };
      };
      const served = await serving(harness, app, { serial: true });
      const first = served.request({ target: '/1' });
      await until(() => order.length === 1);
      const second = served.request({ target: '/2' });
      // The first answer is complete, its request is not over.
      await until(() => order.length === 1);
      gate.open();
      await Promise.all([first, second]);
      await until(() => order.length === 4);
      expect(order).toEqual(['call /1', 'closed /1', 'call /2', 'closed /2']);
    });

    itNeeds(harness, 'http1')(
      'ASY-20 close() comes before the next request of a connection',
      async () => {
        const order: string[] = [];
        const served = await serving(harness, (environ, startResponse) => {
          order.push(`call ${environ.PATH_INFO}`);
          startResponse('200 OK', TEXT);
          return {
            *[Symbol.iterator]() {
              yield 'x';
            },
            close: () => void order.push(`close ${environ.PATH_INFO}`),
          };
        });
        const connection = await served.connect();
        connection.send(
          ['/1', '/2'].map((path) => `GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`).join(''),
        );
        await connection.readAnswer();
        await connection.readAnswer();
        await until(() => order.length === 4);
        expect(order).toEqual(['call /1', 'close /1', 'call /2', 'close /2']);
      },
    );
  });
}
