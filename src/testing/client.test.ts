import { describe, expect, it } from 'vitest';
import { streaming } from '../wsgi/application.ts';
import type { Application, Environ } from '../wsgi/types.ts';
import { testClient } from './client.ts';

const hello: Application = (_environ, startResponse) => {
  startResponse('200 OK', [
    ['Content-Type', 'text/plain'],
    ['Set-Cookie', 'a=1'],
    ['Set-Cookie', 'b=2'],
  ]);
  return ['hello'];
};

/** Answers with the body that it read. */
const echo: Application = (environ, startResponse) => {
  startResponse('200 OK', [['X-Type', environ.CONTENT_TYPE ?? 'none']]);
  return [environ['wsgi.input'].read()];
};

describe('testClient', () => {
  it('gives status, headers and content', async () => {
    const response = await testClient(hello).get('/');
    expect(response.status).toBe(200);
    expect(response.statusLine).toBe('200 OK');
    expect(response.headers.get('content-type')).toBe('text/plain');
    expect(response.headers.getAll('SET-COOKIE')).toEqual(['a=1', 'b=2']);
    expect(response.headers.get('Content-Length')).toBe('5');
    expect(response.text()).toBe('hello');
    expect(response.complete).toBe(true);
    expect(response.error).toBeUndefined();
    expect(response.errors).toBe('');
  });

  it('shows what the application threw and wrote to wsgi.errors', async () => {
    const thrown = new Error('broken');
    const response = await testClient((environ) => {
      environ['wsgi.errors'].write('look here\n');
      throw thrown;
    }).get('/');
    expect(response.status).toBe(500);
    expect(response.error).toBe(thrown);
    expect(response.errors).toContain('look here\n');
    expect(response.errors).toContain('broken');
    expect(response.text()).not.toContain('broken');
  });

  it('tells a response that was cut', async () => {
    const response = await testClient((_environ, startResponse) => {
      startResponse('200 OK', []);
      return (function* () {
        yield 'some';
        throw new Error('broken');
      })();
    }).get('/');
    expect(response.complete).toBe(false);
    expect(response.text()).toBe('some');
  });

  it('gives the blocks as they were sent, though the application reuses their memory', async () => {
    const response = await testClient((_environ, startResponse) => {
      startResponse('200 OK', []);
      return (function* () {
        const block = new Uint8Array(1);
        for (const byte of [65, 66]) yield block.fill(byte);
      })();
    }).get('/');
    expect(response.chunks.map((chunk) => Buffer.from(chunk).toString())).toEqual(['A', 'B']);
  });

  it.each([
    ['a text', { body: 'é' }, 'none', 'é'],
    ['json', { json: { a: [1] } }, 'application/json', '{"a":[1]}'],
    [
      'a form',
      { form: { a: '1 &', b: ['x', 'y'] } },
      'application/x-www-form-urlencoded',
      'a=1+%26&b=x&b=y',
    ],
  ])('sends %s', async (_what, options, type, text) => {
    const response = await testClient(echo).post('/', options);
    expect(response.headers.get('x-type')).toBe(type);
    expect(response.text()).toBe(text);
  });

  it('sends files as multipart/form-data', async () => {
    const response = await testClient(echo).post('/', {
      form: { title: 'a "b"' },
      files: {
        one: new File(['first'], 'one.txt', { type: 'text/plain' }),
        two: [{ name: 'two".bin', content: Uint8Array.of(0, 255) }],
      },
    });
    const form = await new Response(response.bytes(), {
      headers: { 'Content-Type': response.headers.get('x-type') ?? '' },
    }).formData();
    expect(form.get('title')).toBe('a "b"');
    const one = form.get('one');
    expect(one).toBeInstanceOf(File);
    expect(one).toMatchObject({ name: 'one.txt', type: 'text/plain' });
    expect(await (one as File).text()).toBe('first');
    const two = form.get('two') as File;
    expect(new Uint8Array(await two.arrayBuffer())).toEqual(Uint8Array.of(0, 255));
  });

  it('receives an iterable body whole before it enters an ordinary application', async () => {
    async function* body() {
      yield 'ab';
      await Promise.resolve();
      yield Buffer.from('cd');
    }
    const seen: unknown[] = [];
    const response = await testClient((environ, startResponse) => {
      seen.push(environ.CONTENT_LENGTH, environ['wizgi.streaming']);
      return echo(environ, startResponse);
    }).post('/', { body: body() });
    expect(response.text()).toBe('abcd');
    expect(seen).toEqual(['4', false]);
  });

  it('enters a streaming application before the body has arrived', async () => {
    const order: string[] = [];
    async function* body() {
      yield 'ab';
      await entered;
      order.push('sent');
      yield 'cd';
    }
    let enter!: () => void;
    const entered = new Promise<void>((resolve) => {
      enter = resolve;
    });
    const app = streaming(async (environ, startResponse) => {
      order.push('entered');
      enter();
      startResponse('200 OK', []);
      return [(await environ['wizgi.input']?.read()) ?? 'nothing'];
    });
    const response = await testClient(app).post('/', { body: body() });
    expect(response.text()).toBe('abcd');
    expect(order).toEqual(['entered', 'sent']);
  });

  it('rejects when the body that it should send fails', async () => {
    const failure = new Error('no more');
    const body = {
      [Symbol.asyncIterator]: () => ({ next: () => Promise.reject(failure) }),
    };
    await expect(testClient(echo).post('/', { body })).rejects.toBe(failure);
  });

  it('adds the common headers and keys to each request', async () => {
    let seen: Environ | undefined;
    const client = testClient(
      (environ, startResponse) => {
        seen = environ;
        return hello(environ, startResponse);
      },
      {
        headers: { Accept: 'a', 'X-Common': '1' },
        environ: { 'my.conf': '1' },
        baseUrl: 'https://example.org:8443',
        scriptName: '/app',
      },
    );
    await client.get('/app/x', { headers: { accept: 'b' }, environ: { 'my.other': '2' } });
    expect(seen).toMatchObject({
      HTTP_ACCEPT: 'b',
      HTTP_X_COMMON: '1',
      HTTP_HOST: 'example.org:8443',
      SCRIPT_NAME: '/app',
      PATH_INFO: '/x',
      'my.conf': '1',
      'my.other': '2',
      'wsgi.url_scheme': 'https',
    });
  });

  it('refuses options that do not exist', async () => {
    expect(() => testClient(hello, { header: {} } as object)).toThrow("option 'header'");
    await expect(testClient(hello).get('/', { jsn: 1 } as object)).rejects.toThrow("option 'jsn'");
    expect(() => testClient(hello).stream('GET', '/', { jsn: 1 } as object)).toThrow('jsn');
    await expect(testClient(hello).post('/', { json: 1, body: 'x' })).rejects.toThrow('one of');
  });
});

