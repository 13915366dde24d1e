/** toFetch beyond the conformance suite: what runtimes pass, limits, options. */
import { Hono } from 'hono';
import { describe, expect, it } from 'vitest';
import { toFetch } from '../../src/adapters/fetch/index.ts';
import { streaming } from '../../src/wsgi/application.ts';
import type { Application, Environ } from '../../src/wsgi/types.ts';
import { until } from '../conformance/harness.ts';
import { LogRecorder } from '../log-recorder.ts';

const request = (path = '/', init: RequestInit = {}) => new Request(`http://a:81${path}`, init);

type RequestInit = ConstructorParameters<typeof Request>[1];

/** The environ of a request. */
async function environOf(
  given: Request,
  options: Parameters<typeof toFetch>[1] = {},
  ...more: [env?: unknown, context?: unknown]
): Promise<Environ> {
  let seen: Environ | null = null;
  const app: Application = (environ, startResponse) => {
    seen = { ...environ };
    startResponse('200 OK', []);
    return [];
  };
  await toFetch(app, options)(given, ...more);
  return seen as unknown as Environ;
}

const hello: Application = (_environ, startResponse) => {
  startResponse('200 OK', [['Content-Type', 'text/plain']]);
  return ['Hello'];
};

const counting: Application = (environ, startResponse) => {
  startResponse('200 OK', []);
  return [String(environ['wsgi.input'].read().length)];
};

const countingAsItComes = streaming(async (environ, startResponse) => {
  let size = 0;
  for await (const block of environ['wizgi.input'] ?? []) size += block.length;
  startResponse('200 OK', []);
  return [String(size)];
});

/** A body of so many blocks of ten bytes, and how many were taken. */
function blocks(count: number) {
  const taken = { count: 0 };
  const body = new ReadableStream<Uint8Array>(
    {
      pull(controller) {
        if (taken.count++ < count) controller.enqueue(new Uint8Array(10));
        else controller.close();
      },
    },
    { highWaterMark: 0 },
  );
  return { body, taken };
}

const upload = (body: ReadableStream | string) =>
  request('/', { method: 'POST', body, duplex: 'half' });

