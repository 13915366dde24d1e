/** fromFetch, through the in-process client and over real connections. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import { connect } from 'node:net';
import { AutoRouter, cors, error, type IRequest } from 'itty-router';
import { afterEach, describe, expect, it, onTestFinished } from 'vitest';
import { FastResponse, fromFetch, installFastFetch } from '../../src/adapters/fetch/index.ts';
import { serve } from '../../src/gateways/serve.ts';
import { testClient } from '../../src/testing/index.ts';
import { mount } from '../../src/wsgi/mount.ts';
import type { Application } from '../../src/wsgi/types.ts';
import { Gate, until } from '../conformance/harness.ts';
import { LogRecorder } from '../log-recorder.ts';
import { ask } from './ask.ts';

type Handler = (request: Request) => Response | Promise<Response>;

const get = (handler: Handler, path = '/', headers = {}) =>
  testClient(fromFetch(handler)).get(path, { headers });

const post = (handler: Handler, body: string | Uint8Array, type = 'text/plain') =>
  testClient(fromFetch(handler)).post('/', { body, headers: { 'Content-Type': type } });

/** Serves over HTTP until the test ends. */
async function serving(app: Application) {
  const log = new LogRecorder();
  const server = await serve(app, { bind: ['127.0.0.1:0'], log });
  onTestFinished(() => server.close());
  return { log, port: Number(new URL(server.addresses[0] ?? '').port) };
}

const kinds = [
  ['real Responses', () => undefined],
  ['fast Responses', installFastFetch],
] as const;

it('a fast Response of a blob has its length and type', async () => {
  const content = new Uint8Array(300_000).fill(7);
  const blob = new Blob([content], { type: 'image/x-own' });
  const response = await get(() => new FastResponse(blob) as unknown as Response);
  expect(response.headers.get('content-length')).toBe('300000');
  expect(response.headers.get('content-type')).toBe('image/x-own');
  expect(Buffer.from(response.bytes()).equals(content)).toBe(true);
  const passedOn = new FastResponse(blob) as unknown as Response;
  expect(await passedOn.blob()).toMatchObject({ size: 300_000, type: 'image/x-own' });
});

