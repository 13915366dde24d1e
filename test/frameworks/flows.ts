/** The requests of each application. */
import { readFileSync } from 'node:fs';
import { type Flow, get, post, type Step, step } from './request.ts';

const FORM = 'application/x-www-form-urlencoded';
const JSON_TYPE = 'application/json';
const OCTETS = 'application/octet-stream';

/** 2 MiB in which nothing repeats at a short distance. */
const LARGE = Buffer.from(
  Uint32Array.from({ length: 2 ** 19 }, (_, index) => Math.imul(index, 40503)).buffer,
);

const hello = readFileSync(new URL('apps/public/hello.txt', import.meta.url));

const MULTIPART = 'multipart/form-data; boundary=----wizgi';
const parts = Buffer.concat([
  Buffer.from(
    [
      '------wizgi\r\nContent-Disposition: form-data; name="title"\r\n\r\nGröße',
      '------wizgi\r\nContent-Disposition: form-data; name="text"; filename="hello.txt"\r\nContent-Type: text/plain\r\n\r\n',
    ].join('\r\n'),
  ),
  hello,
  Buffer.from(
    '\r\n------wizgi\r\nContent-Disposition: form-data; name="data"; filename="d&ta.bin"\r\nContent-Type: application/octet-stream\r\n\r\n',
  ),
  LARGE.subarray(0, 200_000),
  Buffer.from('\r\n------wizgi--\r\n'),
]);

/** What every application answers. */
const plain: readonly Step[] = [
  get('/'),
  step('HEAD', '/'),
  get('/json'),
  get('/redirect'),
  get('/', { Connection: 'Upgrade', Upgrade: 'websocket' }),
  get('/nothing'),
  step('POST', '/nothing', { body: 'nobody reads this' }),
  get('/cookies', { Cookie: 'a=1; b=%C3%BC; c="3"' }),
  get('/error'),
  get('/error/handled'),
  get('/path/p%C3%A4th%2Fx%20y+z'),
  get('/path/a%252Fb;c=1,d'),
  get("/path/~!$&'()*@:"),
  get('/query?a=1&a=2&b=%C3%BC+x&c=%26&d&e='),
  get('/query?a[b]=1&list[]=2&list[]=3'),
  get('/query?'),
  get('/headers', {
    'X-Utf8': Buffer.from('größe').toString('latin1'),
    'X-Empty': '',
    'User-Agent': 'test/1 (a; b)',
    Authorization: 'Basic YTpi',
    'Accept-Language': 'de, en;q=0.5',
  }),
  get(
    '/headers',
    {},
    {
      name: 'GET /headers with headers twice',
      headers: [
        ['X-Twice', 'one'],
        ['X-Twice', 'two'],
        ['Accept', 'text/html'],
        ['Accept', '*/*'],
        ['Cookie', 'a=1'],
        ['Cookie', 'b=2'],
        ['User-Agent', 'first'],
      ],
    },
  ),
  ...[204, 304, 404, 503].map((code) => get(`/status/${code}`)),
  get('/large'),
];

const json: readonly Step[] = [
  post('/json', JSON_TYPE, '{"a":[1,2,{"b":"ü"}]}'),
  post('/json', JSON_TYPE, '{"a":', { name: 'POST /json, malformed' }),
  post('/json', JSON_TYPE, '', { name: 'POST /json, empty' }),
  post('/json', JSON_TYPE, '{"a":1}', { name: 'POST /json, chunked', chunked: true }),
];

const forms: readonly Step[] = [
  post('/form', FORM, 'a=1&b=%C3%BC+x&c=1&c=2'),
  post('/upload', MULTIPART, parts),
];

const largeBody = (details = {}): readonly Step[] => [
  post('/large', OCTETS, LARGE, details),
  post('/large', OCTETS, LARGE, { name: 'POST /large, chunked', chunked: true, ...details }),
];

const waiting: Step = post('/large', OCTETS, 'after 100', {
  name: 'POST /large with Expect',
  headers: [['Expect', '100-continue']],
});

const methods: readonly Step[] = ['GET', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'].map((method) =>
  step(
    method,
    '/method',
    method === 'GET' ? {} : { headers: [['Content-Type', 'text/plain']], body: 'x' },
  ),
);

const streams: readonly Step[] = [
  get('/stream'),
  step('HEAD', '/stream'),
  get('/events', {}, { meanwhile: { text: 'data: one\n\n', ask: '/events/go' } }),
];

const leaving: Step = get('/forever', {}, { leave: { text: 'first\n', ask: '/left' } });

const counting: Flow = [1, 2, 3].map((visit) =>
  get('/count', {}, { name: `GET /count, visit ${visit}`, cookies: true }),
);

const files: readonly Step[] = [
  get('/static/hello.txt'),
  step('HEAD', '/static/hello.txt'),
  get('/static/large.txt'),
  get('/static/hello.txt', { 'If-Modified-Since': 'Fri, 01 Jan 2100 00:00:00 GMT' }),
];

const ranges: readonly Step[] = [
  get('/static/hello.txt', { Range: 'bytes=6-9' }),
  get('/static/large.txt', { Range: 'bytes=-10' }),
  get('/static/hello.txt', { Range: 'bytes=100-' }),
  get('/static/hello.txt', { Range: 'bytes=0-0,3-4' }),
  get('/static/gr%C3%B6%C3%9Fe.html'),
  get('/static/no-such-file'),
  get('/static/%2e%2e/content.mjs'),
];

