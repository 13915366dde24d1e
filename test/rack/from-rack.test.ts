/** Rack applications as WSGI applications, by Rack's specification. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { describe, expect, it, onTestFinished } from 'vitest';
import {
  fromRack,
  type RackApp,
  type RackBody,
  type RackEnv,
  type RackResponse,
  type RackStream,
} from 'wizgi/rack';
import { testClient } from 'wizgi/testing';

const answering = (body: unknown, headers: object = {}): RackApp => {
  return () => [200, headers, body] as unknown as RackResponse;
};

async function envOf(target: string, method = 'GET', options: object = {}): Promise<RackEnv> {
  let seen: RackEnv | null = null;
  const app = fromRack((env) => {
    seen = env;
    return [200, {}, []];
  });
  await testClient(app).request(method, target, options);
  return seen as unknown as RackEnv;
}

describe('the env', () => {
  it('has the CGI variables and what Rack adds', async () => {
    const env = await envOf('/a?b=c', 'POST', {
      body: 'text',
      headers: { 'Content-Type': 'text/plain', 'X-Tag': '1' },
    });
    expect(env).toMatchObject({
      REQUEST_METHOD: 'POST',
      SCRIPT_NAME: '',
      PATH_INFO: '/a',
      QUERY_STRING: 'b=c',
      SERVER_NAME: 'localhost',
      SERVER_PORT: '80',
      SERVER_PROTOCOL: 'HTTP/1.1',
      CONTENT_TYPE: 'text/plain',
      CONTENT_LENGTH: '4',
      HTTP_X_TAG: '1',
      'rack.url_scheme': 'http',
      'rack.multithread': true,
      'rack.response_finished': [],
    });
    expect(Object.keys(env).filter((key) => key.startsWith('wsgi.'))).toEqual([]);
    expect('rack.hijack?' in env).toBe(false);
    for (const [key, value] of Object.entries(env)) {
      if (!key.includes('.')) expect([key, typeof value]).toEqual([key, 'string']);
    }
  });

  it('has the path as it was written', async () => {
    expect((await envOf('/caf%C3%A9/a%2Fb')).PATH_INFO).toBe('/caf%C3%A9/a%2Fb');
    expect((await envOf('*', 'OPTIONS')).PATH_INFO).toBe('*');
    let seen: RackEnv | null = null;
    const inner = fromRack((env) => {
      seen = env;
      return [200, {}, []];
    });
    await testClient(inner, { scriptName: '/caf\xc3\xa9' }).get('/caf%C3%A9');
    expect(seen).toMatchObject({ SCRIPT_NAME: '/caf%C3%A9', PATH_INFO: '' });
  });

  it('is given to nobody else: middleware may change it', async () => {
    const app = fromRack((env) => {
      env['PATH_INFO'] = '/changed';
      return [200, {}, []];
    });
    let after = '';
    await testClient((environ, startResponse) => {
      const body = app(environ, startResponse);
      after = environ.PATH_INFO;
      return body;
    }).get('/before');
    expect(after).toBe('/before');
  });

  it('has an input to read, by lines too, and to close', async () => {
    const seen: unknown[] = [];
    const app = fromRack((env) => {
      const input = env['rack.input'];
      const text = (bytes: Uint8Array | null | undefined) => bytes && Buffer.from(bytes).toString();
      seen.push(text(input?.read(2)), text(input?.gets()));
      input?.each((line) => void seen.push(text(line)));
      seen.push(input?.read(5), text(input?.read()), input?.gets());
      input?.close?.();
      seen.push(env['rack.input']);
      expect(() => input?.read()).toThrow('after it was closed');
      return [200, {}, []];
    });
    await testClient(app).post('/', { body: 'one\ntwo\nthree' });
    expect(seen.slice(0, 7)).toEqual(['on', 'e\n', 'two\n', 'three', null, '', null]);
  });

  it('has an input to wait for, where the application is entered at the head', async () => {
    const app = fromRack(
      async (env) => {
        const blocks: Uint8Array[] = [];
        for await (const block of env['rack.input'] ?? []) blocks.push(block);
        return [200, {}, blocks];
      },
      { streaming: true },
    );
    async function* body() {
      yield 'a';
      await Promise.resolve();
      yield 'b';
    }
    expect((await testClient(app).post('/', { body: body() })).text()).toBe('ab');
  });

  it('has errors to write to', async () => {
    const app = fromRack((env) => {
      env['rack.errors'].puts('line');
      env['rack.errors'].puts('ended\n');
      env['rack.errors'].write('text');
      env['rack.errors'].flush();
      return [200, {}, []];
    });
    expect((await testClient(app).get('/')).errors).toBe('line\nended\ntext');
  });
});

describe('an answer', () => {
  it('is a triplet, now or later, of a function or an object', async () => {
    const forms = [
      answering(['hello']),
      async () => [200, {}, ['hello']] as RackResponse,
      { call: (_env: RackEnv): RackResponse => [200, {}, ['hello']] },
    ];
    for (const form of forms) {
      const response = await testClient(fromRack(form)).get('/');
      expect([response.statusLine, response.text()]).toEqual(['200 OK', 'hello']);
      expect(response.headers.get('Content-Length')).toBe('5');
    }
    expect(() => fromRack({} as RackApp)).toThrow('an object with call(env)');
    expect(() => fromRack(() => [200, {}, []], { stream: true } as object)).toThrow(
      "unknown fromRack option 'stream'; the options are streaming",
    );
  });

  it('has headers in an object, a Map or pairs; arrays repeat', async () => {
    const headers = { 'content-type': 'text/plain', 'set-cookie': ['a=1', 'b=2'] };
    for (const form of [headers, new Map(Object.entries(headers)), Object.entries(headers)]) {
      const response = await testClient(fromRack(answering([], form))).get('/');
      expect(response.headers.getAll('Set-Cookie')).toEqual(['a=1', 'b=2']);
    }
  });

  it.each([
    ['null', null, 'returned null; expected [status, headers, body]'],
    ['a pair', [200, {}], 'returned an array of 2'],
    ['a status that is text', ['200', {}, []], 'gave the status 200; expected an integer'],
    ['a status below 100', [99, {}, []], 'gave the status 99'],
    ['no headers', [200, null, []], 'gave null as headers'],
    [
      'upper-case',
      [200, { 'Content-Type': 'x' }, []],
      "gave the header 'Content-Type'; Rack 3 wants 'content-type'",
    ],
    ['a number', [200, { 'x-a': 1 }, []], "gave number as the value of the header 'x-a'"],
    ['hijacking', [200, { 'rack.hijack': 'x' }, []], "gave the header 'rack.hijack'"],
    [
      'a length of a 204',
      [204, { 'content-length': '1' }, []],
      "gave the header 'content-length', which a 204 must not",
    ],
    [
      'a type of a 304',
      [304, { 'content-type': 'x' }, []],
      "gave the header 'content-type', which a 304 must not have",
    ],
    ['text as body', [200, {}, 'text'], 'gave string as its body; wrap it in an array'],
    ['bytes as body', [200, {}, new Uint8Array(2)], 'gave a byte array as its body; wrap it'],
    ['no body', [200, {}, null], 'gave null as its body; expected'],
    ['an odd body', [200, {}, { x: 1 }], 'gave an object as its body; expected'],
  ])('that is %s is an error of the application', async (_what, response, message) => {
    const answer = await testClient(fromRack(() => response as unknown as RackResponse)).get('/');
    expect(answer.status).toBe(500);
    expect(String(answer.error)).toContain(`the Rack application ${message}`);
  });

  it('with old-style lines in one value is an error', async () => {
    const response = await testClient(fromRack(answering([], { 'set-cookie': 'a=1\nb=2' }))).get(
      '/',
    );
    expect([response.status, String(response.error)]).toEqual([
      500,
      expect.stringContaining('control character'),
    ]);
  });
});

describe('a body', () => {
  const path = () => {
    const folder = mkdtempSync(join(tmpdir(), 'wizgi-rack-'));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    writeFileSync(join(folder, 'file'), 'hello');
    return join(folder, 'file');
  };

  const forms: Readonly<Record<string, () => unknown>> = {
    'an array': () => ['he', Buffer.from('llo')],
    'an iterable': () => new Set(['he', 'llo']),
    'an async iterable': async function* () {
      yield 'he';
      yield 'llo';
    },
    each: () => ({
      each(take: (block: string) => void) {
        take('he');
        take('llo');
      },
    }),
    'each, asynchronously': () => ({
      async each(take: (block: string) => void | Promise<void>) {
        await take('he');
        await Promise.resolve();
        await take('llo');
      },
    }),
    to_ary: () => ({ to_ary: () => ['he', 'llo'], each: () => undefined }),
    to_path: () => ({ to_path: path, each: () => undefined }),
    'a function that closes its stream': () => (stream: RackStream) => {
      stream.write('he');
      stream.write('llo');
      stream.close();
    },
    'a function with a promise': () => async (stream: RackStream) => {
      await stream.write('he');
      await Promise.resolve();
      stream.write('llo');
    },
    'a function whose stream is closed later': () => (stream: RackStream) => {
      stream.write('he');
      setImmediate(() => {
        stream.write('llo');
        stream.flush();
        stream.close_write();
      });
    },
    'an object with call': () => ({
      call(stream: RackStream) {
        stream.write('hello');
        stream.close();
      },
    }),
  };

  it.each(Object.keys(forms))('may be %s', async (name) => {
    const response = await testClient(fromRack(answering(forms[name]?.()))).get('/');
    expect([response.error, response.text(), response.complete]).toEqual([
      undefined,
      'hello',
      true,
    ]);
  });

  it.each(Object.keys(forms).filter((name) => name !== 'to_ary'))(
    'that is %s is closed once, before what waits for the end is called',
    async (name) => {
      const order: unknown[] = [];
      const app = fromRack((env) => {
        env['rack.response_finished']?.push((_env, status, headers, error) => {
          order.push(['first', status, headers, error]);
        });
        env['rack.response_finished']?.push(() => order.push('second'));
        const body = Object.assign(forms[name]?.() as object, {
          close: () => void order.push('close'),
        });
        return [201, { 'x-a': '1' }, body as RackBody];
      });
      const response = await testClient(app).get('/');
      expect([response.status, response.text()]).toEqual([201, 'hello']);
      expect(order).toEqual(['close', 'second', ['first', 201, { 'x-a': '1' }, null]]);
    },
  );

  it('that fails is closed, and the error is told', async () => {
    const failure = new Error('midway');
    const order: unknown[] = [];
    const failing: Readonly<Record<string, () => unknown>> = {
      'an iterable': function* () {
        yield 'some';
        throw failure;
      },
      'an async iterable': async function* () {
        yield 'some';
        throw failure;
      },
      each: () => ({
        each(take: (block: string) => void) {
          take('some');
          throw failure;
        },
      }),
      'a function': () => async (stream: RackStream) => {
        stream.write('some');
        throw failure;
      },
    };
    for (const form of Object.values(failing)) {
      const response = await testClient(
        fromRack((env) => {
          env['rack.response_finished']?.push((_env, status, _headers, error) => {
            order.push([status, error]);
          });
          const close = () => void order.push('close');
          return [200, {}, Object.assign(form() as object, { close }) as RackBody];
        }),
      ).get('/');
      expect([response.text(), response.complete, response.error]).toEqual([
        'some',
        false,
        failure,
      ]);
      expect(order.splice(0)).toEqual(['close', [null, failure]]);
    }
  });

  it('that is a stream is destroyed, though nobody asked for its content', async () => {
    const stream = Readable.from(['some']);
    let finished = false;
    const app = fromRack((env) => {
      env['rack.response_finished']?.push(() => {
        finished = true;
      });
      return [200, { 'content-length': '4' }, stream];
    });
    const client = testClient((environ, startResponse) => {
      const body = app(environ, startResponse);
      return Object.assign([], { close: () => body instanceof Promise || body.close?.() });
    });
    await client.head('/');
    expect([stream.destroyed, finished]).toEqual([true, true]);
  });

  it('is not there when the application fails', async () => {
    const order: unknown[] = [];
    const failure = new Error('before');
    const response = await testClient(
      fromRack((env) => {
        env['rack.response_finished']?.push((...told) => void order.push(told.slice(1)));
        throw failure;
      }),
    ).get('/');
    expect([response.status, response.error]).toEqual([500, failure]);
    expect(order).toEqual([[null, null, failure]]);
  });

  it('hears of a client that leaves', async () => {
    let error: unknown;
    let stream: RackStream | null = null;
    const app = fromRack((env) => {
      env['rack.response_finished']?.push((_env, _status, _headers, reason) => {
        error = reason;
      });
      return [
        200,
        {},
        (given) => {
          stream = given;
          given.write('some');
        },
      ];
    });
    const exchange = testClient(app).stream('GET', '/');
    expect(Buffer.from((await exchange.read()) ?? '').toString()).toBe('some');
    exchange.abort();
    await exchange.response;
    await expect.poll(() => error).toMatchObject({ code: 'client-gone' });
    expect(() => (stream as unknown as RackStream).write('more')).toThrow();
  });

  it('waits where the client reads slowly', async () => {
    let written = 0;
    const app = fromRack(
      answering(async (stream: RackStream) => {
        for (; written < 100; written++) await stream.write(Buffer.alloc(64));
      }),
    );
    const exchange = testClient(app).stream('GET', '/');
    await exchange.read();
    expect(written).toBeLessThan(10);
    while ((await exchange.read()) !== null);
    expect(written).toBe(100);
  });

  it('that keeps its stream reads what the client sends', async () => {
    const app = fromRack(
      answering((stream: RackStream) => {
        stream.write(stream.read(3) ?? '');
        stream.close_read();
        stream.close();
      }),
    );
    expect((await testClient(app).post('/', { body: 'hello' })).text()).toBe('hel');
  });
});