describe.each(kinds)('fromFetch with %s', (_kind, install) => {
  let uninstall: (() => void) | undefined;
  const prepared = () => {
    uninstall = install() as (() => void) | undefined;
  };
  afterEach(() => uninstall?.());

  it('gives status, headers and content', async () => {
    prepared();
    const response = await get(
      () => new Response('caf\u00e9', { status: 201, headers: { 'X-A': '1' } }),
    );
    expect(response.statusLine).toBe('201 Created');
    expect(response.headers.get('x-a')).toBe('1');
    expect(response.headers.get('content-type')).toBe('text/plain;charset=UTF-8');
    expect(response.headers.get('content-length')).toBe('5');
    expect(response.text()).toBe('caf\u00e9');
  });

  it('keeps Set-Cookie apart', async () => {
    prepared();
    const response = await get(() => {
      const headers = new Headers({ 'Set-Cookie': 'a=1' });
      headers.append('Set-Cookie', 'b=2');
      headers.append('Vary', 'A');
      headers.append('Vary', 'B');
      return new Response(null, { headers });
    });
    expect(response.headers.getAll('set-cookie')).toEqual(['a=1', 'b=2']);
    expect(response.headers.getAll('vary')).toEqual(['A, B']);
  });

  it.each([
    ['an array', () => new Uint8Array([1, 2]), '0102'],
    ['a buffer', () => new Uint8Array([1, 2]).buffer, '0102'],
    ['a part of a memory', () => new Uint8Array([0, 1, 2, 3]).subarray(1, 3), '0102'],
    ['a view', () => new DataView(new Uint8Array([1, 2]).buffer), '0102'],
    ['a blob', () => new Blob([new Uint8Array([1, 2])]), '0102'],
    ['a form', () => new URLSearchParams({ a: '1' }), '613d31'],
    ['a stream', () => new Blob([new Uint8Array([1, 2])]).stream(), '0102'],
  ])('sends %s', async (_what, body, hex) => {
    prepared();
    const response = await get(() => new Response(body()));
    expect(Buffer.from(response.bytes()).toString('hex')).toBe(hex);
  });

  it.each([204, 205, 304])('answers %i without content', async (status) => {
    prepared();
    const response = await get(() => new Response(null, { status }));
    expect([response.status, response.bytes().length]).toEqual([status, 0]);
    expect(() => new Response('x', { status })).toThrow(TypeError);
  });

  it('leaves the connection to the server', async () => {
    prepared();
    const headers = { 'Transfer-Encoding': 'chunked', Connection: 'close', 'Keep-Alive': '1' };
    const response = await get(() => new Response('x', { headers }));
    expect([...response.headers.keys()].sort()).toEqual(['Content-Length', 'content-type']);
  });

  it('sends header values octet by octet', async () => {
    prepared();
    const utf8 = Buffer.from('\u20ac').toString('latin1');
    const headers = { 'X-Latin': 'caf\u00e9', 'X-Utf8': utf8, 'X-Tab': 'a\tb' };
    const response = await get(() => new Response(null, { headers }));
    expect(response.headers.get('x-latin')).toBe('caf\u00e9');
    expect(response.headers.get('x-utf8')).toBe(utf8);
    expect(response.headers.get('x-tab')).toBe('a b');
    expect(() => new Response(null, { headers: { 'X-Euro': '\u20ac' } })).toThrow(TypeError);
    expect(() => new Response(null, { headers: { 'X-Line': 'a\nb' } })).toThrow(TypeError);
  });

  it('refuses control characters that WSGI does not know', async () => {
    prepared();
    const response = await get(() => new Response(null, { headers: { 'X-Bell': 'a\x07' } }));
    expect(response.status).toBe(500);
    expect(response.error).toMatchObject({ code: 'bad-header' });
  });

  it.each([
    ['throws', () => Promise.reject(new Error('inside')), 'inside'],
    ['gives nothing', () => undefined, 'gave undefined'],
    ['gives something else', () => ({}), 'where a Response was expected'],
    ['gives an error', () => Response.error(), 'Response.error()'],
    [
      'gives a Response that was read',
      async () => {
        const response = new Response('x');
        await response.text();
        return response;
      },
      'read already',
    ],
    [
      'changes the protocol',
      () => Object.assign(new Response(null), { webSocket: {} }),
      'WebSockets by another server',
    ],
  ])('answers 500 to a handler that %s', async (_what, handler, message) => {
    prepared();
    const response = await get(handler as unknown as Handler);
    expect(response.status).toBe(500);
    expect((response.error as Error).message).toContain(message);
    expect(response.text()).toBe('Internal Server Error\n');
  });

  it('answers a HEAD without content, and lets go of it', async () => {
    prepared();
    let cancelled = false;
    const handler = () =>
      new Response(
        new ReadableStream({
          pull: (controller) => controller.enqueue(new Uint8Array(10)),
          cancel: () => {
            cancelled = true;
          },
        }),
        { headers: { 'Content-Length': '20' } },
      );
    const response = await testClient(fromFetch(handler)).head('/');
    expect(response.headers.get('content-length')).toBe('20');
    expect(response.bytes().length).toBe(0);
    expect(cancelled).toBe(true);
  });

  it('passes on what the Response of a fetch() is', async () => {
    prepared();
    const origin = createServer((_request, response) => {
      response.writeHead(203, { 'X-Origin': '1', 'Set-Cookie': ['a=1', 'b=2'] });
      response.end('from afar');
    }).listen(0, '127.0.0.1');
    await once(origin, 'listening');
    onTestFinished(() => void origin.close());
    const { port } = origin.address() as { port: number };
    const response = await get(async () => {
      const answer = await fetch(`http://127.0.0.1:${port}/`);
      expect(answer).toBeInstanceOf(Response);
      return answer;
    });
    expect([response.status, response.text()]).toEqual([203, 'from afar']);
    expect(response.headers.getAll('set-cookie')).toEqual(['a=1', 'b=2']);
  });

  it('cuts an answer whose stream fails, and says why', async () => {
    prepared();
    const { log, port } = await serving(
      fromFetch(() => {
        let pulls = 0;
        return new Response(
          new ReadableStream({
            async pull(controller) {
              if (++pulls > 2) throw new Error('dried up');
              controller.enqueue(Buffer.from('some'));
              await new Promise((resolve) => setImmediate(resolve));
            },
          }),
        );
      }),
    );
    await expect(ask(port, { path: '/' })).rejects.toThrow(/aborted|reset/i);
    expect(log.loud).toEqual(['error: application error']);
  });

  it('cancels the stream of a client that leaves, and aborts the signal', async () => {
    prepared();
    let cancelled = false;
    let aborted = false;
    const { log, port } = await serving(
      fromFetch((request: Request) => {
        request.signal.addEventListener('abort', () => {
          aborted = true;
        });
        return new Response(
          new ReadableStream({
            pull: (controller) => controller.enqueue(new Uint8Array(64 * 1024)),
            cancel: () => {
              cancelled = true;
            },
          }),
        );
      }),
    );
    const socket = connect(port, '127.0.0.1');
    socket.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
    await once(socket, 'data');
    socket.resetAndDestroy();
    await until(() => cancelled && aborted, 'the end of the stream');
    expect(log.loud).toEqual([]);
  });

  it('sends the head of a stream that has nothing to say yet', async () => {
    prepared();
    const gate = new Gate();
    const { port } = await serving(
      fromFetch(
        () =>
          new Response(
            new ReadableStream({
              async pull(controller) {
                await gate.opened;
                controller.enqueue(Buffer.from('late'));
                controller.close();
              },
            }),
            { headers: { 'X-Head': 'early' } },
          ),
      ),
    );
    const response = await fetch(`http://127.0.0.1:${port}/`);
    expect(response.headers.get('x-head')).toBe('early');
    gate.open();
    expect(await response.text()).toBe('late');
  });

  it('asks a stream for no more than a slow client takes', async () => {
    prepared();
    let pulls = 0;
    const { port } = await serving(
      fromFetch(
        () =>
          new Response(
            new ReadableStream({
              pull(controller) {
                pulls++;
                controller.enqueue(new Uint8Array(64 * 1024));
              },
            }),
          ),
      ),
    );
    const socket = connect(port, '127.0.0.1');
    onTestFinished(() => void socket.destroy());
    socket.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
    await once(socket, 'data');
    socket.pause();
    let before = -1;
    await until(() => {
      const still = pulls === before;
      before = pulls;
      return still;
    }, 'the kernel to be full');
    // What the buffers of the kernel hold of it: some megabytes.
    expect(pulls).toBeLessThan(400);
  });

  it('lets a handler answer while it reads', async () => {
    prepared();
    const { port } = await serving(
      fromFetch((request: Request) => new Response(request.body as ReadableStream)),
    );
    const socket = connect(port, '127.0.0.1');
    onTestFinished(() => void socket.destroy());
    let text = '';
    socket.on('data', (data) => {
      text += data.toString();
    });
    socket.write('POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\none\r\n');
    await until(() => text.includes('one'), 'the first block');
    socket.write('3\r\ntwo\r\n');
    await until(() => text.includes('two'), 'the second block');
    socket.write('0\r\n\r\n');
    await until(() => text.endsWith('0\r\n\r\n'), 'the end');
  });

  it('serves itty-router as it answers by itself', async () => {
    const { preflight, corsify } = cors({ origin: 'http://a' });
    const router = AutoRouter({ before: [preflight], finally: [corsify] });
    router
      .get('/items/:id', ({ params }: IRequest) => ({ id: params['id'] }))
      .post('/items', async (request: IRequest) => ({ made: await request.json() }))
      .delete('/items/:id', () => error(403, 'not yours'));
    const requests = [
      ['GET', '/items/7'],
      ['POST', '/items', '{"name":"one"}'],
      ['DELETE', '/items/7'],
      ['GET', '/nowhere'],
      ['OPTIONS', '/items/7'],
    ] as const;
    const ownAnswers = requests.map(([method, path, body = null]) =>
      router.fetch(new Request(`http://localhost${path}`, { method, body })),
    );
    const own = await Promise.all(ownAnswers);
    prepared();
    const client = testClient(fromFetch(router));
    for (const [index, [method, path, body]] of requests.entries()) {
      const response = await client.request(method, path, body === undefined ? {} : { body });
      const expected = own[index] as Response;
      expect(response.status).toBe(expected.status);
      expect(response.text()).toBe(await expected.text());
      const headers = [...response.headers].filter(([name]) => name !== 'Content-Length');
      expect(headers).toEqual([...expected.headers]);
    }
  });
});