const express: readonly Flow[] = [
  ...alone(plain, json, forms, largeBody(), methods, streams, files, ranges),
  ...alone([
    waiting,
    leaving,
    get('/back'),
    get('/piped'),
    get('/piped', { Range: 'bytes=10-19' }),
    get('/download'),
    post('/raw', 'text/x-raw', LARGE.subarray(0, 100_000)),
    post('/ignored', 'text/x-raw', LARGE.subarray(0, 100_000)),
    post('/small', OCTETS, 'x'.repeat(2000)),
    post('/form', FORM, 'a[b]=1&list[]=2&list[]=3', { name: 'POST /form, nested' }),
    get('/compressed/text', { 'Accept-Encoding': 'gzip' }),
    get('/compressed/text', { 'Accept-Encoding': 'deflate' }),
    get('/compressed/text', { 'Accept-Encoding': 'identity' }),
    get('/compressed/stream', { 'Accept-Encoding': 'gzip' }),
    step('HEAD', '/compressed/text', { headers: [['Accept-Encoding', 'gzip']] }),
    get('/error/later'),
    get('/cut'),
    get('/headers', { 'X-Requested-With': 'XMLHttpRequest', 'X-Forwarded-Proto': 'https' }),
    get('/raw-headers', { 'X-Raw': '1', 'x-lower': '2' }),
    get('/underscore', { x_under: '1' }),
    get('/many-headers'),
    get('/negotiated', { Accept: 'application/json' }),
    get('/negotiated', { Accept: 'text/html' }),
    get('/negotiated', { Accept: 'image/png' }),
    get('/reason'),
    get('/fresh', { 'If-None-Match': '"one"' }),
    get('/mounted/here?a=1'),
    step('OPTIONS', '/allowed'),
    step('DELETE', '/allowed'),
    get('/status/205'),
  ]),
  counting,
  [
    get('/count', {}, { name: 'GET /count, before the end', cookies: true }),
    step('POST', '/count/end', { cookies: true }),
    get('/count', {}, { name: 'GET /count, after the end', cookies: true }),
  ],
];

const koa: readonly Flow[] = [
  ...alone(plain, json, forms, largeBody(), methods, streams, files),
  ...alone([
    waiting,
    leaving,
    get('/back'),
    post('/ignored', 'text/x-raw', LARGE.subarray(0, 100_000)),
    get('/compressed/text'),
    get('/missing'),
    get('/web-stream'),
    get('/error/exposed'),
    get('/cut'),
    get('/own'),
    get('/raw-headers', { 'X-Raw': '1', 'x-lower': '2' }),
    get('/underscore', { x_under: '1' }),
    step('OPTIONS', '/allowed'),
    step('DELETE', '/allowed'),
    step('PROPFIND', '/allowed'),
  ]),
  counting,
];

const fastify: readonly Flow[] = [
  ...alone(plain, json, forms, largeBody(), methods, streams, files, ranges),
  ...alone([
    waiting,
    leaving,
    get('/back'),
    post('/schema', JSON_TYPE, '{"name":"me"}'),
    post('/schema', JSON_TYPE, '{"nome":"me"}', { name: 'POST /schema, invalid' }),
    post('/streamed', 'application/x-stream', LARGE.subarray(0, 300_000)),
    post('/ignored', 'application/x-stream', LARGE.subarray(0, 100_000)),
    post('/small', OCTETS, 'x'.repeat(2000)),
    post('/json', 'text/x-unknown', 'x', { name: 'POST /json, unknown type' }),
    get('/web-stream'),
    get('/response'),
    get('/compressed/text'),
    get('/cut'),
    get('/raw-headers', { 'X-Raw': '1', 'x-lower': '2' }),
    get('/underscore', { x_under: '1' }),
  ]),
  counting,
];

const hono: readonly Flow[] = [
  ...alone(plain, json, forms, largeBody(), methods, streams, files),
  ...alone([
    waiting,
    leaving,
    get('/back'),
    get('/static/hello.txt', { Range: 'bytes=6-9' }),
    get('/static/no-such-file'),
    post('/streamed', OCTETS, LARGE.subarray(0, 300_000)),
    post('/ignored', OCTETS, LARGE.subarray(0, 100_000)),
    post('/echo', OCTETS, LARGE.subarray(0, 300_000)),
    get('/compressed/text', { 'Accept-Encoding': 'gzip' }),
    get('/compressed/text', { 'Accept-Encoding': 'identity' }),
    get('/etag/text'),
    get('/etag/text', { 'If-None-Match': '"no"' }),
    get('/cut'),
    get('/native'),
    get('/underscore', { x_under: '1' }),
  ]),
  counting,
];

const nest: readonly Flow[] = [
  ...alone(plain, json.slice(0, 2), forms),
  ...alone([
    post('/large', JSON_TYPE, JSON.stringify({ text: 'ab'.repeat(2 ** 20) })),
    get('/file'),
    get('/events', {}, { meanwhile: { text: 'data: one\n\n', ask: '/events/go' } }),
    get('/items/7'),
    get('/items/x'),
    ...['PUT', 'PATCH', 'DELETE', 'OPTIONS'].map((method) =>
      step(method, '/method', { headers: [['Content-Type', JSON_TYPE]], body: '{"a":1}' }),
    ),
    ...files,
    get('/static/large.txt', { Range: 'bytes=-10' }),
  ]),
  counting,
];

const itty: readonly Flow[] = alone(
  plain.filter(({ name }) => name !== 'HEAD /'),
  json.slice(0, 2),
  largeBody(),
  methods,
  [get('/denied')],
);

/** Each step for itself. */
function alone(...lists: readonly (readonly Step[])[]): Flow[] {
  return lists.flat().map((one) => [one]);
}

export const flows = {
  express4: express,
  express5: express,
  koa,
  fastify,
  nest,
  hono,
  itty,
} as const;

export type Name = keyof typeof flows;
