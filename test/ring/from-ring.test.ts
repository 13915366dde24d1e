/** Ring handlers as WSGI applications, by Ring's specification. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pathToFileURL } from 'node:url';
import { describe, expect, it, onTestFinished } from 'vitest';
import {
  fromRing,
  type RingAsyncHandler,
  type RingHandler,
  type RingRequest,
  type RingRequestBody,
  type RingResponse,
} from 'wizgi/ring';
import { type RequestOptions, testClient } from 'wizgi/testing';

const ok: RingResponse = { status: 200, headers: {}, body: 'ok' };

async function requestOf(
  target: string,
  method = 'GET',
  options: RequestOptions = {},
  client: Parameters<typeof testClient>[1] = {},
): Promise<RingRequest> {
  let seen: RingRequest | null = null;
  const handler: RingHandler = (request) => {
    seen = request;
    return ok;
  };
  await testClient(fromRing(handler), client).request(method, target, options);
  return seen as unknown as RingRequest;
}

describe('the request map', () => {
  it('has the keys of the specification', async () => {
    const request = await requestOf('/caf%C3%A9/a%2Fb?x=%20', 'POST', {
      headers: [
        ['X-Tag', 'one'],
        ['X-Tag', 'two'],
        ['Cookie', 'a=1'],
        ['Cookie', 'b=2'],
        ['Content-Type', 'text/plain'],
      ],
      body: 'hello',
    });
    const { body, 'wizgi/environ': environ, ...rest } = request;
    expect(rest).toEqual({
      'request-method': 'post',
      scheme: 'http',
      uri: '/caf%C3%A9/a%2Fb',
      'query-string': 'x=%20',
      protocol: 'HTTP/1.1',
      'server-name': 'localhost',
      'server-port': 80,
      'remote-addr': '127.0.0.1',
      headers: {
        host: 'localhost',
        'x-tag': 'one, two',
        cookie: 'a=1; b=2',
        'content-type': 'text/plain',
        'content-length': '5',
      },
      context: '',
      'path-info': '/caf%C3%A9/a%2Fb',
    });
    expect(environ?.PATH_INFO).toBe('/caf\xc3\xa9/a/b');
  });

  it('has neither query nor body where there is none', async () => {
    const request = await requestOf('/');
    expect('query-string' in request || 'body' in request).toBe(false);
  });

  it('has the mount point in context, as part of uri', async () => {
    const mounted = { scriptName: '/app' };
    expect(await requestOf('/app/x', 'GET', {}, mounted)).toMatchObject({
      uri: '/app/x',
      context: '/app',
      'path-info': '/x',
    });
    expect(await requestOf('/app', 'GET', {}, mounted)).toMatchObject({
      uri: '/app',
      'path-info': '',
    });
    expect((await requestOf('*', 'OPTIONS')).uri).toBe('*');
  });

  it('has a body to read, to iterate and to wait for', async () => {
    const texts: string[] = [];
    const bytesOf = (body: RingRequest['body']) => body as RingRequestBody;
    const readers: RingHandler[] = [
      ({ body }) => {
        texts.push(Buffer.from(bytesOf(body).read(2)).toString());
        texts.push(Buffer.from(bytesOf(body).read()).toString());
        return ok;
      },
      ({ body }) => {
        for (const block of bytesOf(body)) texts.push(Buffer.from(block).toString());
        return ok;
      },
      async ({ body }) => {
        for await (const block of bytesOf(body)) texts.push(Buffer.from(block).toString());
        return ok;
      },
    ];
    for (const reader of readers) await testClient(fromRing(reader)).post('/', { body: 'a\nb' });
    expect(texts).toEqual(['a\n', 'b', 'a\nb', 'a\nb']);
  });

  it('comes at the head where that is asked for', async () => {
    const handler: RingHandler = async ({ body }) => {
      const blocks: Uint8Array[] = [];
      for await (const block of body as RingRequestBody) blocks.push(block);
      return { ...ok, body: blocks };
    };
    async function* body() {
      yield 'a';
      await Promise.resolve();
      yield 'b';
    }
    const app = fromRing(handler, { streaming: true });
    expect((await testClient(app).post('/', { body: body() })).text()).toBe('ab');
  });
});

describe('a response map', () => {
  const folder = () => {
    const path = mkdtempSync(join(tmpdir(), 'wizgi-ring-'));
    onTestFinished(() => rmSync(path, { recursive: true }));
    writeFileSync(join(path, 'file'), 'hello');
    return join(path, 'file');
  };

  const bodies: Readonly<Record<string, () => unknown>> = {
    text: () => 'hello',
    bytes: () => Buffer.from('hello'),
    'an array': () => ['he', 'llo'],
    'an iterable': () => new Set(['he', 'llo']),
    'an async iterable': async function* () {
      yield 'he';
      yield 'llo';
    },
    'a stream': () => Readable.from(['he', 'llo']),
    'a web stream': () => new Blob(['hello']).stream(),
    'a file: URL': () => pathToFileURL(folder()),
    'an open file': () => open(folder()),
  };

  it.each(Object.keys(bodies))('may have %s as its body', async (name) => {
    const handler: RingHandler = async () => ({
      status: 200,
      headers: {},
      body: (await bodies[name]?.()) as string,
    });
    const response = await testClient(fromRing(handler)).get('/');
    expect([response.error, response.text(), response.complete]).toEqual([
      undefined,
      'hello',
      true,
    ]);
  });

  it('may have no body', async () => {
    for (const body of [{}, { body: null }]) {
      const response = await testClient(
        fromRing(() => ({ status: 204, headers: {}, ...body })),
      ).get('/');
      expect([response.statusLine, response.text()]).toEqual(['204 No Content', '']);
    }
  });

  it('has headers with one value or several', async () => {
    const headers = { 'Content-Type': 'text/plain', 'set-cookie': ['a=1', 'b=2'] };
    const response = await testClient(fromRing(() => ({ ...ok, headers }))).get('/');
    expect(response.headers.get('content-type')).toBe('text/plain');
    expect(response.headers.getAll('set-cookie')).toEqual(['a=1', 'b=2']);
    expect(response.headers.get('content-length')).toBe('2');
  });

  it.each([
    ['nothing', undefined, 'answered undefined; expected { status, headers, body }'],
    ['null', null, 'answered null'],
    ['a WebSocket', { 'ring.websocket/listener': {} }, 'answered a WebSocket'],
    ['a status that is text', { ...ok, status: '200' }, 'gave the status 200; expected an integer'],
    ['a status beyond 599', { ...ok, status: 600 }, 'gave the status 600'],
    ['no headers', { status: 200 }, 'gave undefined as headers; expected an object, which may be'],
    ['a number', { ...ok, headers: { a: 1 } }, "gave number as the value of the header 'a'"],
    ['an odd body', { ...ok, body: { x: 1 } }, 'gave an object as its body; expected text, bytes'],
    ['a number as body', { ...ok, body: 5 }, 'gave number as its body'],
  ])('that is %s is an error of the application', async (_what, response, message) => {
    const answer = await testClient(fromRing(() => response as RingResponse)).get('/');
    expect(answer.status).toBe(500);
    expect(String(answer.error)).toContain(`the Ring handler ${message}`);
  });
});

describe('an asynchronous handler', () => {
  const answer = async (handler: RingAsyncHandler, async?: boolean) =>
    testClient(fromRing(handler, async === undefined ? {} : { async })).get('/');

  it('responds at once or later', async () => {
    const now = await answer((_request, respond, _raise) => respond(ok));
    const later = await answer((_request, respond, _raise) => void setImmediate(respond, ok));
    expect([now.text(), later.text()]).toEqual(['ok', 'ok']);
  });

  it('is one with three parameters, or one that is said to be', async () => {
    const two: RingAsyncHandler = (_request, respond) => respond(ok);
    expect((await answer(two, true)).text()).toBe('ok');
    expect((await answer(two)).status).toBe(500);
    const three = (request: RingRequest, _b?: unknown, _c?: unknown) => ({
      ...ok,
      body: request.uri,
    });
    const app = fromRing(three as RingHandler, { async: false });
    expect((await testClient(app).get('/x')).text()).toBe('/x');
  });

  it('raises at once or later, throws or rejects', async () => {
    const failure = new Error('raised');
    const handlers: RingAsyncHandler[] = [
      (_request, _respond, raise) => raise(failure),
      (_request, _respond, raise) => void setImmediate(raise, failure),
      (_request, _respond, _raise) => {
        throw failure;
      },
      async (_request, _respond, _raise) => {
        throw failure;
      },
    ];
    for (const handler of handlers) {
      const response = await answer(handler);
      expect([response.status, response.error]).toEqual([500, failure]);
    }
  });

  it('counts once, and says so', async () => {
    const response = await answer((_request, respond, raise) => {
      respond(ok);
      respond({ ...ok, body: 'again' });
      raise(new Error('too late'));
      throw new Error('later still');
    });
    expect([response.status, response.text()]).toEqual([200, 'ok']);
    const lines = response.errors.split('\n').filter((line) => line.startsWith('Ring handler:'));
    expect(lines).toEqual([
      'Ring handler: respond was called again; only the first answer counts',
      'Ring handler: an error came after the answer: Error: too late',
      'Ring handler: an error came after the answer: Error: later still',
    ]);
  });
});

it('fromRing wants a handler, and options that exist', () => {
  expect(() => fromRing(() => ok, { asnyc: true } as object)).toThrow(
    "unknown fromRing option 'asnyc'",
  );
  expect(() => fromRing({} as RingHandler)).toThrow('not a Ring handler: expected a function');
});
