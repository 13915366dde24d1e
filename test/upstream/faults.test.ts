import { createServer, type Socket } from 'node:net';
import { describe, expect, it } from 'vitest';
import { get, post, until } from '../http/kit.ts';
import { answeringWith, front, httpUpstream, isOver, rawUpstream, reasons } from './servers.ts';

const OK = 'HTTP/1.1 200 OK\r\n';

/** A port where nobody listens. */
async function deadPort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}

describe('an upstream that fails before it answers', () => {
  it('is a 502 that tells the log all and the client nothing', async () => {
    const port = await deadPort();
    const server = await front(`http://127.0.0.1:${port}`);
    const client = await server.client();
    client.send(get('/x?y'));
    const { status, body, headers } = await client.answer();
    expect([status, body]).toEqual([502, 'Bad Gateway\n']);
    expect(JSON.stringify(headers)).not.toContain(String(port));
    expect(server.log.lines).toEqual([
      {
        level: 'warn',
        message: 'no answer',
        fields: {
          reason: `http://127.0.0.1:${port} refuses connections (ECONNREFUSED)`,
          request: 'GET /x?y HTTP/1.1',
        },
      },
    ]);
    client.send(get());
    expect((await client.answer()).status).toBe(502);
  });

  it.each([
    ['http+unix:/nonexistent/x.sock', 'has no socket there (ENOENT)'],
    ['http://nonexistent.invalid:80', 'has a name that does not exist (ENOTFOUND)'],
  ])('%s %s', async (url, reason) => {
    const server = await front(url);
    const client = await server.client();
    client.send(get());
    expect((await client.answer()).status).toBe(502);
    const [said] = reasons(server);
    // Without a network, names cannot be looked up at all.
    expect([
      `${url} ${reason}`,
      `${url} has a name that cannot be looked up at present (EAI_AGAIN)`,
    ]).toContain(said);
  });

  it.each<[string, string, RegExp]>([
    ['garbage', 'no http at all\r\n\r\n', /gave no valid answer: .*\(bad-version\)/],
    ['a head without end', `${OK}X: `, /\(incomplete-head\)/],
    ['nothing', '', /gave no valid answer: the connection ended before the response/],
    ['a huge head', `${OK}X: ${'x'.repeat(70_000)}\r\n\r\n`, /-too-large\)/],
    ['two lengths', `${OK}Content-Length: 1\r\nContent-Length: 2\r\n\r\nab`, /content-length\)/],
    [
      'both framings',
      `${OK}Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n`,
      /\(te-and-cl\)/,
    ],
    [
      'another protocol',
      'HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n',
      /unasked-upgrade/,
    ],
    ['a bad status', 'HTTP/1.1 099 No\r\n\r\n', /\(bad-status\)/],
    ['a control character', `${OK}X: a\x01b\r\nContent-Length: 0\r\n\r\n`, /\(ctl-in-value\)/],
    ['interim answers for ever', 'HTTP/1.1 102 Go\r\n\r\n'.repeat(100), /\(too-many-interim\)/],
  ])('R39 %s is a 502', async (_, text, reason) => {
    const upstream = await rawUpstream((socket) => {
      socket.on('data', () => socket.end(text, 'latin1'));
    });
    const server = await front(upstream.url, { retries: 0 });
    const client = await server.client();
    client.send(get());
    expect((await client.answer()).status).toBe(502);
    expect(reasons(server)).toEqual([expect.stringMatching(reason)]);
    expect(reasons(server)[0]).toContain(upstream.url);
    expect(JSON.stringify(server.log.lines)).not.toContain('stack');
  });

  it('a reset is a 502', async () => {
    const upstream = await rawUpstream((socket) => {
      socket.on('data', () => socket.resetAndDestroy());
    });
    const server = await front(upstream.url, { retries: 0 });
    const client = await server.client();
    client.send(get());
    expect((await client.answer()).status).toBe(502);
    expect(reasons(server)).toEqual([`${upstream.url} reset the connection (ECONNRESET)`]);
  });
});

