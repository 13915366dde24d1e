import { describe, expect, it } from 'vitest';
import { streaming } from '../../src/wsgi/application.ts';
import { answering, gate, get, recording, start, turns, until } from './kit.ts';

const expecting = (fields: string, version = '1.1') =>
  `POST / HTTP/${version}\r\nHost: a\r\nExpect: 100-continue\r\n${fields}\r\n`;

const echo = streaming(async (environ, startResponse) => {
  const body = await environ['wizgi.input']?.read();
  startResponse('200 OK', []);
  return [body ?? ''];
});

describe('Expect: 100-continue', () => {
  it('EXP-1 is answered at once when the content is received first', async () => {
    const { app, calls } = recording();
    const server = await start(app);
    const client = await server.client();
    client.send(expecting('Content-Length: 5\r\n'));
    await client.expect('HTTP/1.1 100 Continue\r\n\r\n');
    expect(calls).toEqual([]);
    client.send('hello');
    expect(await client.answer()).toMatchObject({ body: 'POST / hello', interim: [100] });
    client.send(get());
    expect((await client.answer()).status).toBe(200);
  });

  it('EXP-2 EXP-3 is answered when a streaming application reads, once', async () => {
    const ready = gate();
    const server = await start(
      streaming(async (environ, startResponse) => {
        await ready.promise;
        const input = environ['wizgi.input'];
        const first = await input?.read(2);
        const rest = await input?.read();
        startResponse('200 OK', []);
        return [`${first}|${rest}`];
      }),
    );
    const client = await server.client();
    client.send(expecting('Content-Length: 5\r\n'));
    await turns(20);
    expect(client.received).toBe(0);
    ready.open();
    await client.expect('HTTP/1.1 100 Continue\r\n\r\n');
    client.send('he');
    client.send('llo');
    expect(await client.answer()).toMatchObject({ body: 'he|llo', interim: [100] });
  });

  it('EXP-5 is not answered after the final status', async () => {
    const server = await start(
      streaming((environ, startResponse) => {
        startResponse('200 OK', []);
        return (async function* () {
          yield 'begin ';
          yield (await environ['wizgi.input']?.read()) ?? '';
        })();
      }),
    );
    const client = await server.client();
    client.send(expecting('Content-Length: 5\r\n'));
    await client.expect('begin ');
    client.send('hello');
    const answer = await client.answer();
    expect(answer).toMatchObject({ body: 'begin hello', interim: [] });
    expect(answer.headers.connection).toBe('close');
  });

  it.each([
    ['whole', recording().app],
    ['streaming', echo],
  ])('D26 EXP-6 content in the same packet (%s): one 200', async (_mode, app) => {
    const server = await start(app);
    const client = await server.client();
    client.send(`${expecting('Content-Length: 5\r\n')}hello`);
    const answer = await client.answer();
    expect([answer.status, answer.interim]).toEqual([200, []]);
    client.send(get());
    expect((await client.answer()).status).toBe(200);
  });

  it.each(['', 'Content-Length: 0\r\n'])(
    'D27 without content (%j): 200, no 100',
    async (fields) => {
      const { app } = recording();
      const server = await start(app);
      const client = await server.client();
      client.send(expecting(fields) + get('/next'));
      expect(await client.answer()).toMatchObject({ status: 200, interim: [] });
      expect((await client.answer()).body).toBe('GET /next');
    },
  );

  it('D28 EXP-4 HTTP-83 with HTTP/1.0: 200, no 100', async () => {
    const { app } = recording();
    const server = await start(app);
    const client = await server.client();
    client.send(expecting('Content-Length: 5\r\n', '1.0'));
    await turns(20);
    expect(client.received).toBe(0);
    client.send('hello');
    expect(await client.answer()).toMatchObject({ status: 200, interim: [] });
  });

  it.each([true, false])(
    'D29 EXP-8 an answer without reading, content sent anyway: %s',
    async (sends) => {
      const server = await start(
        streaming((_environ, startResponse) => {
          startResponse('401 Unauthorized', []);
          return ['no'];
        }),
      );
      const client = await server.client();
      client.send(expecting('Content-Length: 34\r\n'));
      const answer = await client.answer();
      expect(answer.status).toBe(401);
      expect(answer.interim).toEqual([]);
      expect(answer.headers.connection).toBe('close');
      if (sends) client.send('GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n');
      expect(await client.closed()).toBe('fin');
      expect(client.text).toBe('');
      expect(server.log.loud).toEqual([]);
    },
  );

  it.each(['200-ok', 'y 100-continue', '100-continueX', ''])(
    'D25 EXP-7 Expect: %j: 417, and nothing after it is read',
    async (value) => {
      const { app, calls } = recording();
      const server = await start(app);
      const client = await server.exchange(
        `POST / HTTP/1.1\r\nHost: a\r\nExpect: ${value}\r\nContent-Length: 5\r\n\r\nhello${get()}`,
      );
      expect((await client.answers()).map(({ status }) => status)).toEqual([417]);
      expect(calls).toEqual([]);
      expect(server.log.loud).toEqual(['refused bad-expectation']);
    },
  );
});

