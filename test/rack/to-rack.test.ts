/** WSGI applications as Rack applications. */
import { describe, expect, it } from 'vitest';
import type { Application, Environ } from 'wizgi';
import { streaming } from 'wizgi';
import { type RackEnv, type RackResponse, toRack } from 'wizgi/rack';

const env = (values: Partial<RackEnv> = {}): RackEnv => ({
  REQUEST_METHOD: 'GET',
  SCRIPT_NAME: '',
  PATH_INFO: '/',
  QUERY_STRING: '',
  SERVER_NAME: 'example.org',
  SERVER_PROTOCOL: 'HTTP/1.1',
  'rack.url_scheme': 'https',
  'rack.errors': { puts: () => undefined, write: () => undefined, flush: () => undefined },
  ...values,
});

async function textOf(body: RackResponse[2]): Promise<string> {
  const blocks: Buffer[] = [];
  for await (const block of body as AsyncIterable<string>) blocks.push(Buffer.from(block));
  return Buffer.concat(blocks).toString();
}

async function environOf(values: Partial<RackEnv>): Promise<Environ> {
  let seen: Environ | null = null;
  await toRack((environ, startResponse) => {
    seen = environ;
    startResponse('200 OK', []);
    return [];
  })(env(values));
  return seen as unknown as Environ;
}

const silent = {
  error: () => undefined,
  warn: () => undefined,
  info: () => undefined,
  debug: () => undefined,
};

describe('a triplet', () => {
  it('comes at once where the application answers at once', () => {
    const response = toRack((_environ, startResponse) => {
      startResponse('404 Gone Fishing', [
        ['Content-Type', 'text/plain'],
        ['Set-Cookie', 'a=1'],
        ['set-cookie', 'b=2'],
        ['__proto__', 'x'],
      ]);
      return ['hello'];
    })(env()) as RackResponse;
    expect(response).not.toBeInstanceOf(Promise);
    expect(response[0]).toBe(404);
    expect(Object.entries(response[1])).toEqual([
      ['content-type', 'text/plain'],
      ['set-cookie', ['a=1', 'b=2']],
      ['__proto__', 'x'],
      ['content-length', '5'],
    ]);
    expect(response[2]).toEqual(['hello']);
  });

  it('has neither type nor length where Rack allows none', async () => {
    for (const status of ['204 No Content', '304 Not Modified']) {
      const [, headers, body] = await toRack((_environ, startResponse) => {
        startResponse(status, [
          ['Content-Type', 'text/plain'],
          ['Content-Length', '5'],
          ['ETag', '"x"'],
        ]);
        return [];
      })(env());
      expect([Object.keys(headers), body]).toEqual([['etag'], []]);
    }
  });

  it('has its own copy of a block', async () => {
    const block = Buffer.from('first');
    const app = toRack((_environ, startResponse) => {
      startResponse('200 OK', []);
      return Object.assign([block], { close: () => void block.fill('x') });
    });
    expect(await textOf((await app(env()))[2])).toBe('first');
  });

  it('has a body that asks for blocks one by one, and closes the application', async () => {
    const order: string[] = [];
    const app = toRack((_environ, startResponse) => {
      startResponse('200 OK', []);
      const blocks = (function* () {
        for (const block of ['a', 'b', 'c']) {
          order.push(block);
          yield block;
        }
      })();
      return Object.assign(blocks, { close: () => void order.push('close') });
    });
    const [, , body] = await app(env());
    const iterator = (body as AsyncIterable<string>)[Symbol.asyncIterator]();
    expect(await iterator.next()).toMatchObject({ done: false });
    expect(order).toEqual(['a']);
    await iterator.next();
    expect(order).toEqual(['a', 'b']);
    await body.close?.();
    expect(order).toEqual(['a', 'b', 'close']);
  });

  it('fails where the application breaks off, behind what it gave', async () => {
    const [status, , body] = await toRack(
      (_environ, startResponse) => {
        startResponse('200 OK', []);
        return (function* () {
          yield 'some';
          throw new Error('midway');
        })();
      },
      { log: silent },
    )(env());
    expect(status).toBe(200);
    const iterator = (body as AsyncIterable<Uint8Array>)[Symbol.asyncIterator]();
    expect(Buffer.from((await iterator.next()).value).toString()).toBe('some');
    await expect(iterator.next()).rejects.toMatchObject({ code: 'no-answer' });
  });

  it('of an application that fails is a 500', async () => {
    const errors: unknown[] = [];
    const log = {
      ...silent,
      error: (_message: string, fields: object = {}) => void errors.push(fields),
    };
    const failing: Application = () => {
      throw new Error('broken');
    };
    const [status, , body] = await toRack(failing, { log })(env());
    expect([status, await textOf(body)]).toEqual([500, 'Internal Server Error\n']);
    expect(errors).toMatchObject([{ error: { message: 'broken' }, request: 'GET / HTTP/1.1' }]);
  });

  it('is not waited for when the server aborts', async () => {
    const controller = new AbortController();
    let aborted = false;
    const response = toRack((environ) => {
      environ['wizgi.signal']?.addEventListener('abort', () => {
        aborted = true;
      });
      return new Promise((_resolve, reject) => {
        environ['wizgi.signal']?.addEventListener('abort', () => reject(new Error('stopped')));
      });
    })(env({ 'wizgi.signal': controller.signal }));
    controller.abort(new Error('gone'));
    await expect(response).rejects.toMatchObject({ code: 'client-gone' });
    expect(aborted).toBe(true);
  });
});

