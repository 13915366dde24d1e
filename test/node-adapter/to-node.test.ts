/** toNode: applications as handlers of Node's servers, alone and among middleware. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type RequestListener } from 'node:http';
import { connect as connect2, createServer as createServer2 } from 'node:http2';
import { createServer as createTlsServer, request as tlsRequest } from 'node:https';
import { type AddressInfo, connect, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { environOf, fromNode, type NodeHandler, toNode } from 'wizgi/node';
import { testClient } from 'wizgi/testing';
import { streaming } from '../../src/wsgi/application.ts';
import type { Application, Environ } from '../../src/wsgi/types.ts';
import { until } from '../conformance/harness.ts';
import { need } from '../interop/components.ts';
import { LogRecorder } from '../log-recorder.ts';
import { header, native, type Site, send } from './servers.ts';

// Variables, because their types are not installed.
const [expressName, connectName] = ['express', 'connect'];
type Router = RequestListener & {
  use(...args: unknown[]): Router;
};
const { default: express } = (await import(expressName)) as {
  default: (() => Router) & { json(): NodeHandler };
};
const { default: connectApp } = (await import(connectName)) as { default: () => Router };

/** Answers with what it was called with. */
const report: Application = (environ, startResponse) => {
  startResponse('200 OK', [['Content-Type', 'application/json']]);
  const { SCRIPT_NAME, PATH_INFO, QUERY_STRING, REQUEST_URI } = environ;
  const body = Buffer.from(environ['wsgi.input'].read()).toString();
  return [JSON.stringify([SCRIPT_NAME, PATH_INFO, QUERY_STRING, REQUEST_URI, body])];
};

const listening = async (server: Server): Promise<number> => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  return (server.address() as AddressInfo).port;
};

const told = async (site: Site, path: string, body?: string) =>
  JSON.parse(
    String(
      (await send(site, { path, ...(body === undefined ? {} : { method: 'POST', body }) })).body,
    ),
  );

describe.each<[string, () => Router]>([
  ['Express', express],
  ['Connect', connectApp],
])('mounted in %s', (_name, make) => {
  it.each([
    ['/app', ['/app', '', '', '/app', '']],
    ['/app?q', ['/app', '', 'q', '/app?q', '']],
    ['/app/', ['/app', '/', '', '/app/', '']],
    ['/app/a%20b%2Fc?d=%20', ['/app', '/a b/c', 'd=%20', '/app/a%20b%2Fc?d=%20', '']],
  ])('%s is %j', async (path, expected) => {
    const site = await native(make().use('/app', toNode(report)));
    expect(await told(site, path)).toEqual(expected);
  });

  it('the router has the rest', async () => {
    const site = await native(make().use('/app', toNode(report)));
    expect((await send(site, { path: '/other' })).status).toBe('404 Not Found');
    expect(await told(site, '/app/x', 'content')).toContain('content');
  });
});