describe('TestClient.stream', () => {
  function counting(): { app: Application; asked: () => number; closed: () => number } {
    let asked = 0;
    let closed = 0;
    const app: Application = (_environ, startResponse) => {
      startResponse('200 OK', []);
      return {
        *[Symbol.iterator]() {
          for (;;) yield String(asked++);
        },
        close: () => {
          closed++;
        },
      };
    };
    return { app, asked: () => asked, closed: () => closed };
  }

  it('asks for a block only once the one before was read', async () => {
    const { app, asked } = counting();
    const stream = testClient(app).stream('GET', '/');
    expect((await stream.head).status).toBe(200);
    expect(asked()).toBe(1);
    expect(Buffer.from((await stream.read()) ?? []).toString()).toBe('0');
    expect(asked()).toBe(2);
    stream.abort();
  });

  it('lets the client leave', async () => {
    const { app, closed } = counting();
    const stream = testClient(app).stream('GET', '/');
    await stream.read();
    stream.abort();
    const response = await stream.response;
    expect(response.complete).toBe(false);
    expect(response.error).toBeUndefined();
    expect(closed()).toBe(1);
    expect(await stream.read()).toBeNull();
  });

  it('leaves when its loop is left', async () => {
    const { app, closed } = counting();
    const stream = testClient(app).stream('GET', '/');
    for await (const block of stream) if (Buffer.from(block).toString() === '3') break;
    await stream.response;
    expect(closed()).toBe(1);
  });

  it('ends after the last block, and throws where the response was cut', async () => {
    const whole = testClient(hello).stream('GET', '/');
    expect(await whole.read()).toEqual(Uint8Array.from(Buffer.from('hello')));
    expect(await whole.read()).toBeNull();
    const cut = testClient((_environ, startResponse) => {
      startResponse('200 OK', [['Content-Length', '10']]);
      return ['short'];
    }).stream('GET', '/');
    await cut.read();
    await expect(cut.read()).rejects.toThrow('cut');
  });

  it('rejects a pending read of the request body when the client leaves', async () => {
    let caught: unknown;
    let entered!: () => void;
    const whenEntered = new Promise<void>((resolve) => {
      entered = resolve;
    });
    const app = streaming(async (environ) => {
      entered();
      await environ['wizgi.input']?.read().catch((error: unknown) => {
        caught = error;
      });
      return [];
    });
    const never = { [Symbol.asyncIterator]: () => ({ next: () => new Promise<never>(() => {}) }) };
    const stream = testClient(app).stream('POST', '/', { body: never });
    await whenEntered;
    stream.abort();
    await stream.response;
    expect(caught).toMatchObject({ code: 'client-gone' });
    await expect(stream.head).rejects.toThrow('before a response began');
  });
});
