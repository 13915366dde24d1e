import { describe, expect, it } from 'vitest';
import type { Application, Body } from '../../src/wsgi/types.ts';
import { answering, answerOf, TEXT, thrownBy, yielding } from './apps.ts';
import { errorLines, Gate, type Harness, itNeeds, serving, until } from './harness.ts';

/** (PEP 3333, Input and Error Streams: wsgi.errors) */
export function errorStream(harness: Harness): void {
  const server = itNeeds(harness, 'server');

  describe('wsgi.errors', () => {
    it('ERR-1, ERR-3 text and lines arrive as they were written', async () => {
      const served = await serving(harness, (environ, startResponse) => {
        const errors = environ['wsgi.errors'];
        errors.write('a\n');
        errors.write('b\n');
        errors.writelines(['c', 'd\n']);
        errors.flush();
        startResponse('200 OK', TEXT);
        return [];
      });
      await served.request();
      expect(served.errors).toBe('a\nb\ncd\n');
    });

    it('ERR-2 takes any Unicode', async () => {
      const served = await serving(harness, (environ, startResponse) => {
        environ['wsgi.errors'].write('\u20ac \ud800 \u{1f600}');
        startResponse('200 OK', TEXT);
        return [];
      });
      expect((await served.request()).status).toBe(200);
      expect(served.errors).toContain('\u20ac');
      expect(served.errors).toContain('\u{1f600}');
    });

    server('ERR-4 text has left when flush() returns', async () => {
      let seen: string | undefined;
      const served = await serving(harness, (environ, startResponse) => {
        environ['wsgi.errors'].write('before the end');
        environ['wsgi.errors'].flush();
        seen = served.errors;
        startResponse('200 OK', TEXT);
        return [];
      });
      await served.request();
      expect(seen).toBe('before the end');
    });

    server('ERR-5, ERR-7 goes where the deployer wants it, apart from the log', async () => {
      let text = '';
      const errors = {
        write: (part: string) => {
          text += part;
        },
      };
      const app: Application = (environ, startResponse) => {
        environ['wsgi.errors'].write('mine');
        startResponse('200 OK', TEXT);
        return [];
      };
      const served = await serving(harness, app, { errors });
      await served.request();
      expect([text, served.errors, served.log.length]).toEqual(['mine', '', 0]);
    });

    it('ERR-6 closing it does not concern the server', async () => {
      const served = await serving(harness, (environ, startResponse) => {
        const errors = environ['wsgi.errors'] as { close?: () => void };
        thrownBy(() => errors.close?.());
        startResponse('200 OK', TEXT);
        return [];
      });
      await served.request();
      const second = await serving(harness, (environ) => {
        environ['wsgi.errors'].write('still here');
        throw new Error('still logged');
      });
      expect((await second.request()).status).toBe(500);
      expect(second.errors).toContain('still here');
      expect(errorLines(second)).toHaveLength(1);
    });

    it('O37 what is written cannot forge a line of the log', async () => {
      const forged = 'x\r\n2026-01-01 error: forged\x1b[31m';
      const served = await serving(harness, (environ, startResponse) => {
        environ['wsgi.errors'].write(forged);
        environ['wsgi.errors'].write('y'.repeat(1024 * 1024));
        startResponse('200 OK', TEXT);
        return ['x'];
      });
      expect((await served.request()).status).toBe(200);
      expect(served.log).toEqual([]);
      expect(served.errors).toHaveLength(forged.length + 1024 * 1024);
    });
  });
}

