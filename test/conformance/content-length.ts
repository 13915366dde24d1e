import { describe, expect, it } from 'vitest';
import type { Body, Chunk, HeaderList } from '../../src/wsgi/types.ts';
import { answering, answerOf, TEXT, Tracked, thrownBy, yielding } from './apps.ts';
import { errorLines, type Harness, itNeeds, quiet, serving, until } from './harness.ts';

const length = (value: number): HeaderList => [['Content-Length', String(value)]];

/** (PEP 3333, Handling the Content-Length Header) */
export function contentLength(harness: Harness): void {
  describe('Content-Length', () => {
    it('CLEN-1, O15 no more is sent than was declared; the breach is logged', async () => {
      const served = await serving(
        harness,
        answering(() => yielding('hel', 'loworld'), length(5)),
      );
      const answer = await served.request();
      expect([answer.body.toString(), answer.headers.get('Content-Length')]).toEqual([
        'hello',
        '5',
      ]);
      await until(() => errorLines(served).length > 0);
      expect(errorLines(served)).toMatchObject([{ fields: { code: 'long-body' } }]);
    });

    itNeeds(
      harness,
      'http1',
      'direct',
    )('CLEN-1, O15 a connection whose answer was cut short ends', async () => {
      const served = await serving(
        harness,
        answering(() => yielding('helloworld'), length(5)),
      );
      const connection = await served.connect();
      connection.send('GET / HTTP/1.1\r\nHost: a\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n');
      expect((await connection.readAnswer()).body.toString()).toBe('hello');
      await connection.whenEnded();
      expect(connection.pending).toBe('');
    });

    itNeeds(harness, 'http1')('CLEN-1 one that reached its length exactly goes on', async () => {
      const body = () => yielding('hello', 'world');
      const served = await serving(
        harness,
        answering(() => body(), length(5)),
      );
      const connection = await served.connect();
      for (let count = 0; count < 2; count++) {
        connection.send('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
        expect((await connection.readAnswer()).body.toString()).toBe('hello');
      }
      expect(errorLines(served)).toEqual([]);
    });

    it('CLEN-2, CLOSE-4 iterating stops once enough is sent', async () => {
      const body = new Tracked(yielding('hello', 'world'));
      const answer = await answerOf(
        harness,
        answering(() => body, length(5)),
      );
      expect(answer.body.toString()).toBe('hello');
      await until(() => body.closes > 0);
      expect(body).toMatchObject({ pulls: 1, returns: 1, closes: 1 });
    });

    it('CLEN-3, O29 write() beyond the declared length throws', async () => {
      let thrown: unknown;
      const answer = await answerOf(harness, (_environ, startResponse) => {
        const write = startResponse('200 OK', length(3));
        write('ab');
        thrown = thrownBy(() => write('cd'));
        return ['c'];
      });
      expect(thrown).toMatchObject({ code: 'long-body' });
      expect([answer.body.toString(), answer.complete]).toEqual(['abc', true]);
    });

    it('CLEN-4, O14 a short body shows, and is logged', async () => {
      const served = await serving(
        harness,
        answering(() => yielding('hello'), length(10)),
      );
      const answer = await served.request();
      expect(answer).toMatchObject({ status: 200, complete: false });
      expect(answer.body.toString()).toBe('hello');
      await until(() => errorLines(served).length > 0);
      expect(errorLines(served)).toMatchObject([{ fields: { code: 'short-body' } }]);
    });

    it('CLEN-4 a body of nothing where a length was declared gives 500', async () => {
      const answer = await answerOf(
        harness,
        answering(() => [], length(10)),
      );
      expect(answer).toMatchObject({ status: 500, complete: true });
    });

    itNeeds(harness, 'http1')('CLEN-4 and its connection is not used again', async () => {
      const served = await serving(
        harness,
        answering(() => yielding('hello'), length(10)),
      );
      const connection = await served.connect();
      connection.send('GET / HTTP/1.1\r\nHost: a\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n');
      const answer = await connection.readAnswer();
      expect([answer.body.toString(), answer.complete]).toEqual(['hello', false]);
      await connection.whenEnded();
    });

    itNeeds(harness, 'asIs')('CLEN-5, O17 an array of one block has its length', async () => {
      for (const [block, size] of [
        ['abc', '3'],
        ['é', '2'],
        [Buffer.alloc(100_000), '100000'],
        ['', '0'],
      ] as [Chunk, string][]) {
        const answer = await answerOf(
          harness,
          answering(() => [block]),
        );
        expect(answer.headers.get('Content-Length')).toBe(size);
      }
    });

    it('CLEN-6 not when write() was used', async () => {
      const answer = await answerOf(harness, (_environ, startResponse) => {
        startResponse('200 OK', TEXT)('a');
        return ['bc'];
      });
      expect([answer.body.toString(), answer.complete]).toEqual(['abc', true]);
      expect(answer.headers.get('Content-Length') ?? '3').toBe('3');
    });

    itNeeds(harness, 'http1')(
      'CLEN-7, O16 else it is chunked, and the connection goes on',
      async () => {
        const served = await serving(
          harness,
          answering(() => yielding('a', 'b')),
        );
        const connection = await served.connect();
        for (let count = 0; count < 2; count++) {
          connection.send('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
          const answer = await connection.readAnswer();
          expect([answer.framing, answer.body.toString()]).toEqual(['chunked', 'ab']);
        }
      },
    );

    itNeeds(harness, 'http1')(
      'CLEN-8, O18 an empty block is no chunk, the last one comes once',
      async () => {
        const served = await serving(
          harness,
          answering(() => yielding('', 'a', '', new Uint8Array(), 'b', '')),
        );
        const connection = await served.connect();
        connection.send('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
        const answer = await connection.readAnswer();
        expect(answer.pieces.map(String)).toEqual(['a', 'b']);
        await quiet(20);
        expect([connection.pending, connection.ended]).toEqual(['', 'open']);
      },
    );

    itNeeds(harness, 'http1')('CLEN-9, O16 HTTP/1.0 gets no chunks', async () => {
      const served = await serving(
        harness,
        answering(() => yielding('a', 'b')),
      );
      const answer = await served.request({ protocol: 'HTTP/1.0' });
      expect(answer.headers.has('Transfer-Encoding')).toBe(false);
      expect(answer.headers.has('Content-Length')).toBe(false);
      expect([answer.body.toString(), answer.complete]).toEqual(['ab', true]);
    });

    it.each([
      ['GET', '200 OK', '0'],
      ['HEAD', '200 OK', null],
      ['GET', '204 No Content', null],
      ['GET', '304 Not Modified', null],
    ])('CLEN-10 no data on %s with %s: Content-Length %j', async (method, status, expected) => {
      const served = await serving(
        harness,
        answering(() => [], [], status),
      );
      expect((await served.request({ method })).headers.get('Content-Length')).toBe(expected);
    });

    it('CLEN-10 an empty block does not change that', async () => {
      const served = await serving(
        harness,
        answering(() => [''], [], '304 Not Modified'),
      );
      expect((await served.request()).headers.has('Content-Length')).toBe(false);
    });

    it('CLEN-11 HEAD has a length only where GET has the same', async () => {
      const generated = await serving(
        harness,
        answering(() => yielding('abc')),
      );
      expect((await generated.request({ method: 'HEAD' })).headers.has('Content-Length')).toBe(
        false,
      );
      // An application that leaves its content out on HEAD says nothing about GET's.
      const empty = await serving(
        harness,
        answering(() => ['']),
      );
      expect((await empty.request({ method: 'HEAD' })).headers.has('Content-Length')).toBe(false);
    });

    it('CLEN-12, ASY-16 a length counts on real arrays only', async () => {
      const pretender = () =>
        Object.assign(yielding('first', 'second'), { length: 1 }) as unknown as Body;
      const answer = await answerOf(harness, answering(pretender));
      expect([answer.body.toString(), answer.complete]).toEqual(['firstsecond', true]);
      expect(answer.headers.has('Content-Length')).toBe(false);
    });
  });
}