describe('among middleware', () => {
  it('a mount in a mount is one', async () => {
    const site = await native(express().use('/a', express().use('/b', toNode(report)) as never));
    expect((await told(site, '/a/b/c')).slice(0, 2)).toEqual(['/a/b', '/c']);
  });

  it('a body that was read already is an error that says so', async () => {
    const log = new LogRecorder(false);
    const seen: unknown[] = [];
    const app = express().use(express.json(), toNode(report, { log }));
    app.use((error: unknown, _request: unknown, response: { end(): void }, _next: unknown) => {
      seen.push(error);
      response.end();
    });
    const site = await native(app);
    const headers = { 'Content-Type': 'application/json' };
    await send(site, { method: 'POST', body: '{}', headers });
    expect(String(seen)).toContain('mount toNode() ahead of middleware that reads bodies');
    expect((await told(site, '/'))[1]).toBe('/');

    const bare = await native((request, response) => {
      request.once('data', () => toNode(report, { log })(request, response));
    });
    const answer = await send(bare, { method: 'POST', body: 'x' });
    expect([answer.status, header(answer, 'connection')]).toEqual([
      '500 Internal Server Error',
      undefined,
    ]);
    expect(log.lines).toMatchObject([{ level: 'error', message: 'application error' }]);
  });

  it('headers that middleware set or changed count', async () => {
    const app: Application = (environ, startResponse) => {
      startResponse('200 OK', [
        ['Set-Cookie', 'b=2'],
        ['Set-Cookie', 'c=3'],
        ['X-Twice', 'app'],
      ]);
      return [String([environ['HTTP_X_ADDED'], environ['HTTP_X_GONE']])];
    };
    const site = await native((request, response) => {
      request.headers['x-added'] = 'added';
      delete request.headers['x-gone'];
      response.setHeader('Set-Cookie', 'a=1');
      response.setHeader('X-Twice', 'middleware');
      toNode(app)(request, response);
    });
    const answer = await send(site, { headers: { 'X-Gone': '1' } });
    expect(String(answer.body)).toBe('added,');
    expect(answer.headers.filter(([name]) => name !== 'Content-Length')).toEqual([
      ['Set-Cookie', 'a=1'],
      ['Set-Cookie', 'b=2'],
      ['Set-Cookie', 'c=3'],
      ['X-Twice', 'app'],
    ]);
  });

  it('in a handler that runs in an application, what the gateway said is still there', async () => {
    let seen: Environ | undefined;
    const inner = toNode((environ, startResponse) => {
      seen = environ;
      startResponse('200 OK', []);
      return [];
    });
    const app = fromNode(express().use('/app', inner as never) as NodeHandler);
    await testClient(app, {
      baseUrl: 'https://example.org',
      environ: { REMOTE_USER: 'me' },
      scriptName: '/outer',
    }).get('/outer/app/x');
    expect(seen).toMatchObject({
      SCRIPT_NAME: '/outer/app',
      PATH_INFO: '/x',
      REMOTE_USER: 'me',
      REMOTE_ADDR: '127.0.0.1',
      SERVER_NAME: 'example.org',
      SERVER_PORT: '443',
      HTTPS: 'on',
      'wsgi.url_scheme': 'https',
    });
  });
});

describe('bodies', () => {
  it('beyond the memory go to a file, and come back whole', async () => {
    const site = await native(toNode(report, { bodyInMemory: 1000 }));
    const body = 'ü'.repeat(200_000);
    expect((await told(site, '/', body))[4]).toBe(body);
  });

  it('beyond the limit are refused, whether or not they say how long they are', async () => {
    const site = await native(toNode(report, { maxBody: 1000 }));
    async function* body() {
      for (let count = 0; count < 20; count++) yield Buffer.alloc(100);
    }
    const large = await send(site, { method: 'POST', body: 'x'.repeat(1001) });
    expect(large.status).toBe('413 Content Too Large');
    expect((await send(site, { method: 'POST', body: body() })).status).toBe(
      '413 Content Too Large',
    );
    expect((await told(site, '/', 'x'.repeat(1000)))[4]).toHaveLength(1000);
  });

  it('of a client that leaves do not enter the application', async () => {
    let calls = 0;
    let closed = 0;
    const handler = toNode((_environ, startResponse) => {
      calls++;
      startResponse('200 OK', []);
      return [];
    });
    const site = await native((request, response) => {
      request.on('close', () => closed++);
      handler(request, response);
    });
    const socket = connect(site.port, '127.0.0.1');
    socket.write('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nhalf', () =>
      socket.destroy(),
    );
    await until(() => closed === 1);
    expect(calls).toBe(0);
  });

  it('that a streaming application leaves unread do not block the connection', async () => {
    const site = await native(
      toNode(
        streaming((environ, startResponse) => {
          startResponse('200 OK', []);
          return [environ.REQUEST_METHOD];
        }),
      ),
    );
    const socket = connect(site.port, '127.0.0.1');
    onTestFinished(() => void socket.destroy());
    let seen = '';
    socket.on('data', (data) => {
      seen += data;
    });
    socket.write('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 200000\r\n\r\n');
    socket.write(Buffer.alloc(200_000));
    socket.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
    await until(() => seen.endsWith('GET'));
    expect(seen).toContain('POST');
  });
});

