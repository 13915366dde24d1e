import { describe, expect, it } from 'vitest';
import { streaming } from '../../src/wsgi/application.ts';
import type { Chunk } from '../../src/wsgi/types.ts';
import { answering, gate, get, recording, start, until } from './kit.ts';

function* blocks(...all: Chunk[]): Generator<Chunk> {
  yield* all;
}

/** An answer of unknown length. */
const open = (...all: Chunk[]) =>
  ((_environ, startResponse) => {
    startResponse('200 OK', []);
    return blocks(...all);
  }) as ReturnType<typeof answering>;

describe('answers', () => {
  it('HTTP-65 HTTP/1.0 keep-alive is confirmed where the length is known', async () => {
    const { app } = recording();
    const server = await start(app);
    const client = await server.client();
    client.send('GET /1 HTTP/1.0\r\nConnection: keep-alive\r\n\r\n');
    const answer = await client.answer();
    expect(answer.headers.connection).toBe('keep-alive');
    client.send('GET /2 HTTP/1.0\r\n\r\n');
    expect((await client.answer()).headers.connection).toBe('close');
    await client.closed();
  });

  it('HTTP-64 HTTP-65 HTTP-75 HTTP/1.0 and unknown length: to the end of the connection', async () => {
    const server = await start(open('a', 'b'));
    const client = await server.exchange('GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n');
    expect(client.ended).toBe('fin');
    const answer = await client.answer();
    expect(answer).toMatchObject({ body: 'ab', complete: true });
    expect(answer.headers).toMatchObject({ connection: 'close' });
    expect(answer.headers['transfer-encoding']).toBeUndefined();
  });

  it('HTTP-76 HTTP-78 one length or chunked, never both', async () => {
    const server = await start((environ, startResponse) => {
      const length = environ.PATH_INFO === '/length';
      startResponse('200 OK', length ? [['Content-Length', '2']] : []);
      return environ.PATH_INFO === '/one' ? ['ab'] : blocks('a', 'b');
    });
    const client = await server.client();
    client.send(get('/length') + get('/one') + get('/chunked'));
    for (const length of ['2', '2', undefined]) {
      const answer = await client.answer();
      expect(answer.body).toBe('ab');
      expect(answer.headers['content-length']).toBe(length);
    }
  });

  it.each([
    ['HTTP/1.1', get()],
    ['HTTP/1.0', 'GET / HTTP/1.0\r\n\r\n'],
  ])('EXC-3 an error in mid-answer shows to a client of %s', async (_version, request) => {
    const server = await start((_environ, startResponse) => {
      startResponse('200 OK', []);
      return (function* (): Generator<Chunk> {
        yield 'begin';
        throw new Error('broken');
      })();
    });
    const client = await server.exchange(request);
    expect((await client.answer()).complete).toBe(false);
    expect(server.log.loud).toEqual(['error: application error']);
  });

  it('EXC-3 also over a Unix socket, which knows no reset', async () => {
    const server = await start(
      (_environ, startResponse) => {
        startResponse('200 OK', []);
        return (function* (): Generator<Chunk> {
          yield 'begin';
          throw new Error('broken');
        })();
      },
      { bind: [`unix:/tmp/wizgi-test-${process.pid}-cut.sock`] },
    );
    const cut = await server.exchange('GET / HTTP/1.0\r\n\r\n');
    expect(cut.text).toContain('begin');
    const again = await server.exchange('GET / HTTP/1.0\r\n\r\n');
    expect(again.text).toContain('begin');
  });

  it('the end of the process does not pass for the end of a close-delimited answer', async () => {
    const server = await start((_environ, startResponse) => {
      startResponse('200 OK', []);
      return (async function* (): AsyncGenerator<Chunk> {
        yield 'begin';
        await new Promise(() => undefined);
      })();
    });
    const client = await server.client();
    client.send('GET / HTTP/1.0\r\n\r\n');
    await client.expect('begin');
    server.terminate();
    expect(await client.closed()).toBe('reset');
  });

  it('HTTP-74 a status without reason keeps its space', async () => {
    const server = await start((_environ, startResponse) => {
      startResponse('299 ', []);
      return ['x'];
    });
    const client = await server.exchange(get('/', 'Connection: close\r\n'));
    expect(client.text.startsWith('HTTP/1.1 299 \r\n')).toBe(true);
  });

  it('HTTP-79 O41 Date stands in every answer, once; Server where it is wanted', async () => {
    const server = await start(
      (environ, startResponse) => {
        const own = environ.PATH_INFO === '/own';
        startResponse(
          '404 Not Found',
          own
            ? [
                ['Date', 'mine'],
                ['Server', 'mine'],
              ]
            : [],
        );
        return ['x'];
      },
      { serverHeader: 'wizgi' },
    );
    const client = await server.client();
    client.send(`${get()}${get('/own')}BAD\r\n\r\n`);
    const [theirs, own, refused] = await client.answers();
    expect(theirs?.headers).toMatchObject({ server: 'wizgi' });
    const date = /^(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d GMT$/;
    expect(theirs?.headers.date).toMatch(date);
    expect(Math.abs(Date.parse(String(theirs?.headers.date)) - Date.now())).toBeLessThan(10_000);
    expect(own?.headers).toMatchObject({ server: 'mine', date: 'mine' });
    expect(refused?.headers.date).toMatch(date);
  });

  it('HTTP-84 TRACE goes to the application', async () => {
    const { app } = recording();
    const server = await start(app);
    const client = await server.client();
    client.send('TRACE /x HTTP/1.1\r\nHost: a\r\nCookie: secret\r\n\r\n');
    expect((await client.answer()).body).toBe('TRACE /x');
  });

  it('S6 lengths are in bytes', async () => {
    const server = await start(answering(() => 'é🙂'));
    const client = await server.client();
    client.send(get());
    const answer = await client.answer();
    expect(answer.headers['content-length']).toBe('6');
    expect(Buffer.from(answer.body, 'latin1').toString()).toBe('é🙂');
  });

  it('S5 short answers after long ones hold nothing of them', async () => {
    const server = await start(
      answering((environ) => (environ.PATH_INFO === '/long' ? 'L'.repeat(20_000) : 'é')),
    );
    const client = await server.client();
    for (let round = 0; round < 20; round++) {
      client.send(get('/long') + get('/short'));
      expect((await client.answer()).body).toBe('L'.repeat(20_000));
      expect((await client.answer()).body).toBe('\xc3\xa9');
    }
  });
});

describe('HTTP-86 answers of the server itself', () => {
  const requests: Record<number, (method: string) => string> = {
    400: (method) => `${method} / HTTP/1.1\r\n\r\n`,
    404: (method) => `${method} /elsewhere HTTP/1.1\r\nHost: a\r\n\r\n`,
    413: (method) => `${method} /app HTTP/1.1\r\nHost: a\r\nContent-Length: 101\r\n\r\n`,
    414: (method) => `${method} /${'a'.repeat(9000)} HTTP/1.1\r\nHost: a\r\n\r\n`,
    417: (method) => `${method} /app HTTP/1.1\r\nHost: a\r\nExpect: x\r\n\r\n`,
    421: (method) => `${method} https://a/app HTTP/1.1\r\nHost: a\r\n\r\n`,
    431: (method) => `${method} /app HTTP/1.1\r\nHost: a\r\n${'A: b\r\n'.repeat(200)}\r\n`,
    501: (method) =>
      `${method} /app HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n`,
    505: (method) => `${method} /app HTTP/2.0\r\nHost: a\r\n\r\n`,
    408: (method) => `${method} /app HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhe`,
    500: (method) => `${method} /app/fail HTTP/1.1\r\nHost: a\r\n\r\n`,
    504: (method) => `${method} /app/stuck HTTP/1.1\r\nHost: a\r\n\r\n`,
  };
  const app = answering((environ) => {
    if (environ.PATH_INFO === '/fail') throw new Error('with a secret');
    return environ.PATH_INFO === '/stuck' ? new Promise<string>(() => undefined) : 'fine';
  });
  const options = { scriptName: '/app', maxBody: 100, bodyTimeout: 0.2, timeout: 0.2 };

  it.each(Object.keys(requests).map(Number))('%i', async (status) => {
    const server = await start(app, options);
    const client = await server.client();
    client.send((requests[status] as (method: string) => string)('POST'));
    const answer = await client.answer();
    expect(answer.status).toBe(status);
    expect(answer.headers['content-type']).toMatch(/^text\/plain/);
    expect(answer.headers['content-length']).toBe(String(answer.body.length));
    expect(answer.body).toBe(`${answer.reason}\n`);
    if (status !== 500) {
      expect(answer.headers.connection).toBe('close');
      expect(await client.closed()).toBe('fin');
    }
    expect(client.text).toBe('');
    expect(server.log.loud).toHaveLength(1);
  });

  it.each(Object.keys(requests).map(Number))('%i to HEAD has no content', async (status) => {
    const server = await start(app, options);
    const client = await server.client();
    client.send((requests[status] as (method: string) => string)('HEAD'));
    const answer = await client.answer('HEAD');
    expect(answer.status).toBe(status);
    expect(answer.headers['content-length']).not.toBe('0');
    if (status !== 500) await client.closed();
    expect(client.text).toBe('');
  });
});

describe('faulty content', () => {
  it.each([
    ['A31 HTTP-49 P6 short content', 'Content-Length: 10\r\n\r\nhello'],
    [
      'B22 HTTP-61 a chunked one without its end',
      'Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n',
    ],
    ['P6 one that ends inside a chunk', 'Transfer-Encoding: chunked\r\n\r\n5\r\nhe'],
  ])('%s, then FIN: 400 and one line', async (_what, rest) => {
    const { app, calls } = recording();
    const server = await start(app);
    const client = await server.client();
    client.send(`POST / HTTP/1.1\r\nHost: a\r\n${rest}`);
    client.end();
    expect((await client.answers()).map(({ status }) => status)).toEqual([400]);
    expect(calls).toEqual([]);
    expect(server.log.loud).toEqual(['refused incomplete-body']);
  });

  it.each([
    ['A31 short content', 'Content-Length: 10\r\n\r\nhello', 'incomplete-body'],
    [
      'B22 chunked content without its end',
      'Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n',
      'incomplete-body',
    ],
    ['a bad chunk', 'Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\nzz\r\n', 'bad-chunk-size'],
  ])(
    'EXC-10 INP-13 %s: a streaming application’s read throws; 400, and no error of the application’s',
    async (_what, rest, reason) => {
      let thrown: unknown;
      const server = await start(
        streaming(async (environ, startResponse) => {
          try {
            await environ['wizgi.input']?.read();
          } catch (error) {
            thrown = error;
            throw error;
          }
          startResponse('200 OK', []);
          return ['never'];
        }),
      );
      const client = await server.client();
      client.send(`POST / HTTP/1.1\r\nHost: a\r\n${rest}`);
      client.end();
      expect((await client.answers()).map(({ status }) => status)).toEqual([400]);
      expect(thrown).toMatchObject({ code: 'input-incomplete' });
      expect(server.log.loud).toEqual([`refused ${reason}`]);
    },
  );

  it('EXC-10 a truncated upload after the answer began: cut, quietly', async () => {
    const server = await start(
      streaming((environ, startResponse) => {
        startResponse('200 OK', []);
        return (async function* () {
          yield 'begin';
          yield (await environ['wizgi.input']?.read()) ?? '';
        })();
      }),
    );
    const client = await server.client();
    client.send('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nhello');
    await client.expect('begin');
    client.end();
    expect((await client.answer()).complete).toBe(false);
    await client.closed();
    expect(server.log.loud).toEqual(['refused incomplete-body']);
  });

  it('B17 a million chunks of one byte, received whole and streamed', async () => {
    const count = 300_000;
    const content = '1\r\na\r\n'.repeat(count);
    const whole = await start(answering((environ) => String(environ['wsgi.input'].read().length)));
    const streamed = await start(
      streaming(
        answering(async (environ) => String((await environ['wizgi.input']?.read())?.length)),
      ),
    );
    for (const server of [whole, streamed]) {
      const client = await server.client();
      client.send(
        `POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n${content}0\r\n\r\n`,
      );
      expect((await client.answer()).body).toBe(String(count));
    }
  });

  it('P3 a client that leaves while the application waits for input: the read rejects, quietly', async () => {
    const seen: unknown[] = [];
    const reading = gate();
    const server = await start(
      streaming(async (environ, startResponse) => {
        const input = environ['wizgi.input'];
        await input?.read(2);
        reading.open();
        try {
          await input?.read();
        } catch (error) {
          seen.push(error, environ['wizgi.signal']?.aborted);
          throw error;
        }
        startResponse('200 OK', []);
        return [];
      }),
    );
    const client = await server.client();
    client.send('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nhello');
    await reading.promise;
    client.reset();
    await until('the read to reject', () => seen.length > 0);
    expect(seen).toMatchObject([{ code: 'client-gone' }, true]);
    expect(server.log.loud).toEqual([]);
  });
});
