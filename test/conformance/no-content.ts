import { describe, expect, it } from 'vitest';
import type { Application } from '../../src/wsgi/types.ts';
import { answering, endless, TEXT, Tracked, yielding } from './apps.ts';
import { errorLines, type Harness, itKeeps, itNeeds, serving, until } from './harness.ts';

/** (RFC 9110 §9.3.2, §15.3.5, §15.3.6, §15.4.5) */
export function withoutContent(harness: Harness): void {
  const http1 = itNeeds(harness, 'http1');

  /** That two pipelined requests are answered in step, and nothing else is sent. */
  async function expectInStep(app: Application, method: string): Promise<void> {
    const served = await serving(harness, (environ, startResponse) => {
      if (environ.PATH_INFO === '/next') {
        startResponse('200 OK', TEXT);
        return ['next'];
      }
      return app(environ, startResponse);
    });
    const connection = await served.connect();
    connection.send(`${method} / HTTP/1.1\r\nHost: a\r\n\r\nGET /next HTTP/1.1\r\nHost: a\r\n\r\n`);
    expect((await connection.readAnswer(method)).body.length).toBe(0);
    expect((await connection.readAnswer()).body.toString()).toBe('next');
  }

  describe('answers without content', () => {
    it('NB-1, O31 HEAD sends the headers only', async () => {
      for (const body of [
        () => ['content'],
        () => ['con', 'tent'],
        () => yielding('con', 'tent'),
      ]) {
        const served = await serving(harness, answering(body, [['X-A', '1']]));
        const answer = await served.request({ method: 'HEAD' });
        expect([answer.status, answer.headers.get('X-A'), answer.body.length]).toEqual([
          200,
          '1',
          0,
        ]);
        expect(served.log).toEqual([]);
      }
    });

    http1('NB-1 and the connection stays in step', async () => {
      await expectInStep(
        answering(() => ['content']),
        'HEAD',
      );
      await expectInStep(
        answering(() => yielding('con', 'tent')),
        'HEAD',
      );
      await expectInStep((_environ, startResponse) => {
        startResponse('200 OK', TEXT)('written');
        return ['returned'];
      }, 'HEAD');
      await expectInStep(() => {
        throw new Error('broken');
      }, 'HEAD');
    });

    it.each([
      ['an endless iterable', () => endless()],
      [
        'an endless asynchronous iterable',
        async function* () {
          yield* endless();
        },
      ],
    ])('NB-2, ASY-42 HEAD ends %s at its first data', async (_what, blocks) => {
      let closes = 0;
      const served = await serving(
        harness,
        answering(() =>
          Object.assign(blocks() as Generator<string>, { close: () => void closes++ }),
        ),
      );
      const started = performance.now();
      expect((await served.request({ method: 'HEAD' })).status).toBe(200);
      expect(performance.now() - started).toBeLessThan(10_000);
      await until(() => closes > 0);
      expect(closes).toBe(1);
    });

    it('NB-2 HEAD pulls until startResponse was called', async () => {
      const served = await serving(harness, (_environ, startResponse) =>
        (function* () {
          yield '';
          startResponse('201 Created', TEXT);
          yield '';
          yield 'x';
        })(),
      );
      expect((await served.request({ method: 'HEAD' })).status).toBe(201);
    });

    it("NB-3, O31 HEAD keeps the application's Content-Length", async () => {
      for (const body of [() => yielding('hello'), () => []]) {
        const served = await serving(harness, answering(body, [['Content-Length', '5']]));
        const answer = await served.request({ method: 'HEAD' });
        expect([answer.status, answer.headers.get('Content-Length')]).toEqual([200, '5']);
        expect(errorLines(served)).toEqual([]);
      }
    });

    it('NB-4, O32 204 has neither content nor framing', async () => {
      for (const length of ['0', '5']) {
        const served = await serving(
          harness,
          answering(() => yielding('hello'), [['Content-Length', length]], '204 No Content'),
        );
        const { headers, body } = await served.request();
        expect(body.length).toBe(0);
        expect(headers.has('Content-Length') || headers.has('Transfer-Encoding')).toBe(false);
      }
    });

    itKeeps(harness, 'length')('NB-5, O32 304 has no content; its length may pass', async () => {
      const served = await serving(
        harness,
        answering(() => yielding('hello'), [['Content-Length', '5']], '304 Not Modified'),
      );
      const { headers, body } = await served.request();
      expect(body.length).toBe(0);
      expect(headers.get('Content-Length')).toBe('5');
      expect(headers.has('Transfer-Encoding')).toBe(false);
    });

    it('NB-6 205 has an empty content', async () => {
      const served = await serving(
        harness,
        answering(() => [], [], '205 Reset Content'),
      );
      const { headers, body } = await served.request();
      expect([headers.get('Content-Length'), body.length]).toEqual(['0', 0]);
    });

    it.each(['204 No Content', '205 Reset Content', '304 Not Modified'])(
      'NB-7, NB-8 content given with %s is dropped, and that is logged',
      async (status) => {
        const served = await serving(
          harness,
          answering(() => yielding('drop', 'me'), [], status),
        );
        const answer = await served.request();
        expect([answer.statusLine, answer.body.length]).toEqual([status, 0]);
        expect(served.log).toMatchObject([{ level: 'warn' }]);
      },
    );

    http1('NB-7 and the connection stays in step', async () => {
      for (const status of ['204 No Content', '205 Reset Content', '304 Not Modified']) {
        const body = new Tracked(['drop', 'me']);
        await expectInStep(
          answering(() => body, [], status),
          'GET',
        );
        expect(body.closes).toBe(1);
      }
    });
  });
}