describe('fields with a meaning for the connection', () => {
  it.each(['Content-Type: a\r\nContent-Type: b\r\n', 'Authorization: a\r\nAuthorization: b\r\n'])(
    'D18 %j: 400',
    async (fields) => {
      const { app, calls } = recording();
      const server = await start(app);
      const client = await server.exchange(get('/', fields));
      expect((await client.answers()).map(({ status }) => status)).toEqual([400]);
      expect(calls).toEqual([]);
    },
  );

  it.each([
    'Upgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\nConnection: Upgrade, HTTP2-Settings\r\n',
    'Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n',
  ])('D21 D22 HTTP-81 %j: 200, and what follows is the next request', async (fields) => {
    const { app, calls } = recording();
    const server = await start(app);
    const client = await server.client();
    client.send(get('/1', fields) + get('/2'));
    expect([(await client.answer()).status, (await client.answer()).status]).toEqual([200, 200]);
    expect(calls).toEqual(['GET /1', 'GET /2']);
  });

  it('D23 200 requests with a control character behind 8 000 bytes: linear', async () => {
    const { app } = recording();
    const server = await start(app);
    const request = get('/', `A: ${'x'.repeat(8000)}\x10\r\n`);
    const before = performance.now();
    for (let round = 0; round < 20; round++) {
      const clients = await Promise.all(Array.from({ length: 10 }, () => server.exchange(request)));
      for (const client of clients) expect((await client.answer()).status).toBe(400);
    }
    expect(performance.now() - before).toBeLessThan(10_000);
  });

  it('D24 a shell function in User-Agent is plain text', async () => {
    const server = await start(answering((environ) => String(environ.HTTP_USER_AGENT)));
    const client = await server.client();
    client.send(get('/', 'User-Agent: () { :;}; echo x\r\n'));
    expect((await client.answer()).body).toBe('() { :;}; echo x');
  });
});

describe('C24 other protocols', () => {
  it.each([
    ['TLS', '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03'],
    ['HTTP/2', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'],
    ['SSH', 'SSH-2.0-OpenSSH_9.2p1\r\n'],
    ['Redis', '*1\r\n$4\r\nPING\r\n'],
    ['FastCGI', '\x01\x01\x00\x01\x00\x08\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00'],
    ['AJP', '\x12\x34\x00\x01\x0a'],
    ['uwsgi', '\x00\x10\x00\x00\x0c\x00QUERY_STRING\x00\x00'],
    ['SCGI', '24:CONTENT_LENGTH\x000\x00SCGI\x001\x00,'],
    ['NULs', '\0'.repeat(64)],
    ['ones', '\xff'.repeat(64)],
    ['PROXY (C25)', `PROXY TCP4 1.2.3.4 5.6.7.8 1 2\r\n${get()}`],
  ])('%s: refused within one read, in one line', async (_what, bytes) => {
    const { app, calls } = recording();
    const server = await start(app, { headerTimeout: 8 });
    const client = await server.client();
    client.send(bytes);
    await client.closed();
    const answer = await client.answer();
    expect([400, 505]).toContain(answer.status);
    expect(client.text).toBe('');
    expect(calls).toEqual([]);
    expect(server.log.loud).toHaveLength(1);
    await until('a short body', () => answer.body.length < 40);
  });
});
