import { describe, expect, it } from 'vitest';
import { streaming } from '../../src/wsgi/application.ts';
import type { Application, AsyncInputStream, Environ } from '../../src/wsgi/types.ts';
import { answerOf, environOf, TEXT, thrownBy } from './apps.ts';
import { Gate, type Harness, itNeeds, quiet, serving, until } from './harness.ts';

function reader(environ: Environ): AsyncInputStream {
  const input = environ['wizgi.input'];
  if (input === undefined) throw new Error('no wizgi.input');
  return input;
}

/** `wizgi.input`, and the two ways of receiving a body. */
export function asynchronousInput(harness: Harness): void {
  const http1 = itNeeds(harness, 'http1');

  describe('wizgi.input', () => {
    it('ASY-26 an ordinary application is entered when the last byte is here', async () => {
      const gate = new Gate();
      let entered = false;
      const served = await serving(harness, (environ, startResponse) => {
        if (environ.REQUEST_METHOD === 'POST') entered = true;
        startResponse('200 OK', TEXT);
        const body: unknown = environ['wsgi.input'].read();
        expect(body).toBeInstanceOf(Uint8Array);
        return [body as Uint8Array];
      });
      const slow = served.request({
        method: 'POST',
        length: 10,
        body: (async function* () {
          yield 'first ';
          await gate.opened;
          yield 'last';
        })(),
      });
      await quiet(30);
      expect((await served.request()).status).toBe(200);
      expect(entered).toBe(false);
      gate.open();
      expect((await slow).body.toString()).toBe('first last');
    });

    it('ASY-27 a streaming one reads, answers, and reads on while the client sends', async () => {
      const gate = new Gate();
      const app = streaming(async (environ, startResponse) => {
        startResponse('200 OK', TEXT);
        const input = reader(environ);
        return (async function* () {
          yield await input.read(5);
          yield await input.readline();
          yield Buffer.concat(await input.readlines(1));
          for await (const block of input) yield block;
        })();
      });
      const served = await serving(harness, app);
      const exchange = served.open({
        method: 'POST',
        length: 19,
        body: (async function* () {
          yield 'hello';
          await gate.opened;
          yield ' one\ntwo\nthree';
        })(),
      });
      let text = (await exchange.read())?.toString() ?? '';
      expect(text).toBe('hello');
      gate.open();
      for (let piece = await exchange.read(); piece !== null; piece = await exchange.read()) {
        text += piece.toString();
      }
      expect(text).toBe('hello one\ntwo\nthree');
    });

    it('ASY-28 a synchronous read of what has not come throws, and loses nothing', async () => {
      const gate = new Gate();
      let thrown: unknown;
      const app = streaming(async (environ, startResponse) => {
        const input = reader(environ);
        const first = await input.read(1);
        thrown = thrownBy(() => environ['wsgi.input'].read(10));
        gate.open();
        startResponse('200 OK', TEXT);
        return [Buffer.concat([first, await input.read()])];
      });
      const answer = await answerOf(harness, app, {
        method: 'POST',
        length: 6,
        body: (async function* () {
          yield 'abc';
          await gate.opened;
          yield 'def';
        })(),
      });
      expect(thrown).toMatchObject({ code: 'input-not-arrived' });
      expect(String(thrown)).toContain('wizgi.input');
      expect(answer.body.toString()).toBe('abcdef');
    });

    it('EXT-2 both readers share one cursor', async () => {
      const answer = await answerOf(
        harness,
        async (environ, startResponse) => {
          startResponse('200 OK', TEXT);
          const parts = [environ['wsgi.input'].read(2), await reader(environ).read(2)];
          return [parts.join('|'), '|', environ['wsgi.input'].read()];
        },
        { method: 'POST', body: 'abcdef' },
      );
      expect(answer.body.toString()).toBe('ab|cd|ef');
    });

    it('ASY-29 wizgi.streaming tells which way it is', async () => {
      for (const [wrap, expected] of [
        [(app: Application) => app, false],
        [streaming, true],
      ] as const) {
        const flags: unknown[] = [];
        const app: Application = (environ, startResponse) => {
          flags.push(environ['wizgi.streaming']);
          startResponse('200 OK', TEXT);
          return [];
        };
        const served = await serving(harness, wrap(app));
        await served.request();
        await served.request({ method: 'POST', body: 'x' });
        expect(flags).toEqual([expected, expected]);
      }
      expect(typeof (await environOf(harness))['wizgi.streaming']).toBe('boolean');
    });

    it('ASY-30, P3 a pending read rejects when the client leaves', async () => {
      let thrown: unknown;
      const entered = new Gate();
      const served = await serving(
        harness,
        streaming(async (environ) => {
          entered.open();
          await reader(environ)
            .read()
            .catch((error: unknown) => {
              thrown = error;
            });
          return [];
        }),
      );
      const exchange = served.open({
        method: 'POST',
        length: 1000,
        body: (async function* () {
          yield 'some';
          await new Promise(() => undefined);
        })(),
      });
      await entered.opened;
      exchange.leave('reset');
      await until(() => thrown !== undefined);
      expect(thrown).toMatchObject({ code: expect.stringMatching(/^(client-gone|input-)/) });
    });

    it('ASY-30 and when the request is over', async () => {
      let pending: Promise<unknown> | undefined;
      const served = await serving(
        harness,
        streaming((environ, startResponse) => {
          pending = reader(environ).read();
          pending.catch(() => undefined);
          startResponse('200 OK', TEXT);
          return ['done'];
        }),
      );
      const exchange = served.open({
        method: 'POST',
        length: 1000,
        body: (async function* () {
          yield 'some';
          await new Promise(() => undefined);
        })(),
      });
      expect((await exchange.read())?.toString()).toBe('done');
      await expect(pending).rejects.toMatchObject({ code: expect.stringMatching(/^input-/) });
      exchange.leave('reset');
    });

    for (const [kind, wrap] of [
      ['an ordinary', (app: Application) => app],
      ['a streaming', streaming],
    ] as const) {
      http1(`P6 half-closing during a chunked upload to ${kind} application`, async () => {
        let finished = 0;
        let thrown: unknown;
        const served = await serving(
          harness,
          wrap(async (environ, startResponse) => {
            await reader(environ)
              .read()
              .catch((error: unknown) => {
                thrown = error;
                throw error;
              });
            finished++;
            startResponse('200 OK', TEXT);
            return ['whole'];
          }),
        );
        const connection = await served.connect();
        connection.send(
          'POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello',
        );
        connection.finish();
        await connection.whenEnded();
        expect(connection.pending).not.toMatch(/^HTTP\/1.1 2/);
        expect(finished).toBe(0);
        if (kind === 'a streaming') expect(thrown).toMatchObject({ code: 'input-incomplete' });
      });
    }
  });
}
