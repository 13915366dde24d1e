import { describe, expect, it } from 'vitest';
import { testEnviron } from '../../src/testing/index.ts';
import { asApplication, pipeline, streaming } from '../../src/wsgi/application.ts';
import type { Application, Body, Chunk, HeaderList, Middleware } from '../../src/wsgi/types.ts';
import { shiftPathInfo } from '../../src/wsgi/util.ts';
import { answering, answerOf, TEXT, Tracked, yielding } from './apps.ts';
import { Gate, type Harness, itKeeps, itNeeds, serving, until } from './harness.ts';
import { identity } from './variants.ts';

/** Makes text upper case, by the rules: one block for each, `close()` passed on. */
const shouting: Middleware = (app) => (environ, startResponse) => {
  const shout = (chunk: Chunk) =>
    Buffer.from(chunk as string)
      .toString()
      .toUpperCase();
  const body = app(environ, (status, headers, error) => {
    const without = headers.filter(([name]) => name.toLowerCase() !== 'content-length');
    const write = startResponse(status, without, error);
    return (chunk) => write(shout(chunk));
  }) as Iterable<Chunk> & Body;
  const close = body.close?.bind(body);
  const wrapped: Body = {
    *[Symbol.iterator]() {
      for (const chunk of body) yield shout(chunk);
    },
  };
  return close === undefined ? wrapped : Object.assign(wrapped, { close });
};