it('unusable options are named', () => {
  expect(() => toNode(report, { maxBodi: 1 } as object)).toThrow("unknown option 'maxBodi'");
  expect(() => toNode(report, { maxBody: -1 })).toThrow("option 'maxBody'");
});

describe('node:http2', () => {
  it('serves an application through its compatibility API', async () => {
    const log = new LogRecorder(false);
    const app = streaming(async (environ, startResponse) => {
      const body = Buffer.from((await environ['wizgi.input']?.read()) ?? '').toString();
      if (environ.PATH_INFO === '/cut') {
        return (async function* () {
          startResponse('200 OK', []);
          yield 'begun';
          throw new Error('the reason');
        })();
      }
      startResponse('201 Own Words', [
        ['Set-Cookie', 'a=1'],
        ['Set-Cookie', 'b=2'],
      ]);
      return [`${environ.SERVER_PROTOCOL} ${environ.HTTP_HOST} ${environ['HTTP_COOKIE']} ${body}`];
    });
    const server = createServer2(toNode(app, { log }));
    const port = await listening(server);
    const session = connect2(`http://127.0.0.1:${port}`);
    onTestFinished(() => session.destroy());
    const ask = (headers: Record<string, string>, body = '') =>
      new Promise<[Record<string, unknown>, string, number]>((resolve) => {
        const stream = session.request(headers, { endStream: body === '' });
        let head = {};
        let text = '';
        stream.on('response', (fields) => {
          head = fields;
        });
        stream.on('data', (data) => {
          text += data;
        });
        stream.on('error', () => undefined);
        stream.on('close', () => resolve([head, text, stream.rstCode ?? 0]));
        if (body !== '') stream.end(body);
      });
    const [head, text] = await ask({ ':method': 'POST', ':path': '/', cookie: 'c=3' }, 'content');
    expect(head).toMatchObject({ ':status': 201, 'set-cookie': ['a=1', 'b=2'] });
    expect(text).toBe(`HTTP/2.0 127.0.0.1:${port} c=3 content`);
    expect((await ask({ ':path': '/' }))[0][':status']).toBe(201);
    const [, begun, code] = await ask({ ':path': '/cut' });
    expect([begun, code]).toEqual(['begun', 2]);
    expect(log.lines).toHaveLength(1);
  });
});

it('over TLS the scheme is https', async (context) => {
  const openssl = need('openssl', context);
  const folder = mkdtempSync(join(tmpdir(), 'wizgi-tls-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const [key, cert] = [join(folder, 'key'), join(folder, 'cert')];
  execFileSync(
    openssl,
    `req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -subj /CN=a -keyout ${key} -out ${cert}`.split(
      ' ',
    ),
    { stdio: 'ignore' },
  );
  const app: Application = (environ, startResponse) => {
    startResponse('200 OK', []);
    return [String([environ['wsgi.url_scheme'], environ['HTTPS']])];
  };
  const options = { key: readFileSync(key), cert: readFileSync(cert) };
  const server = createTlsServer(options, toNode(app));
  const port = await listening(server);
  const text = await new Promise<string>((resolve, reject) => {
    tlsRequest({ port, host: '127.0.0.1', rejectUnauthorized: false, agent: false }, (incoming) => {
      incoming.on('data', (data) => resolve(String(data)));
    })
      .on('error', reject)
      .end();
  });
  expect(text).toBe('https,on');
});

it('environOf knows nothing of requests of node:http', async () => {
  let seen: unknown = 'nothing';
  const server = createServer((request, response) => {
    seen = environOf(request);
    response.end();
  });
  const port = await listening(server);
  await send({ port, log: [], errors: () => '' });
  expect(seen).toBeUndefined();
});