describe('toFetch', () => {
  it('answers in the turn of the call where nothing has to be waited for', async () => {
    const response = toFetch(hello)(request());
    expect(response).toBeInstanceOf(Response);
    expect(await (response as Response).text()).toBe('Hello');
  });

  it('gives a stream in the turn of the call, too', async () => {
    const app: Application = (_environ, startResponse) => {
      startResponse('200 OK', []);
      return (function* () {
        yield 'one';
        yield 'two';
      })();
    };
    const response = toFetch(app)(request());
    expect(response).toBeInstanceOf(Response);
    expect(await (response as Response).text()).toBe('onetwo');
  });

  it('says no type that the application has not said', async () => {
    const app: Application = (_environ, startResponse) => {
      startResponse('200 OK', []);
      return ['text'];
    };
    const response = await toFetch(app)(request());
    expect(response.headers.has('content-type')).toBe(false);
  });

  it('tells the client as Bun does', async () => {
    const server = {
      requestIP: () => ({ address: '::ffff:10.0.0.1', port: 4711, family: 'IPv6' }),
    };
    const environ = await environOf(request(), {}, server);
    expect(environ).toMatchObject({ REMOTE_ADDR: '10.0.0.1', REMOTE_PORT: '4711' });
    const nobody = await environOf(request(), {}, { requestIP: () => null });
    expect(nobody).toMatchObject({ REMOTE_ADDR: '', REMOTE_PORT: '' });
  });

  it('tells the client as Deno does, and nobody where nobody is told', async () => {
    const info = { remoteAddr: { transport: 'tcp', hostname: '::1', port: 4711 } };
    expect(await environOf(request(), {}, info)).toMatchObject({ REMOTE_ADDR: '::1' });
    const unix = { remoteAddr: { transport: 'unix', path: '/run/x' } };
    expect(await environOf(request(), {}, unix)).toMatchObject({ REMOTE_ADDR: '' });
    expect(await environOf(request())).toMatchObject({ REMOTE_ADDR: '', REMOTE_PORT: '' });
  });

  it('believes a header about the client only where it is told to', async () => {
    const headers = { 'CF-Connecting-IP': '192.0.2.1' };
    expect((await environOf(request('/', { headers })))['REMOTE_ADDR']).toBe('');
    const options = { addressHeader: 'CF-Connecting-IP' };
    const info = { remoteAddr: { hostname: '10.0.0.1', port: 1 } };
    expect(await environOf(request('/', { headers }), options, info)).toMatchObject({
      REMOTE_ADDR: '192.0.2.1',
      REMOTE_PORT: '',
      HTTP_CF_CONNECTING_IP: '192.0.2.1',
    });
    expect((await environOf(request(), options, info))['REMOTE_ADDR']).toBe('10.0.0.1');
  });

  it('passes the arguments of the call on', async () => {
    const given = request();
    const env = { KEY: 'value' };
    const context = {};
    const environ = await environOf(given, {}, env, context);
    expect(environ['wizgi.fetch']).toEqual({ request: given, env, context });
  });

  it('makes environ of the URL', async () => {
    expect(await environOf(new Request('https://[::1]/a%2Fb?c=d#e'))).toMatchObject({
      SERVER_NAME: '[::1]',
      SERVER_PORT: '443',
      HTTP_HOST: '[::1]',
      HTTPS: 'on',
      'wsgi.url_scheme': 'https',
      PATH_INFO: '/a/b',
      QUERY_STRING: 'c=d',
      REQUEST_URI: '/a%2Fb?c=d',
    });
    expect(await environOf(request('?'))).toMatchObject({
      SERVER_NAME: 'a',
      SERVER_PORT: '81',
      PATH_INFO: '/',
      QUERY_STRING: '',
    });
  });

  it('has further entries, and a mount point', async () => {
    const options = { scriptName: '/app/', environ: { 'my.setting': 'x' } };
    expect(await environOf(request('/app/x'), options)).toMatchObject({
      SCRIPT_NAME: '/app',
      PATH_INFO: '/x',
      'my.setting': 'x',
    });
    expect((await toFetch(hello, options)(request('/apple'))).status).toBe(404);
    expect((await toFetch(hello, options)(request('/app'))).status).toBe(200);
  });

  it.each([
    ['received before', counting],
    ['read as it comes', countingAsItComes],
  ])('limits a body that is %s', async (_how, app) => {
    const handler = toFetch(app, { maxBody: 100, log: new LogRecorder() });
    expect(await (await handler(upload(blocks(10).body))).text()).toBe('100');
    const { body, taken } = blocks(1000);
    const refused = await handler(upload(body));
    expect(refused.status).toBe(413);
    await until(() => taken.count > 0);
    expect(taken.count).toBeLessThan(20);
    const declared = request('/', {
      method: 'POST',
      headers: { 'Content-Length': '101' },
      body: 'x'.repeat(101),
    });
    expect((await handler(declared)).status).toBe(413);
  });

  it('answers 400 to a body that breaks off', async () => {
    const broken = () =>
      new ReadableStream({
        pull: (controller) => controller.error(new Error('gone')),
      });
    for (const app of [counting, countingAsItComes]) {
      const log = new LogRecorder();
      expect((await toFetch(app, { log })(upload(broken()))).status).toBe(400);
      expect(log.lines.filter(({ level }) => level === 'error')).toEqual([]);
    }
  });

  it('answers 500 to a status that a Response cannot have', async () => {
    const log = new LogRecorder();
    let closed = false;
    const app: Application = (_environ, startResponse) => {
      startResponse('777 Lucky', []);
      const body = function* () {
        try {
          yield 'one';
          yield 'two';
        } finally {
          closed = true;
        }
      };
      return body();
    };
    const response = await toFetch(app, { log })(request());
    expect([response.status, await response.text()]).toEqual([500, 'Internal Server Error\n']);
    expect(log.loud).toEqual(['error: application error']);
    await until(() => closed, 'the end of the application');
  });

  it('asks Cloudflare to wait for close()', async () => {
    const waited: Promise<unknown>[] = [];
    const context = { waitUntil: (promise: Promise<unknown>) => waited.push(promise) };
    let closed = false;
    const app: Application = (_environ, startResponse) => {
      startResponse('200 OK', []);
      return Object.assign(['x'], {
        close: async () => {
          await null;
          closed = true;
        },
      });
    };
    await toFetch(app)(request(), {}, context);
    expect(waited).toHaveLength(1);
    await waited[0];
    expect(closed).toBe(true);
    await toFetch(hello)(request(), {}, context);
    expect(waited).toHaveLength(1);
  });

  it('can be mounted in Hono', async () => {
    const show: Application = (environ, startResponse) => {
      startResponse('200 OK', []);
      return [`${environ.SCRIPT_NAME} ${environ.PATH_INFO} ${environ['wsgi.input'].read().length}`];
    };
    const hono = new Hono();
    hono.mount('/short', toFetch(show));
    hono.mount('/full', toFetch(show, { scriptName: '/full' }), { replaceRequest: false });
    const post = { method: 'POST', body: 'four' };
    expect(await (await hono.request('/short/x', post)).text()).toBe(' /x 4');
    expect(await (await hono.request('/full/x', post)).text()).toBe('/full /x 4');
  });

  it('stops an application that nobody waits for', async () => {
    const controller = new AbortController();
    let reason: unknown;
    const app: Application = async (environ) => {
      await new Promise<void>((resolve) => {
        environ['wizgi.signal']?.addEventListener('abort', () => {
          reason = environ['wizgi.signal']?.reason;
          resolve();
        });
      });
      return [];
    };
    const log = new LogRecorder();
    const answer = toFetch(app, { log })(request('/', { signal: controller.signal }));
    controller.abort();
    expect((await answer).status).toBe(499);
    expect(reason).toMatchObject({ code: 'client-gone' });
    expect(log.loud).toEqual([]);
  });

  it('makes no more blocks than are taken', async () => {
    let made = 0;
    const app: Application = (_environ, startResponse) => {
      startResponse('200 OK', []);
      return (function* () {
        for (;;) {
          made++;
          yield 'block';
        }
      })();
    };
    const { body } = await toFetch(app)(request());
    const reader = (body as ReadableStream<Uint8Array>).getReader();
    for (let taken = 1; taken <= 5; taken++) {
      await reader.read();
      expect(made).toBeLessThanOrEqual(taken + 1);
    }
    await reader.cancel();
  });

  it('keeps what it sends, whatever becomes of the block', async () => {
    const app: Application = (_environ, startResponse) => {
      startResponse('200 OK', []);
      const block = new Uint8Array(1);
      return (function* () {
        for (let value = 65; value < 70; value++) {
          block[0] = value;
          yield block;
        }
      })();
    };
    expect(await (await toFetch(app)(request())).text()).toBe('ABCDE');
  });

  it('refuses what it does not know', () => {
    expect(() => toFetch(hello, { port: 80 } as never)).toThrow("unknown toFetch option 'port'");
    expect(() => toFetch(hello, { maxBody: -1 })).toThrow("'maxBody' is -1");
    expect(() => toFetch(hello, { scriptName: 'app' })).toThrow("expected a path such as '/app'");
    expect(() => toFetch({} as never)).toThrow('not a WSGI application');
  });
});
