import { describe, expect, it } from 'vitest';
import { demoApp } from '../../src/wsgi/demo.ts';
import type { Body, Chunk, Environ, HeaderList, StartResponse } from '../../src/wsgi/types.ts';
import { applicationUri, requestUri, shiftPathInfo } from '../../src/wsgi/util.ts';
import { answering, answerOf, endless, TEXT, Tracked, thrownBy, yielding } from './apps.ts';
import { errorLines, type Harness, itKeeps, itNeeds, quiet, serving, until } from './harness.ts';

/** The application side. (PEP 3333, The Application/Framework Side) */
export function applicationSide(harness: Harness): void {
  describe('application side', () => {
    const hello = answering(() => ['hello']);

    class Bound {
      private readonly word = 'hello';
      run(_environ: Environ, startResponse: StartResponse): Body {
        startResponse('200 OK', TEXT);
        return [this.word];
      }
    }
    class AsClass implements Iterable<Chunk> {
      private readonly startResponse: StartResponse;
      constructor(_environ: Environ, startResponse: StartResponse) {
        this.startResponse = startResponse;
      }
      *[Symbol.iterator](): Generator<Chunk> {
        this.startResponse('200 OK', TEXT);
        yield 'hello';
      }
    }
    const bound = new Bound();
    it.each([
      ['a function', hello],
      ['a bound method', bound.run.bind(bound)],
      ['an object with a call method', { call: hello }],
      ['a class', AsClass],
    ])('APP-1 %s is an application', async (_what, app) => {
      const served = await serving(harness, app);
      const answer = await served.request();
      expect([answer.status, answer.body.toString()]).toEqual([200, 'hello']);
    });

    it('APP-2 the same application answers again and again', async () => {
      let calls = 0;
      const served = await serving(harness, (_environ, startResponse) => {
        calls++;
        startResponse('200 OK', TEXT);
        return ['hello'];
      });
      for (let count = 0; count < 100; count++) await served.request();
      expect(calls).toBe(100);
    });

    it.each([
      ['undefined', undefined],
      ['null', null],
      ['false', false],
      ['a number', 7],
      ['an object without an iterator', {}],
    ])('APP-3 returning %s is an error of the application', async (_what, result) => {
      const served = await serving(harness, (_environ, startResponse) => {
        startResponse('200 OK', TEXT);
        return result as unknown as Body;
      });
      expect((await served.request()).status).toBe(500);
      expect(errorLines(served)).toHaveLength(1);
      expect(String(errorLines(served)[0]?.fields.error)).toContain('expected an iterable');
    });

    it('APP-4 a string block is sent as UTF-8', async () => {
      const answer = await answerOf(
        harness,
        answering(() => yielding('é', '€')),
      );
      expect(answer.body.toString('hex')).toBe('c3a9e282ac');
    });

    it('APP-4 something else as the first block gives 500', async () => {
      const served = await serving(
        harness,
        answering(() => yielding(1 as unknown as Chunk)),
      );
      expect((await served.request()).status).toBe(500);
      expect(errorLines(served)[0]?.fields.error).toBeInstanceOf(TypeError);
    });

    it('APP-4 something else after data cuts the answer', async () => {
      const served = await serving(
        harness,
        answering(() => yielding('data', 1 as unknown as Chunk)),
      );
      const answer = await served.request();
      expect(answer).toMatchObject({ status: 200, complete: false });
      expect(answer.body.toString()).toBe('data');
      expect(errorLines(served)[0]?.fields.error).toBeInstanceOf(TypeError);
    });

    it('APP-5 data before startResponse gives 500', async () => {
      const answer = await answerOf(harness, (_environ, startResponse) =>
        (function* () {
          yield 'early';
          startResponse('200 OK', TEXT);
        })(),
      );
      expect(answer.status).toBe(500);
      expect(answer.body.toString()).not.toContain('early');
    });

    it('APP-6, SRV-7 startResponse may be called in the first step of the iteration', async () => {
      const answer = await answerOf(harness, (_environ, startResponse) =>
        (function* () {
          startResponse('201 Created', [['X-Late', 'yes']]);
          yield 'late';
        })(),
      );
      expect(answer.statusLine).toBe('201 Created');
      expect(answer.headers.get('X-Late')).toBe('yes');
      expect(answer.body.toString()).toBe('late');
    });

    it('APP-7 too few arguments of startResponse throw in the application', async () => {
      const thrown: unknown[] = [];
      const answer = await answerOf(harness, (_environ, startResponse) => {
        const loose = startResponse as unknown as (...args: unknown[]) => unknown;
        thrown.push(thrownBy(() => loose()));
        startResponse('500 Oops', TEXT, thrown[0]);
        thrown.push(thrownBy(() => loose('200 OK', undefined, thrown[0])));
        throw thrown[1];
      });
      expect(answer.status).toBe(500);
      expect(thrown).toMatchObject([{ code: 'bad-status' }, { code: 'bad-header' }]);
    });

    it('APP-8 the length of an array of blocks is not taken from its first', async () => {
      const answer = await answerOf(
        harness,
        answering(() => ['first', 'second']),
      );
      expect(answer.body.toString()).toBe('firstsecond');
      expect(answer.headers.get('Content-Length') ?? '11').toBe('11');
      expect(answer.complete).toBe(true);
    });

    it.each(['reset', 'fin'] as const)(
      'APP-9, P2 a client that leaves mid-answer (%s) stops the iteration and closes it',
      async (how) => {
        const body = new Tracked(endless(Buffer.alloc(256 * 1024)));
        const served = await serving(
          harness,
          answering(() => body),
        );
        const exchange = served.open();
        await exchange.read();
        exchange.leave(how);
        await until(() => body.closes === 1, 'close()');
        const { pulls } = body;
        await quiet(20);
        expect(body).toMatchObject({ pulls, closes: 1, returns: 1 });
        expect(errorLines(served)).toEqual([]);
      },
    );

    itNeeds(harness, 'asIs')('APP-10 an array of one block is sent with its length', async () => {
      const answer = await answerOf(
        harness,
        answering(() => [Buffer.from('page')]),
      );
      expect(answer.headers.get('Content-Length')).toBe('4');
      expect(answer.headers.has('Transfer-Encoding')).toBe(false);
    });

    it.each([
      ['a string', 'text', 'text'],
      ['a byte array', new Uint8Array([65, 66]), 'AB'],
    ])('APP-11, ASY-4 %s as the result is one block', async (_what, result, text) => {
      const answer = await answerOf(
        harness,
        answering(() => result as Body),
      );
      expect(answer.body.toString()).toBe(text);
      expect(answer.headers.get('Content-Length')).toBe(String(text.length));
    });

    it('APP-14 a transfer coding of its own is refused inside the call', async () => {
      let thrown: unknown;
      await answerOf(harness, (_environ, startResponse) => {
        thrown = thrownBy(() => startResponse('200 OK', [['Transfer-Encoding', 'chunked']]));
        throw thrown;
      });
      expect(thrown).toMatchObject({ code: 'hop-by-hop-header' });
    });

    it('APP-15 ranges and cache validation are left to the application', async () => {
      const headers: HeaderList = [['ETag', '"1"']];
      const answer = await answerOf(
        harness,
        answering(() => ['whole'], headers),
        {
          headers: [
            ['If-None-Match', '"1"'],
            ['Range', 'bytes=0-1'],
          ],
        },
      );
      expect([answer.status, answer.body.toString()]).toEqual([200, 'whole']);
    });

    it('APP-17 the helpers manage without the optional variables', async () => {
      const answer = await answerOf(harness, (environ, startResponse) => {
        for (const key of ['QUERY_STRING', 'CONTENT_TYPE', 'CONTENT_LENGTH', 'REMOTE_ADDR']) {
          delete environ[key];
        }
        const uris = [requestUri(environ), applicationUri(environ)];
        shiftPathInfo(environ);
        const body = demoApp(environ, startResponse);
        return [...(body as Iterable<Chunk>), `\n${uris.join(' ')}`];
      });
      expect(answer.status).toBe(200);
      expect(answer.body.toString()).toMatch(/http:\S+\/ http:\S+\/$/);
    });

    itKeeps(harness, 'reason')(
      'APP-18 an application that catches its own error replaces its answer',
      async () => {
        const served = await serving(harness, (_environ, startResponse) => {
          try {
            startResponse('200 OK', [['X-First', '1']]);
            throw new Error('inside');
          } catch (error) {
            startResponse('503 Later', TEXT, error);
            return ['sorry'];
          }
        });
        const answer = await served.request();
        expect([answer.statusLine, answer.body.toString()]).toEqual(['503 Later', 'sorry']);
        expect(answer.headers.has('X-First')).toBe(false);
        expect(errorLines(served)).toEqual([]);
      },
    );

    it('APP-20 write() from inside the iterable throws', async () => {
      let thrown: unknown;
      const answer = await answerOf(harness, (_environ, startResponse) => {
        const write = startResponse('200 OK', TEXT);
        return (function* () {
          yield 'one';
          thrown = thrownBy(() => write('smuggled'));
          yield 'two';
        })();
      });
      expect(thrown).toMatchObject({ code: 'write-after-iteration' });
      expect(answer.body.toString()).toBe('onetwo');
    });

    it('APP-21 the demo application does not use write()', async () => {
      const answer = await answerOf(harness, (environ, startResponse) =>
        demoApp(environ, (...args) => {
          startResponse(...args);
          return () => {
            throw new Error('write() was called');
          };
        }),
      );
      expect(answer.status).toBe(200);
    });

    it('APP-22 what was written stands, and an iterable must still follow', async () => {
      const wrote = (result: unknown) =>
        serving(harness, (_environ, startResponse) => {
          startResponse('200 OK', TEXT)('a');
          return result as Body;
        });
      const good = await (await wrote([])).request();
      expect([good.body.toString(), good.complete]).toEqual(['a', true]);
      const served = await wrote(undefined);
      const bad = await served.request();
      expect([bad.body.toString(), bad.complete]).toEqual(['a', false]);
      expect(errorLines(served)).toHaveLength(1);
    });

    it('APP-23 a code unit above U+00FF is refused, not truncated', async () => {
      const thrown: unknown[] = [];
      const answer = await answerOf(harness, (_environ, startResponse) => {
        thrown.push(thrownBy(() => startResponse('200 OK', [['X-Price', '€']])));
        throw thrown[0];
      });
      expect(thrown[0]).toMatchObject({ code: 'bad-header' });
      expect(answer.headers.has('X-Price')).toBe(false);
    });
  });
}