describe('the environ', () => {
  it('is that of the env', async () => {
    const environ = await environOf({
      SCRIPT_NAME: '/app',
      PATH_INFO: '/caf%C3%A9',
      QUERY_STRING: 'a=b',
      HTTP_HOST: 'example.org',
      'my.extension': 1,
      'rack.multithread': false,
    });
    expect(environ).toMatchObject({
      SCRIPT_NAME: '/app',
      PATH_INFO: '/caf\xc3\xa9',
      QUERY_STRING: 'a=b',
      REQUEST_URI: '/app/caf%C3%A9?a=b',
      SERVER_PORT: '443',
      HTTP_HOST: 'example.org',
      'wsgi.url_scheme': 'https',
      'wsgi.multithread': false,
      'wsgi.input_terminated': true,
      'my.extension': 1,
    });
    expect(Object.keys(environ).filter((key) => key.startsWith('rack.'))).toEqual([]);
  });

  it('of the server itself has no path', async () => {
    const environ = await environOf({ REQUEST_METHOD: 'OPTIONS', PATH_INFO: '*' });
    expect([environ.PATH_INFO, environ['REQUEST_URI']]).toEqual(['', '*']);
  });

  it('reads what a foreign input has', async () => {
    const blocks = ['one\n', 'two'];
    const input = {
      read: () => {
        const block = blocks.shift();
        return block === undefined ? null : Buffer.from(block);
      },
      gets: () => null,
      each: () => undefined,
      async *[Symbol.asyncIterator]() {},
    };
    const app: Application = (environ, startResponse) => {
      startResponse('200 OK', []);
      return environ['wsgi.input'].readlines();
    };
    const [, , body] = await toRack(app)(env({ 'rack.input': input }));
    expect(await textOf(body)).toBe('one\ntwo');
  });

  it('writes to the errors of the env', async () => {
    let text = '';
    const write = (part: string) => {
      text += part;
    };
    const errors = { puts: () => undefined, write, flush: () => write('|') };
    await toRack((environ, startResponse) => {
      environ['wsgi.errors'].write('a');
      environ['wsgi.errors'].writelines(['b', 'c']);
      environ['wsgi.errors'].flush();
      startResponse('200 OK', []);
      return [];
    })(env({ 'rack.errors': errors }));
    expect(text).toBe('abc|');
  });

  it('tells of streaming, and waits on the asynchronous reader', async () => {
    const app = streaming(async (environ, startResponse) => {
      startResponse('200 OK', []);
      return [String(environ['wizgi.streaming']), (await environ['wizgi.input']?.read()) ?? ''];
    });
    expect(await textOf((await toRack(app)(env()))[2])).toBe('true');
  });

  it('cannot do without what names the request', () => {
    expect(() => toRack(() => [])({} as RackEnv)).toThrow("not a Rack env: 'rack.url_scheme' is");
    const nameless = { 'rack.url_scheme': 'http' } as RackEnv;
    expect(() => toRack(() => [], { logs: 1 } as object)).toThrow("unknown toRack option 'logs'");
    expect(() => toRack(() => [])(nameless)).toThrow("'REQUEST_METHOD' is missing");
  });
});
