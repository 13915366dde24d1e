/** What is asked of every contestant, and what wizgi has to reach. */
import { BLOCK, BLOCKS, BODY, HELLO, receipt } from '../servers/answers.mjs';

/** What a browser sends with a page's address, besides Host. */
const BROWSER_HEADERS = [
  ['Connection', 'keep-alive'],
  ['Upgrade-Insecure-Requests', '1'],
  [
    'User-Agent',
    'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36',
  ],
  [
    'Accept',
    'text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,image/apng,*/*;q=0.8',
  ],
  ['Sec-Fetch-Site', 'same-origin'],
  ['Sec-Fetch-Mode', 'navigate'],
  ['Referer', 'https://www.example.com/catalogue/garden?sort=price&page=3'],
  ['Accept-Encoding', 'gzip, deflate, br, zstd'],
  ['Accept-Language', 'en-GB,en;q=0.9,de;q=0.8'],
  ['Cookie', 'session=4f1c2a9be07d4d53a1f0c7e2; theme=dark; consent=necessary%2Cstatistics'],
];

const ORDER = order(1024);

/**
 * The scenarios. `handler` names the contestants' handler; `target` is wizgi's least ratio to
 * node:http, and `ahead` the peers that it has to be faster than. Where there are `variants` of the
 * headers, they take turns, so that a server gains nothing by remembering the last request.
 */
export const scenarios = [
  {
    name: 'hello',
    what: 'GET / with nothing but Host; 14 bytes of text',
    handler: 'hello',
    headers: [],
    answer: { type: 'text/plain', body: HELLO, sized: true },
    target: 1.25,
    ahead: ['fastify', 'hono'],
  },
  {
    name: 'hello-browser',
    what: 'the same with ten headers of a browser',
    handler: 'hello',
    headers: BROWSER_HEADERS,
    answer: { type: 'text/plain', body: HELLO, sized: true },
    target: 1.15,
    ahead: ['fastify', 'hono'],
  },
  {
    name: 'hello-varied',
    what: 'the same, with a Referer and a Cookie that differ from one request to the next',
    handler: 'hello',
    headers: BROWSER_HEADERS,
    variants: Array.from({ length: 16 }, (_, n) => varied(BROWSER_HEADERS, n)),
    answer: { type: 'text/plain', body: HELLO, sized: true },
  },
  {
    name: 'json-post',
    what: 'POST of 1 KiB of JSON, parsed; a small JSON answer derived from it',
    handler: 'json',
    method: 'POST',
    headers: [
      ['Content-Type', 'application/json'],
      ['Content-Length', String(ORDER.length)],
    ],
    body: ORDER,
    answer: {
      type: 'application/json',
      body: JSON.stringify(receipt(JSON.parse(ORDER))),
      sized: true,
    },
    target: 1,
  },
  {
    name: 'body-64k',
    what: 'GET /; 64 KiB as one buffer',
    handler: 'body',
    headers: [],
    answer: { type: 'application/octet-stream', body: BODY, sized: true },
    target: 1,
  },
  {
    name: 'stream-1m',
    what: 'GET /; 1 MiB streamed in blocks of 16 KiB, without Content-Length',
    handler: 'stream',
    headers: [],
    answer: {
      type: 'application/octet-stream',
      body: Buffer.concat(Array(BLOCKS).fill(BLOCK)),
      sized: false,
    },
    target: 1,
  },
];

/** Headers of the same size, as the n-th of many pages and users would send them. */
function varied(headers, n) {
  const digits = String(10 + n);
  return headers.map(([name, value]) => {
    if (name === 'Referer') return [name, value.replace(/.$/, digits)];
    return name === 'Cookie' ? [name, value.replace('4f', digits)] : [name, value];
  });
}

/** An order in JSON of exactly so many bytes. */
function order(length) {
  const value = { id: 'A-20931', customer: { name: 'Ada Lovelace', city: 'London' }, lines: [] };
  for (let i = 0; i < 12; i++) {
    value.lines.push({ article: `article-${100 + i}`, quantity: 1 + (i % 3), price: 10 + i });
  }
  value.note = '';
  value.note = 'x'.repeat(length - JSON.stringify(value).length);
  return JSON.stringify(value);
}