describe('the Request of fromFetch', () => {
  it('is one', async () => {
    const seen: unknown[] = [];
    await get((request) => {
      seen.push(request instanceof Request, Object.prototype.toString.call(request));
      seen.push(request.constructor === Request, Object.keys(request));
      const { headers } = request;
      seen.push(headers instanceof Headers, headers === request.headers);
      seen.push(request.redirect, request.destination, request.duplex, request.bodyUsed);
      seen.push(request.body, request.signal instanceof AbortSignal);
      return new Response();
    });
    expect(seen).toEqual([
      ...[true, '[object Request]', true, [], true, true],
      ...['follow', '', 'half', false, null, true],
    ]);
  });

  it.each([
    ['text', 'caf\u00e9'],
    ['json', { a: ['\u00e9'] }],
    ['arrayBuffer', 3],
    ['blob', 'text/plain 4'],
    ['formData', 'a=1'],
    ['clone', 'both both'],
    ['body', 'streamed'],
    ['real', 'POST real'],
  ])('reads its body as %s', async (way, expected) => {
    const ways: Record<string, [string, string, (request: Request) => Promise<unknown>]> = {
      text: ['\ufeffcaf\u00e9', 'text/plain', (request) => request.text()],
      json: ['{"a":["\u00e9"]}', 'application/json', (request) => request.json()],
      arrayBuffer: [
        'abc',
        'text/plain',
        async (request) => (await request.arrayBuffer()).byteLength,
      ],
      blob: [
        'blob',
        'text/plain',
        async (request) => {
          const blob = await request.blob();
          return `${blob.type} ${blob.size}`;
        },
      ],
      formData: [
        'a=1',
        'application/x-www-form-urlencoded',
        async (request) => [...(await request.formData())].map((pair) => pair.join('=')).join(),
      ],
      clone: [
        'both',
        'text/plain',
        async (request) => {
          const clone = request.clone();
          return `${await request.text()} ${await clone.text()}`;
        },
      ],
      body: [
        'streamed',
        'text/plain',
        async (request) => {
          let text = '';
          for await (const block of request.body ?? []) text += Buffer.from(block).toString();
          return text;
        },
      ],
      real: [
        'real',
        'text/plain',
        async (request) => {
          const real = new Request(request);
          return `${real.method} ${await real.text()}`;
        },
      ],
    };
    const [body, type, read] = ways[way] as NonNullable<(typeof ways)[string]>;
    let seen: unknown;
    const response = await post(
      async (request) => {
        seen = await read(request);
        expect(request.bodyUsed).toBe(way !== 'clone' ? true : request.bodyUsed);
        return new Response();
      },
      body,
      type,
    );
    expect(response.error).toBeUndefined();
    expect(seen).toEqual(expected);
  });

  it.each(['text', 'json', 'arrayBuffer', 'blob', 'formData'] as const)(
    'refuses %s() of a body that was read',
    async (way) => {
      const outcomes: unknown[] = [];
      await post(async (request) => {
        await request.text();
        outcomes.push(request.bodyUsed);
        await request[way]().catch((error: Error) => outcomes.push(error.name));
        try {
          request.clone();
        } catch (error) {
          outcomes.push((error as Error).name);
        }
        outcomes.push(request.bodyUsed);
        return new Response();
      }, 'once');
      expect(outcomes).toEqual([true, 'TypeError', 'TypeError', true]);
    },
  );

  it('has the headers that were sent, and takes changes', async () => {
    const seen: unknown[] = [];
    await get(
      (request) => {
        const { headers } = request;
        seen.push(headers.get('X-One'), headers.get('x-none'), headers.has('ACCEPT'));
        seen.push(headers.get('cookie'), headers.getSetCookie());
        headers.set('X-One', '2');
        headers.append('X-New', 'n');
        headers.delete('Accept');
        seen.push(
          [...headers].filter(([name]) => name !== 'host'),
          headers.get('x-one'),
        );
        seen.push([...new Headers(headers).keys()], new Request(request).headers.get('x-new'));
        expect(() => headers.get('a b')).toThrow(TypeError);
        return new Response();
      },
      '/',
      { Accept: '*/*', 'X-One': '1', Cookie: ['a=1', 'b=2'] },
    );
    expect(seen).toEqual([
      ...['1', null, true, 'a=1; b=2', []],
      [
        ['cookie', 'a=1; b=2'],
        ['x-new', 'n'],
        ['x-one', '2'],
      ],
      '2',
      ['cookie', 'host', 'x-new', 'x-one'],
      'n',
    ]);
  });

  it.each([
    ['/a/b?c=d', {}, 'http://localhost/a/b?c=d'],
    ['/a%2Fb%20c', {}, 'http://localhost/a%2Fb%20c'],
    ['/a/./b/../c', {}, 'http://localhost/a/c'],
    ['/%2e%2e/x', {}, 'http://localhost/x'],
    ["/it's?it's", {}, "http://localhost/it's?it%27s"],
    ['//x', {}, 'http://localhost//x'],
    ['/', { Host: 'Example.COM:80' }, 'http://example.com/'],
    ['/', { Host: '[::1]:8000' }, 'http://[::1]:8000/'],
    ['/', { Host: 'b\u00fccher.example' }, null],
    ['/', { Host: 'a/b' }, null],
    ['/', { Host: 'user@a' }, null],
    ['/', { Host: 'a b' }, null],
  ])('has the URL of %s with %j', async (path, headers, url) => {
    let seen: string | null = null;
    const response = await get(
      (request) => {
        seen = request.url;
        return new Response();
      },
      path,
      headers,
    );
    expect([seen, response.status]).toEqual([url, url === null ? 400 : 200]);
  });

  it('has the URL that a real Request would have', async () => {
    for (const path of ['/a|b[c]', '/a"b', '/a{b}', '/~a!b$c', '/a?b|c"d<e>', '/%zz', '/a;b=c,d']) {
      let seen = '';
      await get((request) => {
        seen = request.url;
        return new Response();
      }, path);
      expect(seen).toBe(new Request(`http://localhost${path}`).url);
    }
  });

  it('is of the path below a mount, or of the whole one', async () => {
    const show = (request: Request) => new Response(new URL(request.url).pathname);
    const app = mount({
      '/short': fromFetch(show),
      '/full': fromFetch(show, { keepScriptName: true }),
    });
    const client = testClient(app);
    expect((await client.get('/short/a%20b')).text()).toBe('/a%20b');
    expect((await client.get('/short')).text()).toBe('/');
    expect((await client.get('/full/a%2Fb')).text()).toBe('/full/a%2Fb');
  });

  it.each([
    ['get', 'GET'],
    ['patch', 'patch'],
    ['BREW', 'BREW'],
    ['TRACE', 'TRACE'],
  ])('has the method %s as %s', async (sent, method) => {
    let seen: unknown;
    const handler = (request: Request) => {
      seen = [request.method, request.redirect];
      return new Response();
    };
    await testClient(fromFetch(handler)).request(sent, '/');
    expect(seen).toEqual([method, 'follow']);
  });
});