describe('an upstream that is too slow', () => {
  it('to begin its answer is a 504', async () => {
    const upstream = await rawUpstream((socket) => socket.resume());
    const server = await front(upstream.url, { responseTimeout: 0.05 });
    const client = await server.client();
    client.send(get());
    expect(await client.answer()).toMatchObject({ status: 504, body: 'Gateway Timeout\n' });
    expect(reasons(server)).toEqual([`${upstream.url} did not begin its answer within 0.05 s`]);
    await until('its connection to end', () => isOver(upstream.sockets[0]));
  });

  it('to go on is cut', async () => {
    const upstream = await rawUpstream(answeringWith(`${OK}Content-Length: 9\r\n\r\npart`));
    const server = await front(upstream.url, { pauseTimeout: 0.05 });
    const client = await server.client();
    client.send(get());
    expect(await client.answer()).toMatchObject({ body: 'part', complete: false });
    expect(reasons(server)).toEqual([`${upstream.url} paused in its answer for 0.05 s`]);
  });

  it('to take the content is a 504', async () => {
    const upstream = await rawUpstream((socket) => socket.pause());
    const server = await front(upstream.url, { pauseTimeout: 0.05 });
    const client = await server.client();
    const size = 32 * 1024 * 1024;
    client.send(`POST / HTTP/1.1\r\nHost: a\r\nContent-Length: ${size}\r\n\r\n`);
    for (let sent = 0; sent < size; sent += 65536) client.send(Buffer.alloc(65536));
    expect((await client.answer()).status).toBe(504);
    expect(reasons(server)).toEqual([`${upstream.url} took no content for 0.05 s`]);
  });

  it('slow clients are not held against it', async () => {
    const upstream = await httpUpstream((request, response) => {
      request.on('data', (data) => response.write(data)).on('end', () => response.end());
    });
    const server = await front(upstream.url, { responseTimeout: 0.4, pauseTimeout: 0.4 });
    const client = await server.client();
    client.send('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\n');
    const began = performance.now();
    await until('twice the limits to pass', () => performance.now() - began > 800);
    client.send('abc');
    expect(await client.answer()).toMatchObject({ status: 200, body: 'abc' });
  });
});

describe('an upstream that fails within its answer', () => {
  it.each<[string, string, (socket: Socket) => void, RegExp]>([
    ['a short body', 'Content-Length: 9\r\n\r\npart', (socket) => socket.end(), /incomplete-body/],
    [
      'no last chunk',
      'Transfer-Encoding: chunked\r\n\r\n4\r\npart\r\n',
      (socket) => socket.end(),
      /incomplete-body/,
    ],
    [
      'a bad chunk',
      'Transfer-Encoding: chunked\r\n\r\n4\r\npart\r\nzz\r\n',
      () => undefined,
      /chunk/,
    ],
    [
      'a reset',
      'Content-Length: 9\r\n\r\npart',
      (socket) => socket.resetAndDestroy(),
      /ECONNRESET/,
    ],
    [
      'a reset of an answer without length',
      '\r\npart',
      (socket) => socket.resetAndDestroy(),
      /ECONNRESET/,
    ],
  ])('with %s: the client sees that it is cut', async (_, text, then, reason) => {
    const upstream = await rawUpstream((socket) => {
      socket.once('data', () => socket.write(OK + text, 'latin1'));
    });
    const server = await front(upstream.url);
    const client = await server.client();
    client.send(get());
    await client.expect('part');
    then(upstream.sockets[0] as Socket);
    expect(await client.answer()).toMatchObject({ body: 'part', complete: false });
    await until('the log', () => reasons(server).length === 1);
    expect(reasons(server)).toEqual([expect.stringMatching(reason)]);
  });

  it('more than the length is left out, and the connection with it', async () => {
    const upstream = await rawUpstream(
      answeringWith(`${OK}Content-Length: 4\r\n\r\nbodyHTTP/1.1 200 OK\r\n`),
    );
    const server = await front(upstream.url);
    const client = await server.client();
    client.send(get());
    expect((await client.answer()).body).toBe('body');
    client.send(get());
    expect((await client.answer()).body).toBe('body');
    expect(upstream.sockets.length).toBe(2);
  });

  it('what it says between requests ends its connection', async () => {
    const upstream = await rawUpstream(answeringWith(`${OK}Content-Length: 1\r\n\r\nx`));
    const server = await front(upstream.url);
    const client = await server.client();
    client.send(get());
    await client.answer();
    upstream.sockets[0]?.write(`${OK}Content-Length: 6\r\n\r\npoison`);
    await until('the connection to end', () => isOver(upstream.sockets[0]));
    client.send(get());
    expect((await client.answer()).body).toBe('x');
  });
});

