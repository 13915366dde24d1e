import { describe, expect, it } from 'vitest';
import type { Application, Body, Chunk } from '../../src/wsgi/types.ts';
import { answering, answerOf, TEXT, thrownBy, yielding } from './apps.ts';
import { type Answer, errorLines, type Harness, itNeeds, serving, until } from './harness.ts';
import { asynchronous, promised } from './variants.ts';

const pause = (milliseconds = 5) => new Promise((resolve) => setTimeout(resolve, milliseconds));

/** The asynchronous forms of the contract. */
export function asynchronousForms(harness: Harness): void {
  const asIs = itNeeds(harness, 'asIs');

  describe('asynchronous forms', () => {
    it('ASY-1, ASY-39 the four forms give the same answer', async () => {
      const sync = answering(() => yielding('one', Buffer.from('two'), ''));
      const async: Application = (environ, startResponse) =>
        asynchronous(sync(environ, startResponse) as Body);
      const view = ({ statusLine, headers, body, complete }: Answer) => ({
        statusLine,
        headers: [...headers].filter(([name]) => name !== 'Date'),
        body: body.toString(),
        complete,
      });
      const expected = view(await answerOf(harness, sync));
      for (const form of [promised(sync), async, promised(async)]) {
        expect(view(await answerOf(harness, form))).toEqual(expected);
      }
    });

    it('ASY-2 the result decides, never the application', async () => {
      const refuse = (): never => {
        throw new Error('looked into the application');
      };
      const app = new Proxy(promised(answering(() => ['called'])), {
        get: refuse,
        getPrototypeOf: refuse,
      });
      expect((await answerOf(harness, app)).body.toString()).toBe('called');
    });

    asIs('ASY-3 a promise first, then the asynchronous iterator, then the other', async () => {
      const both = {
        [Symbol.iterator]: () => yielding('sync'),
        async *[Symbol.asyncIterator](): AsyncGenerator<Chunk> {
          yield 'async';
        },
      };
      expect(
        (
          await answerOf(
            harness,
            answering(() => both),
          )
        ).body.toString(),
      ).toBe('async');
      const thenable = Object.assign(yielding('not this'), {
        // biome-ignore lint/suspicious/noThenProperty: it is what is tested
        then: (resolve: (value: Body) => void) => resolve(['resolved']),
      });
      expect(
        (
          await answerOf(
            harness,
            answering(() => thenable),
          )
        ).body.toString(),
      ).toBe('resolved');
    });

    it.each([
      ['an object', {}],
      ['a number', 1],
    ])('ASY-3 %s in a promise is as wrong as bare', async (_what, result) => {
      const app: Application = async (_environ, startResponse) => {
        startResponse('200 OK', TEXT);
        return result as unknown as Body;
      };
      expect((await answerOf(harness, app)).status).toBe(500);
    });

    it('ASY-4 a bare string or byte array in a promise is one block', async () => {
      for (const result of ['text', Buffer.from('text')]) {
        const answer = await answerOf(harness, async (_environ, startResponse) => {
          startResponse('200 OK', TEXT);
          return result as unknown as Body;
        });
        expect(answer.body.toString()).toBe('text');
        expect(answer.headers.get('Content-Length')).toBe('4');
      }
    });

    it('ASY-5 a promise among the blocks is an error', async () => {
      for (const body of [
        () => [Promise.resolve('x')],
        () => ['x', Promise.resolve('y')],
        () => yielding(Promise.resolve('x') as unknown as Chunk),
      ] as (() => Body)[]) {
        const served = await serving(harness, answering(body));
        const answer = await served.request();
        expect(answer.complete && answer.status === 200).toBe(false);
        expect(errorLines(served)[0]?.fields.error).toBeInstanceOf(TypeError);
      }
    });

    it('ASY-6 a throw, a rejected result and a rejected next() are one and the same', async () => {
      const failure = new Error('failed');
      const apps: Application[] = [
        () => {
          throw failure;
        },
        () => Promise.reject(failure),
        answering(() => ({
          [Symbol.asyncIterator]: () => ({ next: () => Promise.reject(failure) }),
        })),
      ];
      const views: unknown[] = [];
      for (const app of apps) {
        const served = await serving(harness, app);
        const { statusLine, body } = await served.request();
        const lines = errorLines(served).map(({ message, fields }) => [message, fields.error]);
        views.push([statusLine, body.toString(), lines]);
      }
      expect(views[1]).toEqual(views[0]);
      expect(views[2]).toEqual(views[0]);
    });

    it('ASY-7 startResponse is synchronous in asynchronous applications too', async () => {
      const seen: unknown[] = [];
      await answerOf(harness, async (_environ, startResponse) => {
        await pause();
        seen.push(typeof startResponse('200 OK', TEXT));
        const original = new Error('original');
        startResponse('200 OK', TEXT, original)('data');
        seen.push(thrownBy(() => startResponse('500 Oops', TEXT, original)) === original);
        return [];
      });
      expect(seen).toEqual(['function', true]);
    });

    it('ASY-8 it may be called after an await, and must be', async () => {
      const late = await answerOf(harness, async (_environ, startResponse) => {
        await pause();
        startResponse('200 OK', TEXT);
        return ['late'];
      });
      expect([late.status, late.body.toString()]).toEqual([200, 'late']);
      const never = await answerOf(harness, async () => {
        await pause();
        return [];
      });
      expect(never.status).toBe(500);
    });

    it('ASY-9 after the request it throws, and harms none that follows', async () => {
      const thrown: unknown[] = [];
      const served = await serving(harness, (_environ, startResponse) => {
        setTimeout(() => {
          thrown.push(thrownBy(() => startResponse('200 OK', [['X-Late', '1']], new Error('x'))));
        }, 20);
        return Promise.reject(new Error('settled'));
      });
      expect((await served.request()).status).toBe(500);
      await until(() => thrown.length === 1);
      expect(thrown[0]).toMatchObject({ code: 'response-ended' });
      const next = await served.request();
      expect([next.status, next.headers.has('X-Late')]).toEqual([500, false]);
      await until(() => thrown.length === 2);
    });

    it('ASY-10 of two tasks that both call it the second one fails', async () => {
      const answer = await answerOf(harness, async (_environ, startResponse) => {
        const task = async (wait: number) => {
          await pause(wait);
          startResponse('200 OK', [['X-Task', String(wait)]]);
        };
        const results = await Promise.allSettled([task(1), task(20)]);
        return [results.map(({ status }) => status).join()];
      });
      expect(answer.body.toString()).toBe('fulfilled,rejected');
      expect(answer.headers.get('X-Task')).toBe('1');
    });

    it('ASY-11 an error after an await still gets its page', async () => {
      const answer = await answerOf(harness, async (_environ, startResponse) => {
        startResponse('200 OK', TEXT);
        await pause(30);
        throw new Error('after all');
      });
      expect([answer.status, answer.complete]).toEqual([500, true]);
    });

    it('ASY-12 one next() is pending at a time', async () => {
      let pending = 0;
      let most = 0;
      let count = 0;
      const answer = await answerOf(
        harness,
        answering(() => ({
          [Symbol.asyncIterator]: () => ({
            next: async () => {
              most = Math.max(most, ++pending);
              await pause(2);
              pending--;
              return count++ < 5
                ? { done: false as const, value: 'x' }
                : { done: true as const, value: undefined };
            },
          }),
        })),
      );
      expect([answer.body.toString(), most]).toEqual(['xxxxx', 1]);
    });

    itNeeds(harness, 'sync')(
      'ASY-14 a plain iterable is iterated in the turn of the call',
      async () => {
        const order: string[] = [];
        await answerOf(harness, (_environ, startResponse) => {
          startResponse('200 OK', TEXT);
          queueMicrotask(() => order.push('microtask'));
          return (function* () {
            order.push('first');
            yield 'x';
          })();
        });
        expect(order).toEqual(['first', 'microtask']);
      },
    );

    asIs('ASY-16 an array that came through a promise has its length', async () => {
      const answer = await answerOf(harness, promised(answering(() => ['abc'])));
      expect(answer.headers.get('Content-Length')).toBe('3');
    });

    it('ASY-40 one set of applications, as CPython answers it', async () => {
      const wsgiref: [Application, string, string][] = [
        [answering(() => ['a', 'b']), '200 OK', 'ab'],
        [answering(() => yielding('', 'a', '')), '200 OK', 'a'],
        [answering(() => [], TEXT, '404 Not Found'), '404 Not Found', ''],
      ];
      for (const [app, statusLine, body] of wsgiref) {
        const answer = await answerOf(harness, app);
        expect([answer.statusLine, answer.body.toString()]).toEqual([statusLine, body]);
        expect(answer.headers.get('Content-Type')).toBe('text/plain');
      }
    });
  });
}
