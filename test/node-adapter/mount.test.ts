/** Where a handler stands: below a mount point, and before another application. */
import { describe, expect, it } from 'vitest';
import { environOf, fromNode, type NodeHandler } from 'wizgi/node';
import { testClient } from 'wizgi/testing';
import { mount } from '../../src/wsgi/mount.ts';
import type { Application } from '../../src/wsgi/types.ts';

const where: NodeHandler = (request, response) => {
  const { url, originalUrl, baseUrl } = request as {
    url?: string;
    originalUrl?: string;
    baseUrl?: string;
  };
  response.end(JSON.stringify([url, originalUrl, baseUrl]));
};

describe('below a mount point', () => {
  it.each([
    ['/', ['/', null, null]],
    ['/a%20b//c?d=e?f', ['/a%20b//c?d=e?f', null, null]],
    ['/%C3%BC?', ['/%C3%BC', null, null]],
    ['/app', ['/', '/app', '/app']],
    ['/app?a', ['/?a', '/app?a', '/app']],
    ['/app/', ['/', '/app/', '/app']],
    ['/app/x%2Fy?z', ['/x%2Fy?z', '/app/x%2Fy?z', '/app']],
    ['/%61pp/x', ['/x', '/%61pp/x', '/%61pp']],
  ])('%s has url, originalUrl and baseUrl %j', async (target, expected) => {
    const app = mount({ '/app': fromNode(where), '/': fromNode(where) });
    expect((await testClient(app).get(target)).json()).toEqual(expected);
  });

  it('what middleware made of the path counts', async () => {
    const inner = fromNode(where);
    const app: Application = (environ, startResponse) => {
      environ.PATH_INFO = '/else where';
      environ.QUERY_STRING = 'q';
      return inner(environ, startResponse);
    };
    expect((await testClient(app).get('/x')).json()).toEqual(['/else%20where?q', null, null]);
  });
});

describe('environOf', () => {
  it('gives the environ of a request, and of no other', async () => {
    const app = fromNode((request, response) => {
      response.end(String(environOf(request)?.['REMOTE_USER']));
    });
    const client = testClient(app, { environ: { REMOTE_USER: 'me' } });
    expect((await client.get('/')).text()).toBe('me');
    expect(environOf({})).toBeUndefined();
  });
});

describe('next()', () => {
  const inner: Application = (environ, startResponse) => {
    startResponse('203 Inner', [
      ['X-Inner', '1'],
      ['Set-Cookie', 'b=2'],
    ]);
    return [`${environ.REQUEST_METHOD} ${environ.PATH_INFO} ${environ['wsgi.input'].read()}`];
  };

  it('leads to a 404 where there is nothing else', async () => {
    const app = fromNode((_request, _response, next) => next?.());
    expect((await testClient(app).get('/')).status).toBe(404);
  });

  it.each(['now', 'later'])(
    'leads to the application behind, %s, with what was set',
    async (when) => {
      const heard: string[] = [];
      const app = fromNode(
        (_request, response, next) => {
          response.setHeader('X-Outer', '1');
          response.setHeader('Set-Cookie', 'a=1');
          response.on('finish', () => heard.push(`finish ${response.statusCode}`));
          if (when === 'now') next?.();
          else setImmediate(() => next?.());
        },
        { next: inner },
      );
      const answer = await testClient(app).post('/path', { body: 'content' });
      expect([answer.statusLine, answer.text()]).toEqual(['203 Inner', 'POST /path content']);
      expect(answer.headers.get('X-Outer')).toBe('1');
      expect(answer.headers.get('X-Inner')).toBe('1');
      expect(answer.headers.getAll('Set-Cookie')).toEqual(['a=1', 'b=2']);
      expect(heard).toEqual(['finish 203']);
    },
  );

  it('with an error is a failure', async () => {
    const app = fromNode((_request, _response, next) => next?.(new Error('the reason')));
    const answer = await testClient(app).get('/');
    expect([answer.status, String(answer.error)]).toEqual([500, 'Error: the reason']);
  });

  it('is not offered to who takes two arguments', async () => {
    const app = fromNode((...args: unknown[]) => {
      (args[1] as { end(text: string): void }).end(String(args.length));
    });
    expect((await testClient(app).get('/')).text()).toBe('2');
  });
});

describe('headers of requests', () => {
  it('come back as node:http has them', async () => {
    const app = fromNode((request, response) => {
      const { headers, rawHeaders, headersDistinct } = request;
      response.end(JSON.stringify([headers, rawHeaders, headersDistinct['x-list']]));
    });
    const answer = await testClient(app).post('/', {
      body: 'xy',
      headers: [
        ['x-list', 'a'],
        ['X-List', 'b'],
        ['Cookie', 'a=1'],
        ['Cookie', 'b=2'],
        ['Content-Type', 'text/plain'],
      ],
    });
    const [headers, raw, distinct] = answer.json() as [object, string[], string[]];
    expect(headers).toEqual({
      host: 'localhost',
      'x-list': 'a, b',
      cookie: 'a=1; b=2',
      'content-type': 'text/plain',
      'content-length': '2',
    });
    expect(raw).toContain('X-List');
    expect(distinct).toEqual(['a, b']);
  });

  it('say of a body of unknown length that there is one', async () => {
    const app = fromNode((request, response) => {
      const { 'transfer-encoding': coding, 'content-length': length } = request.headers;
      response.end(JSON.stringify([coding, length]));
    });
    async function* body() {
      yield 'x';
    }
    expect((await testClient(app).post('/', { body: body() })).json()).toEqual(['chunked', null]);
    expect((await testClient(app).get('/')).json()).toEqual([null, null]);
  });
});