describe('what fromFetch passes beside the Request', () => {
  it('is an env of the application, and a context that waits', async () => {
    const seen: unknown[] = [];
    const module = {
      greeting: 'hello',
      fetch(request: Request, env: { KEY: string }, context: ExecutionContext) {
        seen.push(env.KEY, this.greeting);
        context.waitUntil(Promise.reject(new Error('too late')));
        context.passThroughOnException();
        return new Response(request.method);
      },
    };
    const response = await testClient(fromFetch(module, { env: { KEY: 'value' } })).get('/');
    expect(seen).toEqual(['value', 'hello']);
    expect(response.text()).toBe('GET');
  });

  it('is the environ by default, and what a function makes of it', async () => {
    const name = (_request: Request, env: { environ: { REMOTE_ADDR: string } }) =>
      new Response(env.environ.REMOTE_ADDR);
    expect((await testClient(fromFetch(name)).get('/')).text()).toBe('127.0.0.1');
    const made = fromFetch((_request: Request, env: string) => new Response(env), {
      env: (environ) => environ.REQUEST_METHOD,
    });
    expect((await testClient(made).get('/')).text()).toBe('GET');
  });

  it('refuses what is no handler, and options that there are not', () => {
    expect(() => fromFetch({} as never)).toThrow('not a Fetch handler');
    expect(() => fromFetch(() => new Response(), { mount: '/' } as never)).toThrow(
      "unknown fromFetch option 'mount'",
    );
  });
});

