/** Hono under the HTTP gateway, beside its own server for Node. */
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { createAdaptorServer } from '@hono/node-server';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fromFetch, installFastFetch } from '../../src/adapters/fetch/index.ts';
import { type Server, serve } from '../../src/gateways/serve.ts';
import { LogRecorder } from '../log-recorder.ts';
import { ask, type Question, type Reply } from './ask.ts';
import { honoApp } from './hono-app.ts';

const JSON_TYPE = { 'Content-Type': 'application/json' };
const multipart = [
  '--b\r\nContent-Disposition: form-data; name="text"\r\n\r\nplain\r\n',
  '--b\r\nContent-Disposition: form-data; name="list"\r\n\r\n1\r\n',
  '--b\r\nContent-Disposition: form-data; name="list"\r\n\r\n2\r\n',
  '--b\r\nContent-Disposition: form-data; name="file"; filename="a.txt"\r\n',
  'Content-Type: text/plain\r\n\r\nof the file\r\n--b--\r\n',
].join('');

const post = (path: string, body: string | Uint8Array, headers = {}): Question => ({
  method: 'POST',
  path,
  body,
  headers: { 'Content-Type': 'text/plain', ...headers },
});

const questions: readonly Question[] = [
  ...[
    '/',
    '/json?q=1&q=two%20words&r',
    '/html',
    '/users/ada',
    '/users/%C3%A4%2Fb',
    '/url',
    '/url?a=%20b&c=%C3%A9%27',
    '/url/../url',
    '/status/204',
    '/status/304',
    '/status/205',
    '/status/201',
    '/status/418',
    '/empty',
    '/redirect',
    '/throws',
    '/teapot',
    '/bytes',
    '/blob',
    '/form',
    '/latin',
    '/late-header',
    '/cookies',
    '/stream',
    '/stream-text',
    '/events',
    '/etag/page',
    '/compressed/page',
    '/secret/page',
    '/cors/page',
    '/secure/page',
    '/routed/page',
    '/mounted',
    '/mounted/below',
    '/nowhere',
  ].map((path) => ({ path })),
  { path: '/', method: 'HEAD' },
  { path: '/stream', method: 'HEAD' },
  { path: '/', method: 'PUT' },
  {
    path: '/headers',
    headers: { Accept: 'a/b', 'X-One': 'caf\u00e9', 'X-Many': ['1', '2'], Cookie: ['a=1', 'b=2'] },
  },
  { path: '/all-headers', headers: { 'X-B': '1', Accept: '*/*' } },
  { path: '/cookies', headers: { Cookie: 'session=%C3%A4; x=y' } },
  { path: '/compressed/page', headers: { 'Accept-Encoding': 'gzip' } },
  {
    path: '/etag/page',
    headers: { 'If-None-Match': '"55cf6f0fc9ba9c7e93b7ab8f1d4a2c2d7fa2d8b1"' },
  },
  { path: '/secret/page', headers: { Authorization: `Basic ${btoa('ada:enigma')}` } },
  { path: '/secret/page', headers: { Authorization: `Basic ${btoa('ada:wrong')}` } },
  { path: '/cors/page', method: 'OPTIONS', headers: { Origin: 'http://example.com' } },
  post('/json', '{"a":[1,2,"\u00e9"]}', JSON_TYPE),
  post('/json', '\ufeff{"a":1}', JSON_TYPE),
  post('/json', '{"a":', JSON_TYPE),
  post('/text', 'x'.repeat(100_000)),
  post('/buffer', new Uint8Array(1000).fill(7)),
  post('/blob', 'of a blob', { 'Content-Type': 'text/x-blob' }),
  post('/twice', 'once'),
  post('/clone', 'both'),
  post('/echo', 'echo'.repeat(10_000)),
  post('/upload', multipart, { 'Content-Type': 'multipart/form-data; boundary=b' }),
  post('/upload', 'text=a+b&file=none', { 'Content-Type': 'application/x-www-form-urlencoded' }),
  post('/limited', 'short'),
  post('/limited', 'much too long'),
  {
    ...post('/override/page', '_method=DELETE'),
    headers: { 'Content-Type': 'application/x-www-form-urlencoded' },
  },
];

/**
 * What @hono/node-server says of a body whose Response has no type of its own. No real Response does, nor do
 * other runtimes; we do not either.
 */
const INVENTED = 'content-type: text/plain; charset=UTF-8';
const untyped = ['/bytes', '/stream', '/buffer', '/echo'];

function expectedOf(question: Question, { headers, ...reply }: Reply): Reply {
  if (!untyped.includes(question.path)) return { ...reply, headers };
  return { ...reply, headers: headers.filter((header) => header !== INVENTED) };
}

const titleOf = ({ method = 'GET', path, headers = {} }: Question) =>
  `${method} ${path} ${JSON.stringify(headers)}`;

/**
 * Real Responses are the measure: those of its own that Hono's server puts in their place differ from
 * them in their default types.
 */
async function askOracle(expected: Map<Question, Reply>): Promise<void> {
  const oracle = createAdaptorServer({ fetch: honoApp().fetch, overrideGlobalObjects: false });
  oracle.listen(0, '127.0.0.1');
  await once(oracle, 'listening');
  const { port } = oracle.address() as AddressInfo;
  for (const question of questions) {
    expected.set(question, expectedOf(question, await ask(port, question)));
  }
  oracle.close();
}

describe.each(['real Responses', 'fast Responses'])('Hono with %s', (kind) => {
  const log = new LogRecorder();
  const expected = new Map<Question, Reply>();
  let uninstall: (() => void) | undefined;
  let server: Server;
  let port = 0;

  beforeAll(async () => {
    await askOracle(expected);
    if (kind === 'fast Responses') uninstall = installFastFetch();
    server = await serve(fromFetch(honoApp()), { bind: ['127.0.0.1:0'], log });
    port = Number(new URL(server.addresses[0] ?? '').port);
  });

  afterAll(async () => {
    uninstall?.();
    await server.close();
  });

  for (const question of questions) {
    it(titleOf(question), async () => {
      expect(await ask(port, question)).toEqual(expected.get(question));
    });
  }

  // Hono's own server answers 500 here, unless it replaces Request.
  it('makes a Request of a Request', async () => {
    const { body } = await ask(port, post('/request', 'made anew'));
    expect(body).toBe('POST 1 made anew');
  });

  it('hears of nothing that failed in Hono', () => expect(log.loud).toEqual([]));
});
