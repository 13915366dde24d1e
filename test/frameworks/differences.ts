/**
 * All that comes otherwise than from the applications' own servers. The table in docs/frameworks.md is
 * made from this one.
 */
import { createHash } from 'node:crypto';
import { CARRIERS } from './carriers.ts';
import type { Difference } from './difference.ts';
import type { Exchange } from './exchange.ts';
import { flows, type Name } from './flows.ts';

export const NAMES = Object.keys(flows) as Name[];

/** Those written for node:http, with the requests that only these have. */
const NODE: readonly Name[] = ['express4', 'express5', 'koa', 'fastify'];
const EXPRESS: readonly Name[] = ['express4', 'express5'];
const FETCH: readonly Name[] = ['hono', 'itty'];

/** Other content, with what says something of it. */
function withBody(exchange: Exchange, body: string): Exchange {
  const headers = exchange.headers.map((header) => {
    if (header.startsWith('content-length: ')) return `content-length: ${Buffer.byteLength(body)}`;
    return header.startsWith('etag: W/') ? `etag: ${expressTag(body)}` : header;
  });
  return { ...exchange, headers, body };
}

/** Express makes it of the content. */
function expressTag(body: string): string {
  const digest = createHash('sha1').update(body).digest('base64').slice(0, 27);
  return `W/"${Buffer.byteLength(body).toString(16)}-${digest}"`;
}

function without(exchange: Exchange, name: string): Exchange {
  const headers = exchange.headers.filter((header) => !header.startsWith(`${name}: `));
  return { ...exchange, headers };
}

/** Replaces a text of the content. */
function saying(exchange: Exchange, from: string, to: string): Exchange {
  if (!exchange.body.includes(from)) return exchange;
  return withBody(exchange, exchange.body.replaceAll(from, to));
}

export const differences: readonly Difference[] = [
  {
    instead: 'headers of requests whose names have an underscore are not there',
    why: 'in an environ they could not be told from those with a hyphen',
    of: [...NODE, 'hono'],
    under: CARRIERS,
    steps: /^GET \/underscore/,
    change: (exchange) => withBody(exchange, 'undefined'),
  },
  {
    instead: '`rawHeaders` has the names in one spelling: `X-Lower` for `x-lower`',
    why: 'an environ has no spelling of names',
    of: NODE,
    under: CARRIERS,
    steps: /^GET \/raw-headers/,
    change: (exchange) => withBody(exchange, 'X-Raw,X-Lower'),
  },
  {
    instead: 'an answer that is destroyed before its head is a 500, not a connection that ends',
    why: 'a gateway cannot say nothing; clients of a front end would get its own 502',
    of: ['koa'],
    under: CARRIERS,
    steps: /^GET \/missing/,
    change: () => ({
      status: '500 Internal Server Error',
      headers: ['content-length: 22', 'content-type: text/plain; charset=utf-8'],
      body: 'Internal Server Error\n',
      cut: false,
    }),
  },
  {
    instead: 'several `Cookie` headers of one request are joined by commas',
    why: 'Apache joins all headers of a name so; browsers send one `Cookie` header',
    of: NAMES,
    under: ['AJP'],
    steps: /^GET \/headers with headers twice/,
    change: (exchange) => saying(exchange, 'a=1; b=2', 'a=1, b=2'),
  },
  {
    instead: 'the answer has no `Content-Length`',
    why: 'Apache, because `flushpackets=on` has it send each block as it comes',
    of: NAMES,
    under: ['AJP'],
    steps: /^/,
    change: (exchange) =>
      exchange.headers.includes('content-length: 0')
        ? exchange
        : without(exchange, 'content-length'),
  },
  {
    instead: 'the names in `Vary` are joined without spaces',
    why: 'Apache writes that header anew',
    of: EXPRESS,
    under: ['AJP'],
    steps: /^GET \/many-headers/,
    change: (exchange) => ({
      ...exchange,
      headers: exchange.headers.map((header) => header.replace('Accept, Origin', 'Accept,Origin')),
    }),
  },
  {
    instead:
      'a path with dot segments is another one: `/content.mjs` for `/static/%2e%2e/content.mjs`',
    why: 'nginx resolves them, and the application goes by the path that nginx decided on',
    of: EXPRESS,
    under: ['FastCGI'],
    steps: /^GET \/static\/%2e/,
    change: (exchange) => saying(exchange, '/static/%2e%2e/content.mjs', '/content.mjs'),
  },
  {
    instead: 'such a path is not found, where `@fastify/static` forbids it',
    why: 'nginx has resolved the dot segments',
    of: ['fastify'],
    under: ['FastCGI'],
    steps: /^GET \/static\/%2e/,
    change: (exchange) => ({
      ...withBody(
        exchange,
        '{"message":"Route GET:/content.mjs not found","error":"Not Found","statusCode":404}',
      ),
      status: '404 Not Found',
    }),
  },
  {
    instead: 'the answer has no `X-Accel-Buffering`',
    why: 'it is meant for nginx, which takes it',
    of: ['nest'],
    under: ['FastCGI'],
    steps: /^GET \/events/,
    change: (exchange) => without(exchange, 'x-accel-buffering'),
  },
  {
    instead: 'an answer without content says so: `Content-Length: 0`',
    why: '@hono/node-server leaves it out, and Node ends an empty chunked answer',
    of: FETCH,
    under: CARRIERS,
    steps: /^GET \/(redirect|back|status)/,
    change: (exchange) =>
      /^(204|304)/.test(exchange.status)
        ? exchange
        : { ...exchange, headers: ['content-length: 0', ...exchange.headers] },
  },
  {
    instead: 'the `Content-Type` of a text is `text/plain;charset=UTF-8`, without a space',
    why: 'the Fetch standard has it so; @hono/node-server replaces the Response of Node',
    of: FETCH,
    under: CARRIERS,
    // The others have set it themselves.
    steps: /^(?!\S+ \/(?:count|nothing|static|json|error$))/,
    change: (exchange) => ({
      ...exchange,
      headers: exchange.headers.map((header) =>
        header.replace('text/plain; charset=UTF-8', 'text/plain;charset=UTF-8'),
      ),
    }),
  },
  {
    instead:
      'an answer of octets or of a stream has the `Content-Type` that the application sets, or none',
    why: 'the Fetch standard has it so; @hono/node-server calls all of them text',
    of: FETCH,
    under: CARRIERS,
    steps: /^GET \/(large|forever)/,
    change: (exchange) => without(exchange, 'content-type'),
  },
  {
    instead: 'an answer of a `Blob` has its type',
    why: 'the Fetch standard has it so; @hono/node-server calls it text',
    of: ['hono'],
    under: CARRIERS,
    steps: /^GET \/native/,
    change: (exchange) => ({
      ...exchange,
      headers: [...without(exchange, 'content-type').headers, 'content-type: text/x-blob'],
    }),
  },
  {
    instead: 'content that is sent back as it comes has a `Content-Length`',
    why: 'the test client has all of it at once, so that the answer is one block',
    of: ['hono'],
    under: ['test client'],
    steps: /^POST \/echo/,
    change: (exchange) => ({
      ...exchange,
      headers: ['content-length: 300000', ...exchange.headers],
    }),
  },
];