/** (PEP 3333, Error Handling) */
export function errorHandling(harness: Harness): void {
  const thrower = (error: unknown): Application => {
    return () => {
      throw error;
    };
  };

  describe('errors of an application', () => {
    it.each([
      ['before startResponse', thrower(new Error('secret'))],
      [
        'after startResponse',
        (_environ, startResponse) => {
          startResponse('200 OK', [['X-Prepared', 'yes']]);
          throw new Error('secret');
        },
      ],
      [
        'at the first step of the iteration',
        answering(
          () => ({
            [Symbol.iterator]: () => ({
              next: () => {
                throw new Error('secret');
              },
            }),
          }),
          [['X-Prepared', 'yes']],
        ),
      ],
    ] as [string, Application][])(
      'EXC-1, EXC-2, EXC-7, O21 thrown %s: a page that says nothing, a log that says all',
      async (_when, app) => {
        const served = await serving(harness, app);
        const answer = await served.request();
        expect([answer.statusLine, answer.complete]).toEqual(['500 Internal Server Error', true]);
        expect(answer.body.toString()).not.toMatch(/secret|\.ts/);
        expect(answer.headers.get('Content-Type')).toMatch(/^text\/plain/);
        expect(answer.headers.has('X-Prepared')).toBe(false);
        expect(errorLines(served)).toHaveLength(1);
        expect((errorLines(served)[0]?.fields.error as Error | undefined)?.stack).toContain(
          'secret',
        );
      },
    );

    it('EXC-3, EXC-4, O22 thrown after data: the answer is cut, and nothing is added', async () => {
      const served = await serving(
        harness,
        answering(() =>
          (function* () {
            yield 'data';
            throw new Error('secret');
          })(),
        ),
      );
      const answer = await served.request();
      expect([answer.status, answer.complete]).toEqual([200, false]);
      expect(answer.body.toString()).toBe('data');
      expect(errorLines(served)).toHaveLength(1);
    });

    itNeeds(harness, 'http1')('EXC-3 neither a last chunk nor another answer follows', async () => {
      const served = await serving(
        harness,
        answering(() =>
          (async function* () {
            yield 'data';
            throw new Error('broken');
          })(),
        ),
      );
      const connection = await served.connect();
      connection.send('GET / HTTP/1.1\r\nHost: a\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n');
      // An end alone is taken for that of the answer by some web servers.
      expect(await connection.whenEnded()).toBe('reset');
      expect(connection.pending).toMatch(/\r\n\r\n4\r\ndata\r\n$/);
    });

    itNeeds(harness, 'http1')(
      'EXC-3 an answer that ends with its connection is reset',
      async () => {
        const gate = new Gate();
        const served = await serving(
          harness,
          answering(() =>
            (async function* () {
              yield 'data';
              await gate.opened;
              throw new Error('broken');
            })(),
          ),
        );
        const connection = await served.connect();
        connection.send('GET / HTTP/1.0\r\n\r\n');
        await connection.readHead();
        // A reset right behind data would look like an end to a reader in Node.js.
        await connection.when(() => (connection.pending === 'data' ? true : undefined));
        gate.open();
        expect(await connection.whenEnded()).toBe('reset');
      },
    );

    it('EXC-5, O1 an end without startResponse gives 500', async () => {
      for (const body of [[], [''], yielding()]) {
        const served = await serving(harness, () => body);
        expect((await served.request()).status).toBe(500);
        expect(errorLines(served)).toMatchObject([
          { fields: { error: { code: 'start-response-missing' } } },
        ]);
      }
    });

    it('EXC-6, O3 so does data without it', async () => {
      for (const body of [['x'], ['x', 'y'], yielding('x'), 'x' as unknown as Body]) {
        const answer = await answerOf(harness, () => body);
        expect([answer.status, answer.complete]).toEqual([500, true]);
      }
    });

    it.each([
      ['undefined', undefined],
      ['null', null],
      ['a string', 'text'],
      ['an object without a prototype', Object.create(null)],
    ])('EXC-8 %s can be thrown', async (_what, value) => {
      const served = await serving(harness, thrower(value));
      expect((await served.request()).status).toBe(500);
      expect(errorLines(served)).toHaveLength(1);
    });

    itNeeds(harness, 'server')('EXC-9 a log that fails costs its own request at most', async () => {
      const served = await serving(
        harness,
        async (environ, startResponse) => {
          if (environ.PATH_INFO === '/bad') throw new Error('x');
          startResponse('200 OK', TEXT);
          return ['ok'];
        },
        { brokenLog: true },
      );
      const bad = await served.request({ target: '/bad' }).catch(() => null);
      expect(bad?.status ?? 500).toBe(500);
      expect((await served.request()).body.toString()).toBe('ok');
    });

    itNeeds(harness, 'server')('EXC-9 so does an error stream that fails', async () => {
      const served = await serving(
        harness,
        (environ, startResponse) => {
          startResponse('200 OK', TEXT);
          if (environ.PATH_INFO === '/bad') environ['wsgi.errors'].write('x');
          return ['ok'];
        },
        {
          errors: {
            write: () => {
              throw new Error('the sink is broken');
            },
          },
        },
      );
      expect((await served.request({ target: '/bad' })).status).toBe(500);
      expect((await served.request()).body.toString()).toBe('ok');
    });

    it('EXC-11 an application that fails has a whole answer, with content, in its place', async () => {
      const answer = await answerOf(harness, () => {
        throw new Error('on purpose');
      });
      expect(answer).toMatchObject({ status: 500, complete: true });
      expect(answer.headers.get('Content-Type')).toBe('text/plain; charset=utf-8');
      expect(answer.body.toString()).toBe('Internal Server Error\n');
    });

    it('EXC-10 a client that leaves is no error of the application', async () => {
      let reason: unknown;
      const served = await serving(harness, async (environ, startResponse) => {
        startResponse('200 OK', TEXT);
        const signal = environ['wizgi.signal'];
        return (async function* () {
          yield 'data';
          await new Promise((_resolve, reject) => {
            signal?.addEventListener('abort', () => {
              reason = signal.reason;
              reject(signal.reason);
            });
          });
        })();
      });
      const exchange = served.open();
      await exchange.read();
      exchange.leave('reset');
      await until(() => reason !== undefined);
      await new Promise((resolve) => setTimeout(resolve, 5));
      expect(served.log.filter(({ level }) => level === 'error' || level === 'warn')).toEqual([]);
    });

    it.each([RangeError, SyntaxError, class SystemExit extends Error {}])(
      'O23 no kind of error ends the server: %s',
      async (Kind) => {
        const served = await serving(harness, (environ, startResponse) => {
          if (environ.PATH_INFO === '/bad') throw new Kind('x');
          startResponse('200 OK', TEXT);
          return ['ok'];
        });
        expect((await served.request({ target: '/bad' })).status).toBe(500);
        expect((await served.request()).body.toString()).toBe('ok');
      },
    );

    it('O23 nor does a stack that overflows', async () => {
      const deeper = (depth: number): number => deeper(depth + 1) + 1;
      const answer = await answerOf(harness, () => [String(deeper(0))]);
      expect(answer.status).toBe(500);
    });
  });
}