interface ExecutionContext {
  waitUntil(promise: Promise<unknown>): void;
  passThroughOnException(): void;
}

describe('FastResponse', () => {
  it.each([
    ['no arguments', []],
    ['text', ['x']],
    ['empty text', ['']],
    ['bytes', [new Uint8Array([120])]],
    ['null', [null, { status: 404, statusText: 'Nope' }]],
    ['a header', ['x', { headers: { 'X-A': 'b' } }]],
    ['a type', ['x', { headers: { 'content-type': 'a/b' } }]],
    [
      'pairs',
      [
        'x',
        {
          headers: [
            ['a', '1'],
            ['A', '2'],
            ['set-cookie', 'x'],
            ['set-cookie', 'y'],
          ],
        },
      ],
    ],
    ['Headers', ['x', { headers: new Headers({ b: '1' }) }]],
    ['names in two spellings', ['x', { headers: { A: '1', a: '2' } }]],
    ['a number as a value', ['x', { headers: { a: 1 } }]],
    ['spaces around a value', ['x', { headers: { a: ' b ' } }]],
    ['a bad status', ['x', { status: 600 }]],
    ['a low status', ['x', { status: 100 }]],
    ['101', [null, { status: 101 }]],
    ['content with 204', ['x', { status: 204 }]],
    ['a bad name', ['x', { headers: { 'a b': '1' } }]],
    ['a bad value', ['x', { headers: { a: 'b\nc' } }]],
    ['a bad reason', ['x', { statusText: 'a\nb' }]],
    ['null for settings', ['x', null]],
  ])('is as a real one with %s', async (_what, args) => {
    const outcome = async (Class: typeof Response) => {
      try {
        const response = new Class(...(args as ConstructorParameters<typeof Response>));
        const { status, statusText, ok, type, url, redirected, bodyUsed } = response;
        const clone = response.clone();
        const headers = [...response.headers];
        const texts = [await response.text(), await clone.text(), response.bodyUsed];
        const again = await response.text().catch((error: Error) => error.name);
        const head = { status, statusText, ok, type, url, redirected, bodyUsed, headers };
        return { ...head, texts, again, null: response.body === null };
      } catch (error) {
        return (error as Error).name;
      }
    };
    expect(await outcome(FastResponse as unknown as typeof Response)).toEqual(
      await outcome(Response),
    );
  });

  it('makes JSON and redirections as a real one does', async () => {
    const Fast = FastResponse as unknown as typeof Response;
    for (const Class of [Fast, Response]) {
      const made = Class.json({ a: 1 }, { status: 201 });
      expect([made.status, made.headers.get('content-type'), await made.json()]).toEqual([
        201,
        'application/json',
        { a: 1 },
      ]);
      expect(Class.redirect('http://a/b c', 307).headers.get('location')).toBe('http://a/b%20c');
      expect(() => Class.redirect('http://a', 200 as 301)).toThrow(RangeError);
      expect(() => Class.json(undefined)).toThrow(TypeError);
      expect(Class.error().type).toBe('error');
    }
  });

  it('stands in for Response, and goes again', () => {
    const real = Response;
    const fromBefore = new Response();
    const uninstall = installFastFetch();
    expect(Response).toBe(FastResponse);
    expect(new Response()).toBeInstanceOf(real);
    expect(fromBefore).toBeInstanceOf(Response);
    expect({}).not.toBeInstanceOf(Response);
    class Own extends Response {}
    expect(new Own('x')).toBeInstanceOf(Own);
    expect(new Own('x')).toBeInstanceOf(Response);
    expect(fromBefore).not.toBeInstanceOf(Own);
    expect(new Response('x').constructor).toBe(Response);
    expect(new Response('x').clone()).toBeInstanceOf(Response);
    expect(new real(new Response('x').body)).toBeInstanceOf(Response);
    uninstall();
    expect(Response).toBe(real);
  });
});
