import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { streaming } from '../../src/wsgi/application.ts';
import type { Application, Environ, InputStream } from '../../src/wsgi/types.ts';
import { answerOf, TEXT, thrownBy } from './apps.ts';
import { collectGarbage } from './garbage.ts';
import { errorLines, type Harness, itNeeds, serving, until } from './harness.ts';

/** (PEP 3333, Input and Error Streams) */
export function inputStream(harness: Harness): void {
  /** Lets an application read a body, and gives what it made of it, as Latin-1 in JSON. */
  async function reading(
    body: string | Uint8Array | AsyncIterable<string | Uint8Array> | undefined,
    use: (input: InputStream) => unknown,
  ): Promise<unknown> {
    const answer = await answerOf(
      harness,
      (environ, startResponse) => {
        const result = use(environ['wsgi.input']);
        startResponse('200 OK', TEXT);
        return [
          JSON.stringify(result, function (this: Record<string, unknown>, key, value) {
            const raw = this[key];
            return raw instanceof Uint8Array ? Buffer.from(raw).toString('latin1') : value;
          }),
        ];
      },
      { method: 'POST', ...(body === undefined ? {} : { body }) },
    );
    return JSON.parse(answer.body.toString());
  }
  const http1 = itNeeds(harness, 'http1');

  describe('wsgi.input', () => {
    it('INP-1, INP-17 has the four ways to read, and all give bytes', async () => {
      const bytes = await reading('a\nb\nc\nd\ne', (input) =>
        [input.read(2), input.readline(), ...input.readlines(1), ...input].map(
          (block) => block instanceof Uint8Array,
        ),
      );
      expect(bytes).toEqual([true, true, true, true, true]);
    });

    it.each([
      ['no size', undefined],
      ['null', null],
      ['a negative size', -1],
    ])('INP-2, O34 read() with %s gives the rest', async (_what, size) => {
      const body = 'x'.repeat(100 * 1024);
      expect(await reading(body, (input) => [input.read(1), input.read(size).length])).toEqual([
        'x',
        body.length - 1,
      ]);
    });

    it('INP-3, O33 at the end there are empty arrays, again and again', async () => {
      const result = await reading('x', (input) => [
        input.read(),
        input.read(),
        input.read(5),
        input.readline(),
        input.readlines(),
        [...input],
      ]);
      expect(result).toEqual(['x', '', '', '', [], []]);
    });

    http1('INP-4 what follows the body is not read', async () => {
      const served = await serving(harness, (environ, startResponse) => {
        startResponse('200 OK', TEXT);
        return [environ['wsgi.input'].read()];
      });
      const connection = await served.connect();
      const request = (body: string) =>
        `POST / HTTP/1.1\r\nHost: a\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
      connection.send(request('first') + request('second'));
      expect((await connection.readAnswer()).body.toString()).toBe('first');
      expect((await connection.readAnswer()).body.toString()).toBe('second');
    });

    it('INP-5 read(n) gives n bytes, however the body comes', async () => {
      const body = (async function* () {
        for (const byte of '0123456789abc') {
          yield byte;
          await new Promise((resolve) => setImmediate(resolve));
        }
      })();
      expect(await reading(body, (input) => [input.read(10), input.read(10)])).toEqual([
        '0123456789',
        'abc',
      ]);
    });

    it('INP-6 read(0) takes nothing', async () => {
      expect(await reading('ab', (input) => [input.read(0), input.read(1)])).toEqual(['', 'a']);
    });

    it('INP-7 lines end with LF only, and keep it', async () => {
      const lines = await reading('a\r\nb\rc\nd', (input) =>
        [1, 2, 3, 4].map(() => input.readline()),
      );
      expect(lines).toEqual(['a\r\n', 'b\rc\n', 'd', '']);
    });

    it('INP-8, O34 readline(size) takes at most size bytes', async () => {
      const lines = await reading('abcdef\n', (input) => [input.readline(3), input.readline()]);
      expect(lines).toEqual(['abc', 'def\n']);
    });

    it('INP-9, O34 readlines() gives all lines, with a hint enough of them', async () => {
      const lines = await reading('a\nb\nc', (input) => [input.readlines(1), input.readlines()]);
      expect((lines as string[][]).flat()).toEqual(['a\n', 'b\n', 'c']);
      expect((lines as string[][])[0]?.length).toBeGreaterThanOrEqual(1);
    });

    it('INP-10, O34 iteration gives lines', async () => {
      expect(await reading('a\nb\nc', (input) => [...input])).toEqual(['a\n', 'b\n', 'c']);
    });

    it('O34 there is no seek', async () => {
      expect(await reading('x', (input) => 'seek' in input)).toBe(false);
    });

    itNeeds(
      harness,
      'server',
      'patient',
    )('INP-11 a large body is exact, and memory stays bounded', async () => {
      const block = Buffer.alloc(1024 * 1024, 'b');
      const megabytes = 50;
      let entered = 0;
      const served = await serving(harness, (environ, startResponse) => {
        entered = heldInBuffers();
        const hash = createHash('sha256');
        for (;;) {
          const part = environ['wsgi.input'].read(65_536);
          if (part.length === 0) break;
          hash.update(part);
        }
        startResponse('200 OK', TEXT);
        return [`${environ.CONTENT_LENGTH} ${hash.digest('hex')}`];
      });
      const before = heldInBuffers();
      const answer = await served.request({
        method: 'POST',
        body: (async function* () {
          for (let count = 0; count < megabytes; count++) yield block;
        })(),
        length: megabytes * block.length,
      });
      const hash = createHash('sha256');
      for (let count = 0; count < megabytes; count++) hash.update(block);
      expect(answer.body.toString()).toBe(`${megabytes * block.length} ${hash.digest('hex')}`);
      expect(entered - before).toBeLessThan(32 * 1024 * 1024);
    });

    it('INP-12 without a body it is empty', async () => {
      expect(await reading(undefined, (input) => [input.read(), input.readline()])).toEqual([
        '',
        '',
      ]);
    });

    http1('INP-13 an application is not entered for a body that is cut off', async () => {
      let calls = 0;
      const served = await serving(harness, () => {
        calls++;
        return [];
      });
      const connection = await served.connect();
      connection.send('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nfour');
      connection.finish();
      await connection.whenEnded();
      expect(calls).toBe(0);
      expect(connection.pending).not.toMatch(/^HTTP\/1.1 2/);
      expect(errorLines(served)).toEqual([]);
    });

    http1('INP-13 a streaming one sees its read fail', async () => {
      let thrown: unknown;
      const served = await serving(
        harness,
        streaming(async (environ, startResponse) => {
          await environ['wizgi.input']?.read().catch((error: unknown) => {
            thrown = error;
          });
          startResponse('400 Bad', TEXT);
          return ['x'];
        }),
      );
      const connection = await served.connect();
      connection.send('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nfour');
      connection.finish();
      await until(() => thrown !== undefined);
      expect(thrown).toMatchObject({ code: 'input-incomplete' });
    });

    it("INP-14 arrays that were handed out are the caller's own", async () => {
      const result = await reading('abcabc', (input) => {
        input.read(3).fill(0);
        const second = input.read(3);
        return [second, input.read()];
      });
      expect(result).toEqual(['abc', '']);
    });

    http1('INP-15, O35 a body that nobody reads does no harm', async () => {
      for (const app of [unread, streaming(unread)]) {
        const served = await serving(harness, app);
        const connection = await served.connect();
        const size = 1024 * 1024;
        connection.send(`POST /1 HTTP/1.1\r\nHost: a\r\nContent-Length: ${size}\r\n\r\n`);
        connection.send(Buffer.alloc(size, 'G'));
        connection.send('GET /2 HTTP/1.1\r\nHost: a\r\n\r\n');
        expect((await connection.readAnswer()).body.toString()).toBe('/1');
        const next = await connection.readAnswer().catch(() => null);
        // Either the connection is in step, or it is closed.
        expect([undefined, '/2']).toContain(next?.body.toString());
      }
    });

    it('INP-16, O36 stays readable while the iterable runs, and not beyond', async () => {
      let kept: Environ | undefined;
      const served = await serving(harness, (environ, startResponse) => {
        kept = environ;
        startResponse('200 OK', TEXT);
        return (function* () {
          yield 'begun:';
          for (const line of environ['wsgi.input']) yield line;
        })();
      });
      const answer = await served.request({ method: 'POST', body: 'a\nb\nc' });
      expect(answer.body.toString()).toBe('begun:a\nb\nc');
      await until(() => thrownBy(() => kept?.['wsgi.input'].read()) !== undefined);
      expect(thrownBy(() => kept?.['wsgi.input'].read())).toMatchObject({ code: 'input-closed' });
    });

    it('HOP-4 transfer codings are decoded', async () => {
      const body = (async function* () {
        yield 'hel';
        yield 'lo';
      })();
      expect(await reading(body, (input) => input.read())).toBe('hello');
    });

    it('ITM-1, ITM-2 ends by itself, and says so', async () => {
      const app: Application = (environ, startResponse) => {
        startResponse('200 OK', TEXT);
        const input = environ['wsgi.input'];
        return [
          String(environ['wsgi.input_terminated']),
          input.read(),
          input.read(),
          input.read(1),
        ];
      };
      const chunked = (async function* () {
        yield 'chu';
        yield 'nked';
      })();
      for (const [body, text] of [
        ['fixed', 'truefixed'],
        [chunked, 'truechunked'],
        [undefined, 'true'],
      ] as const) {
        const spec = body === undefined ? {} : { method: 'POST', body };
        expect((await answerOf(harness, app, spec)).body.toString()).toBe(text);
      }
    });

    it('ITM-3 a body of unknown length has one once it was received', async () => {
      const lengths: unknown[] = [];
      const body = () =>
        (async function* () {
          yield 'four';
        })();
      const app: Application = async (environ, startResponse) => {
        lengths.push(environ.CONTENT_LENGTH);
        startResponse('200 OK', TEXT);
        return [(await environ['wizgi.input']?.read()) ?? 'nothing'];
      };
      for (const one of [app, streaming(app)]) {
        const answer = await answerOf(harness, one, { method: 'POST', body: body() });
        expect(answer.body.toString()).toBe('four');
      }
      expect(lengths[0]).toBe('4');
      // Those who must say the length before the body have received it first.
      expect(['4', undefined]).toContain(lengths[1]);
    });
  });
}

const unread: Application = (environ, startResponse) => {
  startResponse('200 OK', TEXT);
  return [environ.PATH_INFO];
};

/** Bytes in buffers that somebody still refers to. */
function heldInBuffers(): number {
  collectGarbage();
  return process.memoryUsage().arrayBuffers;
}
