import { describe, expect } from 'vitest';
import type { Application } from '../../src/wsgi/types.ts';
import { answering, endless, TEXT, Tracked } from './apps.ts';
import { errorLines, Gate, type Harness, itNeeds, quiet, serving, until } from './harness.ts';

const GET = 'GET / HTTP/1.1\r\nHost: a\r\n\r\n';

function openSockets(): number {
  return process.getActiveResourcesInfo().filter((kind) => /TCP|Pipe|Timeout/.test(kind)).length;
}

/** Clients that leave, or half leave, during an answer. */
export function leavingClients(harness: Harness): void {
  if (!harness.capabilities.http1) return;
  const http1 = itNeeds(harness, 'http1');

  describe('leaving clients', () => {
    http1(
      'P1 a reset right behind the request: at most one call, closed once, quietly',
      async () => {
        let calls = 0;
        const body = new Tracked(endless(Buffer.alloc(500_000)));
        const served = await serving(harness, (_environ, startResponse) => {
          calls++;
          startResponse('200 OK', TEXT);
          return body;
        });
        const connection = await served.connect();
        await new Promise<void>((resolve) => {
          connection.socket.write(GET, () => resolve());
        });
        connection.reset();
        await quiet(30);
        await until(() => body.closes === calls);
        expect(calls).toBeLessThanOrEqual(1);
        expect(served.log.filter(({ level }) => level !== 'debug')).toEqual([]);
      },
    );

    http1('P2 a client that closes mid-answer ends the iteration within few blocks', async () => {
      const body = new Tracked(endless(Buffer.alloc(100_000)));
      const served = await serving(
        harness,
        answering(() => body),
      );
      const connection = await served.connect();
      connection.send(GET);
      await connection.readHead();
      connection.close();
      await until(() => body.closes === 1);
      const { pulls } = body;
      await quiet(20);
      expect([body.pulls, body.closes]).toEqual([pulls, 1]);
      expect(served.log.filter(({ level }) => level !== 'debug')).toEqual([]);
    });

    http1('P2 one that only half-closes gets its answer', async () => {
      const gate = new Gate();
      const served = await serving(harness, async (_environ, startResponse) => {
        await gate.opened;
        startResponse('200 OK', TEXT);
        return ['the answer'];
      });
      const connection = await served.connect();
      connection.send(GET);
      connection.finish();
      await quiet(30);
      gate.open();
      expect((await connection.readAnswer()).body.toString()).toBe('the answer');
      expect(await connection.whenEnded()).toBe('fin');
    });

    http1('P2 but not for ever: without output it counts as gone', async () => {
      let aborted = false;
      const served = await serving(
        harness,
        async (environ) => {
          await new Promise<void>((resolve) => {
            environ['wizgi.signal']?.addEventListener('abort', () => resolve());
          });
          aborted = true;
          return [];
        },
        { halfCloseTimeout: 0.05 },
      );
      const connection = await served.connect();
      connection.send(GET);
      connection.finish();
      await until(() => aborted);
      expect(errorLines(served)).toEqual([]);
    });

    itNeeds(
      harness,
      'http1',
      'patient',
    )('P4 clients that leave in numbers leave nothing behind', async () => {
      let opened = 0;
      let closed = 0;
      const app: Application = (environ, startResponse) => {
        opened++;
        startResponse('200 OK', TEXT);
        const body = (async function* () {
          yield 'x';
          await new Promise<void>((resolve) => {
            environ['wizgi.signal']?.addEventListener('abort', () => resolve());
          });
        })();
        return Object.assign(body, { close: () => void closed++ });
      };
      const served = await serving(harness, app, { halfCloseTimeout: 0.1 });
      const before = openSockets();
      for (let round = 0; round < 40; round++) {
        const connections = await Promise.all(Array.from({ length: 25 }, () => served.connect()));
        for (const connection of connections) connection.send(GET);
        await Promise.all(connections.map((connection) => connection.readHead()));
        for (const [index, connection] of connections.entries()) {
          if (index % 2 === 0) connection.reset();
          else connection.close();
        }
      }
      await until(() => closed >= 1000, 'close()');
      await until(() => openSockets() <= before + 2, 'the connections to be gone');
      expect([opened, closed]).toEqual([1000, 1000]);
      expect(errorLines(served)).toEqual([]);
    });

    http1('P5 of what a client pipelined before it left, little is run', async () => {
      let calls = 0;
      const served = await serving(harness, async (_environ, startResponse) => {
        calls++;
        await new Promise((resolve) => setTimeout(resolve, 2));
        startResponse('200 OK', TEXT);
        return ['x'];
      });
      const connection = await served.connect();
      connection.send(GET.repeat(100));
      await connection.readAnswer();
      connection.reset();
      for (let before = -1; before !== calls; ) {
        before = calls;
        await quiet(60);
      }
      expect(calls).toBeLessThan(20);
    });

    http1('P7 writing to a connection that is gone is no event', async () => {
      const gate = new Gate();
      let ended = false;
      const served = await serving(harness, async (_environ, startResponse) => {
        const write = startResponse('200 OK', TEXT);
        write('first');
        await gate.opened;
        try {
          for (;;) {
            write(Buffer.alloc(100_000));
            await new Promise((resolve) => setImmediate(resolve));
          }
        } finally {
          ended = true;
        }
      });
      const connection = await served.connect();
      connection.send(GET);
      await connection.readHead();
      connection.reset();
      gate.open();
      await until(() => ended);
      expect(errorLines(served)).toEqual([]);
      expect((await served.connect()).ended).toBe('open');
    });
  });
}