describe('a request that cannot be passed on', () => {
  it('paths that climb out of a base are refused', async () => {
    const upstream = await httpUpstream((request, response) => response.end(request.url));
    const server = await front(`${upstream.url}/base/`);
    const client = await server.client();
    for (const path of ['/../x', '/a/%2e%2e/x', '/..%2fx', '/..%5cx', '/..']) {
      client.send(get(path));
      expect((await client.answer()).status).toBe(400);
    }
    client.send(get('/..x/...'));
    expect((await client.answer()).body).toBe('/base/..x/...');
  });

  it('content that does not come ends at the upstream, too', async () => {
    const upstream = await rawUpstream((socket) => socket.resume());
    const server = await front(upstream.url, {}, { bodyTimeout: 0.2 });
    const client = await server.client();
    client.send('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\npart');
    const { status } = await client.answer();
    expect([400, 408]).toContain(status);
    await until('the connection to end', () => isOver(upstream.sockets[0]));
  });
});

describe('a stale connection', () => {
  /** Answers the first requests of each connection, and closes at the next. */
  const closing = (answers = 1) =>
    rawUpstream((socket) => {
      let requests = 0;
      socket.on('data', () => {
        if (++requests <= answers) socket.write(`${OK}Content-Length: 2\r\n\r\nok`);
        else socket.resetAndDestroy();
      });
    });

  /** Answers all requests, whose content ends in "content". */
  const keeping = (says = '') =>
    rawUpstream((socket) => {
      socket.on('data', (data) => {
        if (data.toString().endsWith('content')) {
          socket.write(`${OK}${says}Content-Length: 0\r\n\r\n`);
        }
      });
    });

  it('costs a GET nothing', async () => {
    const upstream = await closing();
    const server = await front(upstream.url, { retries: 0 });
    const client = await server.client();
    for (let request = 0; request < 3; request++) {
      client.send(get());
      expect(await client.answer()).toMatchObject({ status: 200, body: 'ok' });
    }
    expect(upstream.sockets.length).toBe(3);
    expect(server.log.loud).toEqual([]);
  });

  it('costs a PUT with little content nothing, which is sent again', async () => {
    const upstream = await closing();
    const server = await front(upstream.url);
    const client = await server.client();
    client.send(get());
    await client.answer();
    client.send(post('content').replace('POST', 'PUT'));
    expect((await client.answer()).status).toBe(200);
  });

  it('costs a POST its answer: it may have been begun', async () => {
    const upstream = await closing(2);
    const server = await front(upstream.url);
    const client = await server.client();
    for (let request = 0; request < 2; request++) {
      client.send(get());
      await client.answer();
    }
    client.send(post('content'));
    expect((await client.answer()).status).toBe(502);
    expect(upstream.sockets.length).toBe(1);
  });

  it('is none for a POST as long as nobody knows whether the upstream keeps connections', async () => {
    const upstream = await closing();
    const server = await front(upstream.url);
    const client = await server.client();
    client.send(get());
    expect((await client.answer()).status).toBe(200);
    for (let request = 0; request < 2; request++) {
      client.send(post('content'));
      expect(await client.answer()).toMatchObject({ status: 200, body: 'ok' });
    }
    expect(upstream.sockets.length).toBe(3);
    expect(server.log.loud).toEqual([]);
  });

  it('is none for a PUT either that is too long to be sent again', async () => {
    const upstream = await keeping();
    const server = await front(upstream.url);
    const client = await server.client();
    for (const [content, connections] of [
      ['content', 1],
      [`${'x'.repeat(70_000)}content`, 2],
    ] as const) {
      client.send(post(content).replace('POST', 'PUT'));
      expect((await client.answer()).status).toBe(200);
      expect(upstream.sockets.length).toBe(connections);
    }
  });

  it('is risked where there may be no further connection', async () => {
    const upstream = await keeping();
    const server = await front(upstream.url, { maxConnections: 1 });
    const clients = [await server.client(), await server.client()];
    for (let round = 0; round < 3; round++) {
      for (const client of clients) client.send(post('content'));
      for (const client of clients) expect((await client.answer()).status).toBe(200);
    }
    expect(upstream.sockets.length).toBe(1);
  });

  it('is not expected of an upstream that says it keeps them, nor of one that leaves idle ones open', async () => {
    for (const says of ['Connection: keep-alive\r\n', '']) {
      const upstream = await keeping(says);
      // The clock's ticks come as often as the shortest time needs them.
      const server = await front(upstream.url, { connectTimeout: 0.04 });
      const client = await server.client();
      for (let before = -1; upstream.sockets.length > before; ) {
        before = upstream.sockets.length;
        client.send(post('content'));
        expect((await client.answer()).status).toBe(200);
      }
      if (says !== '') expect(upstream.sockets.length).toBe(1);
    }
  });
});
