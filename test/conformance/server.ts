import { describe, expect, it } from 'vitest';
import type { Application, Environ } from '../../src/wsgi/types.ts';
import { answering, answerOf, endless, TEXT, Tracked, yielding } from './apps.ts';
import {
  errorLines,
  Gate,
  type Harness,
  itKeeps,
  itNeeds,
  itShares,
  quiet,
  serving,
  until,
} from './harness.ts';
import { identity } from './variants.ts';

/** The server side. (PEP 3333, The Server/Gateway Side) */
export function serverSide(harness: Harness): void {
  describe('server side', () => {
    it('SRV-1 the application is called once for each request', async () => {
      const targets: string[] = [];
      const served = await serving(harness, (environ, startResponse) => {
        targets.push(environ.PATH_INFO);
        startResponse('200 OK', TEXT);
        return ['x'];
      });
      for (const target of ['/1', '/2', '/3']) await served.request({ target });
      expect(targets).toEqual(['/1', '/2', '/3']);
    });

    itNeeds(harness, 'http1')('SRV-1 also when requests are pipelined, in order', async () => {
      const targets: string[] = [];
      const served = await serving(harness, (environ, startResponse) => {
        targets.push(environ.PATH_INFO);
        startResponse('200 OK', TEXT);
        return [environ.PATH_INFO];
      });
      const connection = await served.connect();
      connection.send(
        ['/1', '/2', '/3'].map((path) => `GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`).join(''),
      );
      for (const path of ['/1', '/2', '/3']) {
        expect((await connection.readAnswer()).body.toString()).toBe(path);
      }
      expect(targets).toEqual(['/1', '/2', '/3']);
    });

    it('SRV-2 nothing but its call is asked of the application', async () => {
      const refuse = (): never => {
        throw new Error('looked into the application');
      };
      const app = new Proxy(
        answering(() => ['called']),
        { get: refuse, has: refuse, ownKeys: refuse, getPrototypeOf: refuse, construct: refuse },
      );
      expect((await answerOf(harness, app)).body.toString()).toBe('called');
    });

    it('SRV-3 each request has an environ of its own', async () => {
      const environs: Environ[] = [];
      const served = await serving(harness, (environ, startResponse) => {
        environs.push({ ...environ });
        expect(Object.isExtensible(environ)).toBe(true);
        environ['my.key'] = 'left over';
        for (const key of Object.keys(environ)) {
          environ[key] = 'changed';
          delete environ[key];
        }
        startResponse('200 OK', TEXT);
        return ['x'];
      });
      await served.request();
      expect((await served.request()).status).toBe(200);
      expect(Object.keys(environs[1] ?? {})).toEqual(Object.keys(environs[0] ?? {}));
      expect(environs[1]).toMatchObject({ REQUEST_METHOD: 'GET', PATH_INFO: '/' });
    });

    it('SRV-4 no block is asked for before the one before was handed over', async () => {
      const body = new Tracked(endless(Buffer.alloc(1024 * 1024)));
      const served = await serving(
        harness,
        answering(() => body),
      );
      const exchange = served.open();
      await exchange.head();
      // The kernel's buffers take some; a server that queues would take hundreds in this time.
      await quiet(150);
      expect(body.pulls).toBeLessThan(40);
      exchange.leave('reset');
    });

    it('SRV-5 blocks are opaque', async () => {
      const bytes = Buffer.concat([
        Buffer.from(Array.from({ length: 256 }, (_, byte) => byte)),
        Buffer.from('\r\r\n\n0\r\n\r\n'),
      ]);
      const answer = await answerOf(
        harness,
        answering(() => yielding(bytes, '\r\n', bytes)),
      );
      expect(answer.body.equals(Buffer.concat([bytes, Buffer.from('\r\n'), bytes]))).toBe(true);
    });

    itNeeds(harness, 'http1')('SRV-6 chunked coding leaves the content as it was', async () => {
      const served = await serving(
        harness,
        answering(() => yielding('one', 'two')),
      );
      const connection = await served.connect();
      connection.send('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
      const answer = await connection.readAnswer();
      expect([answer.framing, answer.body.toString()]).toEqual(['chunked', 'onetwo']);
    });

    itNeeds(harness, 'asIs')('SRV-8 only the contract is asked of the result', async () => {
      const asked = new Set<string | symbol>();
      const body = new Proxy(new Tracked(['x', 'y']), {
        get(target, property) {
          asked.add(property);
          const value: unknown = Reflect.get(target, property, target);
          return typeof value === 'function' ? value.bind(target) : value;
        },
      });
      const answer = await answerOf(
        harness,
        answering(() => body),
      );
      expect(answer.body.toString()).toBe('xy');
      const allowed = new Set(['then', Symbol.asyncIterator, Symbol.iterator, 'close']);
      expect([...asked].filter((property) => !allowed.has(property as string))).toEqual([]);
    });

    itNeeds(harness, 'http1')('SRV-9 the server adds what HTTP requires', async () => {
      const served = await serving(
        harness,
        answering(() => ['x']),
        { serverHeader: 'testing/1' },
      );
      const { headers } = await served.request();
      expect(headers.get('Date')).toMatch(/^\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT$/);
      expect(headers.getAll('Server')).toEqual(['testing/1']);
    });

    it("SRV-10, O41 the application's own Date and Server are kept, once", async () => {
      const served = await serving(
        harness,
        answering(
          () => ['x'],
          [
            ['date', 'Thu, 01 Jan 1970 00:00:00 GMT'],
            ['Server', 'mine'],
          ],
        ),
        harness.capabilities.server ? { serverHeader: 'testing/1' } : {},
      );
      const { headers } = await served.request();
      expect(headers.getAll('Date')).toEqual(['Thu, 01 Jan 1970 00:00:00 GMT']);
      expect(headers.getAll('Server')).toEqual(['mine']);
    });

    itKeeps(harness, 'names')(
      'SRV-11 headers are neither renamed, reordered, merged nor invented',
      async () => {
        const sent: [string, string][] = [
          ['X-b', '2'],
          ['x-A', '1'],
          ['Set-Cookie', 'a'],
          ['X-b', '3'],
          ['Set-Cookie', 'b'],
        ];
        const answer = await answerOf(
          harness,
          answering(() => ['x'], sent),
        );
        const invented = ['date', 'content-length', 'transfer-encoding', 'connection'];
        const own = [...answer.headers].filter(([name]) => !invented.includes(name.toLowerCase()));
        expect(own).toEqual(sent);
      },
    );

    it('SRV-12 header names are compared without regard to case', async () => {
      const answer = await answerOf(
        harness,
        answering(() => ['abc'], [['CONTENT-length', '3']]),
      );
      expect(answer.headers.getAll('Content-Length')).toEqual(['3']);
      expect(answer.body.toString()).toBe('abc');
    });

    it('SRV-14 the deployer can add to the environ', async () => {
      const answer = await answerOf(
        harness,
        (environ, startResponse) => {
          startResponse('200 OK', TEXT);
          return [String(environ['my.conf'])];
        },
        {},
        { environ: { 'my.conf': '1' } },
      );
      expect(answer.body.toString()).toBe('1');
    });

    itShares(harness)(
      'SRV-15, ASY-41 serial mode never enters the application twice at once',
      async () => {
        const order: string[] = [];
        const gate = new Gate();
        const app: Application = (environ, startResponse) => {
          const name = environ.PATH_INFO;
          order.push(`call ${name}`);
          startResponse('200 OK', TEXT);
          return {
            async *[Symbol.asyncIterator]() {
              yield 'x';
              await gate.opened;
              yield 'y';
            },
            close: () => {
              order.push(`close ${name}`);
            },
          };
        };
        const served = await serving(harness, app, { serial: true });
        const first = served.request({ target: '/1' });
        await until(() => order.length === 1);
        const second = served.request({ target: '/2' });
        await quiet(30);
        gate.open();
        await Promise.all([first, second]);
        await until(() => order.length === 4);
        expect(order).toEqual(['call /1', 'close /1', 'call /2', 'close /2']);
      },
    );

    it('SRV-16 what an application throws is logged with its stack; the server goes on', async () => {
      const served = await serving(harness, (environ, startResponse) => {
        if (environ.PATH_INFO === '/bad') throw new Error('thrown here');
        startResponse('200 OK', TEXT);
        return ['fine'];
      });
      expect((await served.request({ target: '/bad' })).status).toBe(500);
      const [line] = errorLines(served);
      expect((line?.fields.error as Error | undefined)?.stack).toMatch(/thrown here\n\s+at /);
      expect(line?.fields['request']).toBe('GET /bad HTTP/1.1');
      expect((await served.request()).body.toString()).toBe('fine');
    });

    it('SRV-17 middleware makes no difference', async () => {
      const apps: Application[] = [
        answering(() => ['one']),
        answering(() => yielding('one', 'two')),
        answering(() => [], [['Content-Length', '0']]),
        (_environ, startResponse) => {
          startResponse('200 OK', TEXT)('written');
          return ['returned'];
        },
        () => {
          throw new Error('broken');
        },
        answering(() => ['short'], [['Content-Length', '9']]),
      ];
      const view = async (app: Application) => {
        const { statusLine, headers, body, complete } = await answerOf(harness, app);
        return { statusLine, headers: [...headers.keys()], body: body.toString(), complete };
      };
      for (const app of apps) expect(await view(identity(app))).toEqual(await view(app));
    });
  });
}
