import { describe, expect, it } from 'vitest';
import { streaming } from '../../src/wsgi/application.ts';
import { answering, gate, get, post, recording, start, until } from './kit.ts';

describe('pipelining and keeping in step', () => {
  it.each([2, 10, 100])(
    'G1 %i good requests in one write: as many answers, in order',
    async (n) => {
      const { app } = recording();
      const server = await start(app);
      const client = await server.client();
      const requests = Array.from({ length: n }, (_, i) =>
        i % 3 === 1 ? post(`b${i}`, `/${i}`) : get(`/${i}`),
      );
      client.send(requests.join(''));
      for (let i = 0; i < n; i++) {
        expect((await client.answer()).body).toBe(i % 3 === 1 ? `POST /${i} b${i}` : `GET /${i}`);
      }
      expect(client.text).toBe('');
    },
  );

  it('G2 B23 a good request, then garbage: 200 first, then 400', async () => {
    const { app, calls } = recording();
    const server = await start(app);
    const client = await server.exchange(`${get('/good')}GARBAGE\r\n\r\n${get('/after')}`);
    expect((await client.answers()).map(({ status }) => status)).toEqual([200, 400]);
    expect(calls).toEqual(['GET /good']);
    expect(server.log.loud).toEqual(['refused bad-method']);
  });

  it('G2 also when the first one takes its time', async () => {
    const ready = gate<string>();
    const server = await start(answering(() => ready.promise));
    const client = await server.client();
    client.send(`${get('/good')}GARBAGE\r\n\r\n`);
    await until('the request to arrive', () => client.socket.writableLength === 0);
    ready.open('late');
    expect((await client.answers()).map(({ status, body }) => [status, body])).toEqual([
      [200, 'late'],
      [400, 'Bad Request\n'],
    ]);
  });

  it('G3 garbage, then a good request: 400 only', async () => {
    const { app, calls } = recording();
    const server = await start(app);
    const client = await server.exchange(`GARBAGE\r\n\r\n${get('/after')}`);
    expect((await client.answers()).map(({ status }) => status)).toEqual([400]);
    expect(calls).toEqual([]);
  });

  it.each(['close', 'cLoSe', 'foo, CLOSE', 'close, keep-alive', 'close\t', ',,close,'])(
    'G4 D19 D20 HTTP-62 HTTP-63 Connection: %j, then another request: one answer',
    async (value) => {
      const { app, calls } = recording();
      const server = await start(app);
      const client = await server.exchange(get('/1', `Connection: ${value}\r\n`) + get('/2'));
      const answers = await client.answers();
      expect(answers.map(({ body }) => body)).toEqual(['GET /1']);
      expect(answers[0]?.headers.connection).toBe('close');
      expect(calls).toEqual(['GET /1']);
    },
  );

  it('G5 HTTP-66 HTTP-67 HTTP-89 a slow first, a fast second: in order, and one at a time', async () => {
    const ready = gate();
    const events: string[] = [];
    const server = await start(
      answering(async (environ) => {
        const path = environ.PATH_INFO;
        events.push(`begin ${path}`);
        if (path === '/slow') await ready.promise;
        events.push(`end ${path}`);
        return path;
      }),
    );
    const client = await server.client();
    client.send(get('/slow') + get('/fast'));
    await until('the first to begin', () => events.length > 0);
    ready.open();
    expect([(await client.answer()).body, (await client.answer()).body]).toEqual([
      '/slow',
      '/fast',
    ]);
    expect(events).toEqual(['begin /slow', 'end /slow', 'begin /fast', 'end /fast']);
  });

  it('G6 HTTP-77 HEAD then GET: no content for HEAD', async () => {
    const server = await start(answering((environ) => `body of ${environ.REQUEST_METHOD}`));
    const client = await server.client();
    client.send(`HEAD / HTTP/1.1\r\nHost: a\r\n\r\n${get()}`);
    const head = await client.answer('HEAD');
    expect(head.headers['content-length']).toBe('12');
    expect((await client.answer()).body).toBe('body of GET');
  });

  it.each(['204 No Content', '304 Not Modified'])(
    'G7 HTTP-75 HTTP-77 %s with content from the application: dropped, and one warning',
    async (status) => {
      const server = await start((environ, startResponse) => {
        startResponse(environ.PATH_INFO === '/' ? status : '200 OK', [['Content-Length', '3']]);
        return ['abc'];
      });
      const client = await server.client();
      client.send(get('/') + get('/next'));
      const answer = await client.answer();
      expect(answer.status).toBe(Number(status.slice(0, 3)));
      if (answer.status === 204) expect(answer.headers['content-length']).toBeUndefined();
      expect((await client.answer()).body).toBe('abc');
      expect(server.log.loud).toEqual(['warn: content dropped: the status allows none']);
    },
  );

  it('G8 each request has its own Host', async () => {
    const server = await start(answering((environ) => String(environ.HTTP_HOST)));
    const client = await server.client();
    client.send(`${get()}GET / HTTP/1.1\r\nHost: b:8\r\n\r\nGET / HTTP/1.0\r\n\r\n`);
    expect((await client.answers()).map(({ body }) => body)).toEqual(['a', 'b:8', 'undefined']);
  });

  it('G9 a 400 on one connection leaves the others alone', async () => {
    const ready = gate<string>();
    const server = await start(answering(() => ready.promise));
    const good = await server.client();
    good.send(get());
    const bad = await server.exchange('GARBAGE\r\n\r\n');
    expect((await bad.answer()).status).toBe(400);
    ready.open('fine');
    expect((await good.answer()).body).toBe('fine');
  });

  it('G10 S5 nothing of one request or answer shows in a later one', async () => {
    const { app } = recording();
    const server = await start(app);
    const first = await server.client();
    first.send(post('SECRET'.repeat(1_500)));
    await first.answer();
    first.send('G\x00\r\n\r\n');
    const second = await server.exchange('BAD\r\n\r\n');
    expect((await first.answer()).body).toBe('Bad Request\n');
    expect((await second.answer()).body).toBe('Bad Request\n');
    expect(JSON.stringify(server.log.lines)).not.toContain('SECRET');
    const third = await server.client();
    third.send(get('/short'));
    expect((await third.answer()).body).toBe('GET /short');
  });

  it('G11 HTTP-69 unread input does not destroy an answer', async () => {
    const server = await start(
      streaming((_environ, startResponse) => {
        startResponse('200 OK', []);
        return ['x'.repeat(200_000)];
      }),
    );
    const client = await server.client();
    client.socket.pause();
    client.send(`POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10000000\r\n\r\n`);
    client.send(Buffer.alloc(10_000_000, 'y'));
    await until('the answer to begin', () => server.log.lines.length >= 0);
    client.socket.resume();
    const answer = await client.answer();
    expect([answer.status, answer.body.length, answer.complete]).toEqual([200, 200_000, true]);
    expect(answer.headers.connection).toBe('close');
  });

  it('HTTP-69 HTTP-87 a 413 during an upload of 10 MiB can be read', async () => {
    const { app } = recording();
    const server = await start(app, { maxBody: 1_000_000 });
    for (const framing of ['Content-Length: 10485760', 'Transfer-Encoding: chunked']) {
      const client = await server.client();
      client.send(`POST / HTTP/1.1\r\nHost: a\r\n${framing}\r\n\r\n`);
      if (framing.startsWith('T')) client.send('a00000\r\n');
      const upload = Buffer.alloc(65536);
      const blocks = 160;
      for (let block = 0; block < blocks && client.received === 0; block++) {
        client.send(upload);
        await until('room', () => client.socket.writableLength < 65536 || client.received > 0);
      }
      const answer = await client.answer();
      expect([answer.status, answer.complete]).toEqual([413, true]);
      expect(answer.headers.connection).toBe('close');
      expect(await client.closed()).toBe('fin');
    }
  });

  it('A28 a request in the content of a request without need of content is content', async () => {
    const { app, calls } = recording();
    const server = await start(app);
    const smuggled = 'GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n';
    const client = await server.client();
    for (const method of ['GET', 'HEAD', 'DELETE', 'OPTIONS']) {
      client.send(
        `${method} / HTTP/1.1\r\nHost: a\r\nContent-Length: ${smuggled.length}\r\n\r\n${smuggled}`,
      );
      expect((await client.answer(method)).status).toBe(200);
    }
    client.send(get('/next'));
    expect((await client.answer()).body).toBe('GET /next');
    expect(calls).toHaveLength(5);
    expect(calls.some((call) => call.startsWith('GET /smuggled'))).toBe(false);
  });

  it('A29 INP-15 HTTP-68 HTTP-89 content that nobody reads is dropped, and never runs', async () => {
    const paths: string[] = [];
    const server = await start(
      streaming(
        answering((environ) => {
          paths.push(environ.PATH_INFO);
          return 'at once';
        }),
      ),
    );
    const smuggled = 'GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n';
    const client = await server.client();
    client.send(`POST /1 HTTP/1.1\r\nHost: a\r\nContent-Length: ${smuggled.length}\r\n\r\n`);
    expect((await client.answer()).body).toBe('at once');
    client.send(smuggled + get('/2'));
    expect((await client.answer()).body).toBe('at once');
    client.send(
      `POST /3 HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n${get('/4')}`,
    );
    await client.answer();
    await client.answer();
    expect(paths).toEqual(['/1', '/2', '/3', '/4']);
  });

  it('A29 O35 much unread content closes the connection, behind the answer', async () => {
    const server = await start(streaming(answering(() => 'at once')));
    for (const framing of ['Content-Length: 1000000', 'Transfer-Encoding: chunked']) {
      const client = await server.client();
      client.send(`POST /1 HTTP/1.1\r\nHost: a\r\n${framing}\r\n\r\n`);
      expect((await client.answer()).body).toBe('at once');
      if (framing.startsWith('T')) client.send(`fffff\r\n${'x'.repeat(100_000)}`);
      await client.closed();
      expect(client.text).toBe('');
    }
    expect(server.log.loud).toEqual([]);
  });

  it('A29 faulty content of an answered request closes, and is not answered a second time', async () => {
    const server = await start(streaming(answering(() => 'at once')), { bodyTimeout: 0.2 });
    const faulty = await server.client();
    faulty.send('POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n');
    await faulty.answer();
    faulty.send('zz\r\n');
    await faulty.closed();
    const late = await server.client();
    late.send('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\n');
    await late.answer();
    await late.closed();
    expect([faulty.text, late.text]).toEqual(['', '']);
  });

  it('A30 HTTP-48 a POST without length has no content', async () => {
    const { app, calls } = recording();
    const server = await start(app);
    const client = await server.client();
    client.send(`POST /1 HTTP/1.1\r\nHost: a\r\n\r\n${get('/2')}`);
    await client.answer();
    await client.answer();
    expect(calls).toEqual(['POST /1', 'GET /2']);
  });

  it('E9 P5 2 000 pipelined requests that are not read for: reading pauses, others are served', async () => {
    let calls = 0;
    const server = await start(
      answering(() => {
        calls++;
        return 'x'.repeat(100_000);
      }),
    );
    const client = await server.client();
    client.socket.pause();
    client.send(get().repeat(2_000));
    const other = await server.client();
    other.send(get());
    await other.answer();
    let before = -1;
    while (before !== calls) {
      before = calls;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    expect(calls).toBeLessThan(500);
    client.socket.destroy();
  });

  it('P5 a client that pipelines 100 and leaves after the first answer: few run', async () => {
    let calls = 0;
    const server = await start(
      answering(() => {
        calls++;
        return 'x';
      }),
    );
    const client = await server.client();
    client.socket.once('data', () => client.reset());
    client.send(get().repeat(100));
    await until('the client to be gone', () => client.socket.destroyed);
    let before = -1;
    while (before !== calls) {
      before = calls;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    expect(calls).toBeLessThanOrEqual(80);
  });
});