/** What servers owe to middleware. (PEP 3333, Middleware) */
export function middlewareRules(harness: Harness): void {
  describe('middleware', () => {
    it('MW-3 a block that middleware passes on leaves before the next is pulled', async () => {
      const gate = new Gate();
      const slow: Application = answering(() =>
        (async function* () {
          yield 'first';
          await gate.opened;
          yield 'second';
        })(),
      );
      const passing: Middleware = (app) => async (environ, startResponse) => {
        const body = (await app(environ, startResponse)) as AsyncIterable<Chunk>;
        return (async function* () {
          for await (const chunk of body) yield chunk;
        })();
      };
      const served = await serving(harness, pipeline(passing, passing, slow));
      const exchange = served.open();
      expect((await exchange.read())?.toString()).toBe('first');
      gate.open();
      expect((await exchange.read())?.toString()).toBe('second');
    });

    it('MW-6 what was written goes through as written', async () => {
      const answer = await answerOf(
        harness,
        pipeline(shouting, (_environ, startResponse) => {
          startResponse('200 OK', TEXT)('written ');
          return ['returned'];
        }),
      );
      expect(answer.body.toString()).toBe('WRITTEN RETURNED');
    });

    it.each([
      ['at the end', false],
      ['when the client leaves', true],
    ])('MW-7 close() passes through middleware once, %s', async (_when, leave) => {
      const body = new Tracked(['x'.repeat(10), 'y'.repeat(10)]);
      const served = await serving(
        harness,
        pipeline(
          shouting,
          identity,
          answering(() => body),
        ),
      );
      const exchange = served.open();
      await exchange.read();
      if (leave) exchange.leave('reset');
      else while ((await exchange.read()) !== null);
      await until(() => body.closes > 0);
      expect(body.closes).toBe(1);
    });

    itKeeps(harness, 'reason')('MW-8 a replaced answer passes through middleware', async () => {
      const answer = await answerOf(
        harness,
        pipeline(identity, identity, (_environ, startResponse) => {
          startResponse('200 OK', [['X-A', '1']]);
          startResponse('500 Oops', TEXT, new Error('x'));
          return ['sorry'];
        }),
      );
      expect([answer.statusLine, answer.headers.has('X-A')]).toEqual(['500 Oops', false]);
    });

    it('MW-9 a late startResponse passes through middleware', async () => {
      const answer = await answerOf(
        harness,
        pipeline(shouting, (_environ, startResponse) =>
          (function* () {
            startResponse('201 Created', TEXT);
            yield 'late';
          })(),
        ),
      );
      expect([answer.status, answer.body.toString()]).toEqual([201, 'LATE']);
    });

    it('MW-10 a length that middleware drops is not missed', async () => {
      const answer = await answerOf(
        harness,
        pipeline(
          shouting,
          answering(() => yielding('ß'), [['Content-Length', '2']]),
        ),
      );
      expect([answer.body.toString(), answer.complete]).toEqual(['SS', true]);
    });

    itKeeps(harness, 'reason')('MW-11 middleware can show an error page of its own', async () => {
      const page: Middleware = (app) => (environ, startResponse) => {
        try {
          return app(environ, startResponse);
        } catch (error) {
          startResponse('500 Custom', TEXT, error);
          return [`page: ${(error as Error).message}`];
        }
      };
      const answer = await answerOf(
        harness,
        pipeline(page, (_environ, startResponse) => {
          startResponse('200 OK', TEXT);
          throw new Error('why');
        }),
      );
      expect([answer.statusLine, answer.body.toString()]).toEqual(['500 Custom', 'page: why']);
    });

    it('MW-13 routing loses nothing of the path', async () => {
      const paths: string[] = [];
      const answer = await answerOf(
        harness,
        (environ, startResponse) => {
          const path = () => environ.SCRIPT_NAME + environ.PATH_INFO;
          paths.push(path());
          while (shiftPathInfo(environ) !== null) paths.push(path());
          startResponse('200 OK', TEXT);
          return [environ.SCRIPT_NAME];
        },
        { target: '/a/b/c' },
      );
      expect(answer.body.toString()).toBe('/a/b/c');
      expect(new Set(paths)).toEqual(new Set(['/a/b/c']));
    });

    it('MW-14, CLOSE-11 an application that is called twice: both results are closed', async () => {
      const bodies: Tracked[] = [];
      const retrying: Middleware = (app) => (environ, startResponse) => {
        let failed = false;
        const body = app(environ, (status, headers, error) => {
          failed = status.startsWith('5');
          return failed ? () => undefined : startResponse(status, headers, error);
        }) as Tracked;
        if (!failed) return body;
        body.close();
        return app({ ...environ, PATH_INFO: '/error' }, startResponse);
      };
      const answer = await answerOf(
        harness,
        pipeline(retrying, (environ, startResponse) => {
          const error = environ.PATH_INFO === '/error';
          startResponse(error ? '200 OK' : '500 Oops', TEXT);
          const body = new Tracked([error ? 'error document' : 'original']);
          bodies.push(body);
          return body;
        }),
      );
      expect(answer.body.toString()).toBe('error document');
      await until(() => bodies.every(({ closes }) => closes > 0));
      expect(bodies.map(({ closes }) => closes)).toEqual([1, 1]);
    });

    itNeeds(harness, 'asIs')(
      'MW-16, FW-5 the file wrapper works bare and behind middleware',
      async () => {
        const content = 'from a file';
        const app: Application = (environ, startResponse) => {
          startResponse('200 OK', TEXT);
          let left: Buffer | null = Buffer.from(content);
          const wrap = environ['wsgi.file_wrapper'];
          if (wrap === undefined) throw new Error('no file wrapper');
          return wrap({
            read: (size) => {
              const block: Buffer = left?.subarray(0, size) ?? Buffer.alloc(0);
              left = left?.subarray(size) ?? null;
              return block;
            },
          });
        };
        expect((await answerOf(harness, pipeline(identity, app))).body.toString()).toBe(content);
        expect((await answerOf(harness, pipeline(shouting, app))).body.toString()).toBe(
          'FROM A FILE',
        );
      },
    );

    it('MW-17 a copy of the environ serves as well', async () => {
      const copying: Middleware = (app) => (environ, startResponse) =>
        app({ ...environ }, startResponse);
      const answer = await answerOf(
        harness,
        pipeline(copying, (environ, startResponse) => {
          startResponse('200 OK', TEXT);
          environ['wsgi.errors'].flush();
          return [environ['wsgi.input'].read(), environ['wsgi.url_scheme']];
        }),
        { method: 'POST', body: 'content ' },
      );
      expect(answer.body.toString()).toBe('content http');
    });

    it('ASY-32 what the package itself wraps around an application keeps its form', () => {
      const startResponse = () => () => undefined;
      const body = ['x'];
      const app: Application = () => body;
      for (const wrapped of [
        pipeline(identity, app),
        streaming(app),
        asApplication({ call: app }),
      ]) {
        expect(wrapped(testEnviron(), startResponse)).toBe(body);
      }
      const later = Promise.resolve(body);
      expect(streaming(() => later)(testEnviron(), startResponse)).toBe(later);
    });

    it('ASY-36 an error keeps its identity through wrappers', async () => {
      const original = new Error('one and the same');
      const caught: unknown[] = [];
      const watching: Middleware = (app) => (environ, startResponse) => {
        try {
          return app(environ, startResponse);
        } catch (error) {
          caught.push(error);
          throw error;
        }
      };
      const headers: HeaderList = TEXT;
      await answerOf(
        harness,
        pipeline(watching, identity, watching, identity, watching, (_environ, startResponse) => {
          startResponse('200 OK', headers)('sent');
          startResponse('500 Oops', headers, original);
          return [];
        }),
      );
      expect(caught).toEqual([original, original, original]);
      expect(caught.every((error) => error === original)).toBe(true);
    });
  });
}
