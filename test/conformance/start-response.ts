import { describe, expect, it } from 'vitest';
import type { HeaderList, StartResponse, Write } from '../../src/wsgi/types.ts';
import { answering, answerOf, outcomeOf, TEXT, thrownBy, yielding } from './apps.ts';
import { collectGarbage } from './garbage.ts';
import { errorLines, Gate, type Harness, itKeeps, itNeeds, quiet, serving } from './harness.ts';

/** (PEP 3333, The start_response() Callable) */
export function startResponseCalls(harness: Harness): void {
  describe('startResponse', () => {
    it('SR-1 returns write, also when called again', async () => {
      const kinds: string[] = [];
      await answerOf(harness, (_environ, startResponse) => {
        kinds.push(typeof startResponse('200 OK', TEXT));
        kinds.push(typeof startResponse('500 Oops', TEXT, new Error('again')));
        return [];
      });
      expect(kinds).toEqual(['function', 'function']);
    });

    it.each([
      ['SR-2, ASY-11 nothing is sent by the call itself', TEXT],
      ['SR-4 nothing is sent early whatever length is declared', [['Content-Length', '1']]],
    ] as [string, HeaderList][])('%s', async (_title, headers) => {
      const gate = new Gate();
      const served = await serving(harness, async (_environ, startResponse) => {
        startResponse('200 OK', headers);
        await gate.opened;
        return ['x'];
      });
      const exchange = served.open();
      let begun = false;
      exchange.head().then(() => {
        begun = true;
      });
      await quiet();
      expect(begun).toBe(false);
      gate.open();
      expect((await exchange.head()).status).toBe(200);
    });

    it('SR-3 empty blocks do not send the headers; the first data does', async () => {
      const gate = new Gate();
      const served = await serving(
        harness,
        answering(() =>
          (async function* () {
            yield '';
            yield new Uint8Array();
            await gate.opened;
            yield 'x';
          })(),
        ),
      );
      const exchange = served.open();
      let begun = false;
      exchange.head().then(() => {
        begun = true;
      });
      await quiet();
      expect(begun).toBe(false);
      gate.open();
      expect((await exchange.read())?.toString()).toBe('x');
    });

    it('SR-3 without any data, the end sends them', async () => {
      const answer = await answerOf(
        harness,
        answering(() => [], [['X-End', '1']]),
      );
      expect([answer.status, answer.headers.get('X-End')]).toEqual([200, '1']);
    });

    it('SR-5, SR-6, O4 a second call needs an error, even if the first one threw', async () => {
      let thrown: unknown;
      const served = await serving(harness, (_environ, startResponse) => {
        thrownBy(() => startResponse('bad', []));
        thrown = thrownBy(() => startResponse('200 OK', []));
        throw thrown;
      });
      expect((await served.request()).status).toBe(500);
      expect(thrown).toMatchObject({ code: 'start-response-twice' });
      expect(errorLines(served)).toHaveLength(1);
    });

    it('SR-5 also after a good first call', async () => {
      let thrown: unknown;
      const answer = await answerOf(harness, (_environ, startResponse) => {
        startResponse('200 OK', TEXT);
        thrown = thrownBy(() => startResponse('200 OK', TEXT, null));
        return ['x'];
      });
      expect(thrown).toMatchObject({ code: 'start-response-twice' });
      expect(answer.body.toString()).toBe('x');
    });

    itKeeps(harness, 'reason')(
      'SR-7, O5 with an error and nothing sent, the second call replaces everything',
      async () => {
        const answer = await answerOf(harness, (_environ, startResponse) => {
          startResponse('200 OK', [
            ['X-A', '1'],
            ['Content-Length', '99'],
          ]);
          startResponse('500 Oops', [['X-B', '2']], new Error('x'));
          return ['replaced'];
        });
        expect(answer.statusLine).toBe('500 Oops');
        expect([answer.headers.has('X-A'), answer.headers.get('X-B')]).toEqual([false, '2']);
        expect(answer.body.toString()).toBe('replaced');
      },
    );

    it('SR-8, O6 with an error after the headers went out, that very value is thrown', async () => {
      const original = { not: 'even an Error' };
      let caught: unknown;
      const served = await serving(harness, (_environ, startResponse) => {
        startResponse('200 OK', TEXT);
        return (function* () {
          yield 'data';
          caught = thrownBy(() => startResponse('500 Oops', TEXT, original));
          throw caught;
        })();
      });
      const answer = await served.request();
      expect(caught).toBe(original);
      expect(answer).toMatchObject({ status: 200, complete: false });
      expect(errorLines(served)[0]?.fields.error).toBe(original);
    });

    itKeeps(harness, 'reason')('SR-9 an error may come with the first call', async () => {
      const answer = await answerOf(harness, (_environ, startResponse) => {
        startResponse('404 Gone Fishing', TEXT, new Error('x'));
        return ['none'];
      });
      expect([answer.statusLine, answer.body.toString()]).toEqual(['404 Gone Fishing', 'none']);
    });

    it('SR-10 of several calls with an error the last one counts', async () => {
      const answer = await answerOf(harness, (_environ, startResponse) => {
        for (const code of [500, 501, 502]) startResponse(`${code} Oops`, TEXT, new Error('x'));
        return ['x'];
      });
      expect(answer.status).toBe(502);
    });

    it('SR-11 faults are thrown inside the call', async () => {
      expect(await outcomeOf(harness, '200 OK', [['X', 'a\nb']])).toBe('bad-header');
      expect(await outcomeOf(harness, 'OK')).toBe('bad-status');
    });

    itNeeds(harness, 'patient')('SR-12 the error is not kept', async () => {
      const gate = new Gate();
      let reference: WeakRef<Error> | undefined;
      const start = (startResponse: StartResponse) => {
        const error = new Error('to be forgotten');
        reference = new WeakRef(error);
        startResponse('500 Oops', TEXT, error);
      };
      const served = await serving(harness, async (_environ, startResponse) => {
        start(startResponse);
        await gate.opened;
        return ['x'];
      });
      const answer = served.request();
      // References on the stack and in optimised code go with the turn.
      for (let turn = 0; turn < 50 && (reference === undefined || reference.deref()); turn++) {
        await quiet(5);
        collectGarbage();
      }
      expect(reference?.deref()).toBeUndefined();
      gate.open();
      expect((await answer).status).toBe(500);
    });

    it.each([
      ['an object', { 'X-A': '1' }],
      ['a Map', new Map([['X-A', '1']])],
      ['nothing', undefined],
      ['null', null],
      ['a string', 'X-A: 1'],
      ['pairs of three', [['X-A', '1', '2']]],
      ['a number as value', [['X-A', 1]]],
      ['a number as name', [[1, 'x']]],
      ['a string as pair', ['ab']],
      ['bytes as value', [['X-A', Buffer.from('1')]]],
      ['String objects', [['X-A', new String('1')]]],
    ])('SR-13, O9 %s in place of a header list is refused', async (_what, headers) => {
      expect(await outcomeOf(harness, '200 OK', headers)).toBe('bad-header');
    });

    it('SR-14 the header list is copied, and never changed', async () => {
      const headers: HeaderList = [
        ['X-A', ' 1 '],
        ['Content-Length', '1'],
      ];
      const before = structuredClone(headers);
      const answer = await answerOf(harness, (_environ, startResponse) => {
        startResponse('200 OK', headers);
        expect(headers).toEqual(before);
        headers.push(['X-B', '2']);
        (headers[0] as [string, string])[1] = 'changed';
        return ['x'];
      });
      expect([answer.headers.get('X-A'), answer.headers.has('X-B')]).toEqual(['1', false]);
    });

    it('SR-15 the write of the first call sends what the second one said', async () => {
      const answer = await answerOf(harness, (_environ, startResponse) => {
        const write = startResponse('200 OK', TEXT);
        startResponse('500 Oops', TEXT, new Error('x'));
        write('written');
        return [];
      });
      expect([answer.status, answer.body.toString()]).toEqual([500, 'written']);
    });

    it('SR-16, O30 startResponse and write throw once the request is over', async () => {
      let late: StartResponse | undefined;
      let write: Write | undefined;
      const served = await serving(harness, (_environ, startResponse) => {
        late ??= startResponse;
        const given = startResponse('200 OK', TEXT);
        write ??= given;
        return yielding('x');
      });
      await served.request();
      // The client has its answer before the request is over.
      await quiet(20);
      expect(thrownBy(() => late?.('200 OK', TEXT, null))).toMatchObject({
        code: 'response-ended',
      });
      expect(thrownBy(() => write?.('late'))).toMatchObject({ code: 'response-ended' });
      expect((await served.request()).body.toString()).toBe('x');
    });

    it('SR-17 an empty write does not send the headers', async () => {
      const answer = await answerOf(harness, (_environ, startResponse) => {
        const write = startResponse('200 OK', TEXT);
        write(new Uint8Array());
        write('');
        startResponse('500 Oops', TEXT, new Error('x'));
        return ['x'];
      });
      expect(answer.status).toBe(500);
    });
  });
}
