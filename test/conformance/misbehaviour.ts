import { describe, expect, it } from 'vitest';
import type { Body, Chunk, InputStream } from '../../src/wsgi/types.ts';
import { answering, answerOf, TEXT, Tracked, thrownBy, yielding } from './apps.ts';
import { errorLines, type Harness, itKeeps, itNeeds, serving, until } from './harness.ts';

/** What else applications do that they should not. */
export function misbehaviour(harness: Harness): void {
  describe('misbehaving applications', () => {
    itKeeps(harness, 'reason')(
      'O2 startResponse while iterated: the head comes with the first bytes',
      async () => {
        const answer = await answerOf(harness, (_environ, startResponse) =>
          (function* () {
            yield '';
            startResponse('200 Late', TEXT);
            yield '';
            yield 'x';
          })(),
        );
        expect([answer.statusLine, answer.body.toString()]).toEqual(['200 Late', 'x']);
      },
    );

    it('O18 empty blocks ahead of others do not end the answer', async () => {
      const answer = await answerOf(
        harness,
        answering(() => yielding('', new Uint8Array(), 'x', '', 'y')),
      );
      expect([answer.body.toString(), answer.complete]).toEqual(['xy', true]);
    });

    it.each([
      ['null', null],
      ['a number', 7],
      ['an ArrayBuffer', new ArrayBuffer(1)],
      ['a DataView', new DataView(new ArrayBuffer(1))],
      ['a Uint16Array', Uint16Array.of(1)],
      ['an array', [1]],
    ])('O19 %s is no block', async (_what, value) => {
      for (const body of [() => [value], () => ['x', value], () => yielding('x', value as never)]) {
        const served = await serving(harness, answering(body as () => Body));
        const answer = await served.request();
        expect(answer.status === 500 || !answer.complete).toBe(true);
        expect(errorLines(served)[0]?.fields.error).toBeInstanceOf(TypeError);
      }
    });

    it('O19 every kind of byte array is one', async () => {
      const blocks: Chunk[] = [
        Buffer.from('a'),
        Uint8Array.of(98),
        new Uint8Array(new SharedArrayBuffer(1)).fill(99),
        new (class extends Uint8Array {})(1).fill(100),
      ];
      const answer = await answerOf(
        harness,
        answering(() => yielding(...blocks)),
      );
      expect(answer.body.toString()).toBe('abcd');
    });

    it('O20 a string as the result is one block, not one for each character', async () => {
      const served = await serving(
        harness,
        answering(() => 'text' as unknown as Body),
      );
      const exchange = served.open();
      expect((await exchange.read())?.toString()).toBe('text');
      expect(await exchange.read()).toBeNull();
    });

    it('O38 what an application does to its environ is its own business', async () => {
      const served = await serving(harness, (environ, startResponse) => {
        environ['wsgi.input'] = null as unknown as InputStream;
        for (const key of Object.keys(environ)) delete environ[key];
        Object.freeze(environ);
        startResponse('200 OK', TEXT);
        return ['still'];
      });
      for (let count = 0; count < 2; count++) {
        const answer = await served.request({ method: 'POST', body: 'content' });
        expect(answer.body.toString()).toBe('still');
      }
    });

    it('O38 so is HEAD, which the server knows for itself', async () => {
      const answer = await answerOf(
        harness,
        (environ, startResponse) => {
          environ.REQUEST_METHOD = 'GET';
          startResponse('200 OK', TEXT);
          return yielding('content');
        },
        { method: 'HEAD' },
      );
      expect(answer.body.length).toBe(0);
    });

    it('O9 a header list that throws when it is read is an error like any other', async () => {
      const hostile = [['X-A', '1']];
      Object.defineProperty(hostile, 0, {
        get: () => {
          throw new Error('hostile');
        },
      });
      const served = await serving(harness, (_environ, startResponse) => {
        startResponse('200 OK', hostile as [string, string][]);
        return [];
      });
      expect((await served.request()).status).toBe(500);
    });

    it('O20, EXC-8 an iterator that breaks its own protocol is an error like any other', async () => {
      for (const step of [undefined, null, 7]) {
        const body = { [Symbol.iterator]: () => ({ next: () => step }) } as unknown as Body;
        expect(
          (
            await answerOf(
              harness,
              answering(() => body),
            )
          ).status,
        ).toBe(500);
      }
      const throwing = {
        [Symbol.iterator]: () => {
          throw new Error('no iterator');
        },
      };
      const served = await serving(
        harness,
        answering(() => throwing),
      );
      expect((await served.request()).status).toBe(500);
    });

    itNeeds(harness, 'asIs')('ASY-3 a result whose properties throw is an error too', async () => {
      const served = await serving(harness, (environ, startResponse) => {
        startResponse('200 OK', TEXT);
        if (environ.PATH_INFO === '/good') return ['good'];
        return new Proxy([], {
          get: () => {
            throw new Error('hostile');
          },
        }) as unknown as Body;
      });
      expect((await served.request()).status).toBe(500);
      expect((await served.request({ target: '/good' })).body.toString()).toBe('good');
    });

    it('O27 startResponse that threw: the result is closed once', async () => {
      const body = new Tracked(['x']);
      const answer = await answerOf(harness, (_environ, startResponse) => {
        thrownBy(() => startResponse('bad', []));
        return body;
      });
      expect(answer.status).toBe(500);
      await until(() => body.closes > 0);
      expect(body.closes).toBe(1);
    });

    it('O30 write() after the end reaches nobody', async () => {
      let late: (() => unknown) | undefined;
      const served = await serving(harness, (_environ, startResponse) => {
        const write = startResponse('200 OK', TEXT);
        late ??= () => write('late');
        return ['x'];
      });
      await served.request();
      await until(() => thrownBy(() => late?.()) !== undefined);
      expect(thrownBy(() => late?.())).toMatchObject({ code: 'response-ended' });
      expect((await served.request()).body.toString()).toBe('x');
    });
  });
}
