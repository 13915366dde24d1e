/** WSGI applications as Ring handlers. */
import { describe, expect, it } from 'vitest';
import { type Application, type Environ, streaming } from 'wizgi';
import { type RingRequest, type RingResponse, toRing } from 'wizgi/ring';

const request = (values: Partial<RingRequest> = {}): RingRequest => ({
  'request-method': 'get',
  scheme: 'https',
  uri: '/',
  protocol: 'HTTP/1.1',
  'server-name': 'example.org',
  'server-port': 8443,
  'remote-addr': '192.0.2.1',
  headers: {},
  ...values,
});

async function environOf(values: Partial<RingRequest>): Promise<Environ> {
  let seen: Environ | null = null;
  await toRing((environ, startResponse) => {
    seen = environ;
    startResponse('200 OK', []);
    return [];
  })(request(values));
  return seen as unknown as Environ;
}

const silent = {
  error: () => undefined,
  warn: () => undefined,
  info: () => undefined,
  debug: () => undefined,
};

const failing: Application = () => {
  throw new Error('broken');
};

describe('the environ', () => {
  it('is that of the request map', async () => {
    expect(
      await environOf({
        'request-method': 'propfind',
        uri: '/app/caf%C3%A9',
        context: '/app',
        'query-string': 'a=b',
        headers: { host: 'example.org', 'x-tag': 'one,two', 'content-type': 'text/plain' },
        body: 'hello',
      }),
    ).toMatchObject({
      REQUEST_METHOD: 'PROPFIND',
      SCRIPT_NAME: '/app',
      PATH_INFO: '/caf\xc3\xa9',
      QUERY_STRING: 'a=b',
      REQUEST_URI: '/app/caf%C3%A9?a=b',
      SERVER_NAME: 'example.org',
      SERVER_PORT: '8443',
      REMOTE_ADDR: '192.0.2.1',
      HTTP_HOST: 'example.org',
      HTTP_X_TAG: 'one,two',
      CONTENT_TYPE: 'text/plain',
      CONTENT_LENGTH: '5',
      'wsgi.url_scheme': 'https',
    });
  });

  it('has a path of its own where uri is outside context', async () => {
    const environ = await environOf({ uri: '/apple', context: '/app' });
    expect([environ.SCRIPT_NAME, environ.PATH_INFO]).toEqual(['', '/apple']);
    const server = await environOf({ 'request-method': 'options', uri: '*' });
    expect([server.PATH_INFO, server['REQUEST_URI']]).toEqual(['', '*']);
  });

  it.each([
    ['text', 'hello'],
    ['bytes', Buffer.from('hello')],
    ['blocks', ['he', Buffer.from('llo')]],
    [
      'an async iterable',
      (async function* () {
        yield 'he';
        yield 'llo';
      })(),
    ],
  ])('has %s as its input', async (_what, body) => {
    const echo: Application = (environ, startResponse) => {
      startResponse('200 OK', []);
      return [environ['wsgi.input'].read()];
    };
    const response = await toRing(echo)(request({ body }));
    expect(Buffer.from(response.body as Uint8Array).toString()).toBe('hello');
  });

  it('has its input as it comes, where the application is marked for that', async () => {
    const order: string[] = [];
    const app = streaming(async (environ, startResponse) => {
      order.push('entered');
      startResponse('200 OK', []);
      return [(await environ['wizgi.input']?.read()) ?? ''];
    });
    const body = (async function* () {
      await Promise.resolve();
      order.push('sent');
      yield 'hello';
    })();
    const response = await toRing(app)(request({ body }));
    expect(Buffer.from(response.body as Uint8Array).toString()).toBe('hello');
    expect(order).toEqual(['entered', 'sent']);
  });

  it('cannot do without what names the request', () => {
    expect(() => toRing(() => [], { logs: 1 } as object)).toThrow("unknown toRing option 'logs'");
    expect(() => toRing(() => [])({} as RingRequest)).toThrow(
      "not a Ring request map: 'scheme' is missing",
    );
  });
});

describe('a response map', () => {
  it('comes at once where the application answers at once', () => {
    const response = toRing((_environ, startResponse) => {
      startResponse('404 Gone Fishing', [
        ['Content-Type', 'text/plain'],
        ['Set-Cookie', 'a=1'],
        ['Set-Cookie', 'b=2'],
      ]);
      return ['hello'];
    })(request()) as RingResponse;
    expect({ ...response, headers: { ...response.headers } }).toEqual({
      status: 404,
      headers: {
        'content-type': 'text/plain',
        'set-cookie': ['a=1', 'b=2'],
        'content-length': '5',
      },
      body: 'hello',
    });
  });

  it('has null where there is no content', async () => {
    const response = await toRing((_environ, startResponse) => {
      startResponse('204 No Content', []);
      return [];
    })(request());
    expect(response.body).toBe(null);
  });

  it('closes the application when its body is left', async () => {
    let closed = false;
    const { body } = await toRing((_environ, startResponse) => {
      startResponse('200 OK', []);
      const blocks = (function* () {
        for (;;) yield 'x';
      })();
      const close = () => {
        closed = true;
      };
      return Object.assign(blocks, { close });
    })(request());
    for await (const block of body as AsyncIterable<Uint8Array>) {
      expect(Buffer.from(block).toString()).toBe('x');
      break;
    }
    expect(closed).toBe(true);
  });

  it('of an application that fails is a 500', async () => {
    const response = await toRing(failing, { log: silent })(request());
    expect([response.status, response.body]).toEqual([500, 'Internal Server Error\n']);
  });
});

describe('both arities', () => {
  const deliver = (app: Application, values: Partial<RingRequest> = {}) =>
    new Promise<RingResponse>((respond, raise) => {
      expect(toRing(app, { log: silent })(request(values), respond, raise)).toBe(undefined);
    });

  it('respond with the same, now or later', async () => {
    const now: Application = (_environ, startResponse) => {
      startResponse('200 OK', []);
      return ['now'];
    };
    const later: Application = async (environ, startResponse) => now(environ, startResponse);
    expect((await deliver(now)).body).toBe('now');
    expect((await deliver(later)).body).toBe('now');
    expect((await deliver(failing)).status).toBe(500);
  });

  it('raise what is no answer of the application', async () => {
    await expect(deliver(failing, { uri: '' })).rejects.toThrow("'uri' is missing");
  });

  it('are not taken for the asynchronous one alone', () => {
    expect(toRing(failing).length).toBe(1);
  });
});
