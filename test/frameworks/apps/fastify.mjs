import { Readable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import { createGzip } from 'node:zlib';
import cookie from '@fastify/cookie';
import formbody from '@fastify/formbody';
import multipart from '@fastify/multipart';
import staticFiles from '@fastify/static';
import Fastify from 'fastify';
import { digest, echoed, file, Gate, LARGE, PUBLIC, TEXT } from './content.mjs';

export const app = Fastify({ bodyLimit: 4 * 1024 ** 2 });
const gate = new Gate();
let left = 0;

app.register(cookie, { secret: 'for tests' });
app.register(formbody);
app.register(multipart);
app.register(staticFiles, { root: PUBLIC, prefix: '/static/' });
app.addContentTypeParser(
  'application/octet-stream',
  { parseAs: 'buffer' },
  (_request, body, done) => done(null, body),
);
app.addContentTypeParser('application/x-stream', (_request, payload, done) => done(null, payload));
app.addHook('onSend', async (_request, reply) => void reply.header('X-Hook', 'sent'));

app.get('/', async () => 'Hello, world!');
app.get('/json', async () => ({ hello: 'wörld', list: [1, 2] }));
app.post('/json', async (request, reply) => reply.code(201).send({ received: request.body }));
app.post(
  '/schema',
  {
    schema: {
      body: { type: 'object', required: ['name'], properties: { name: { type: 'string' } } },
    },
  },
  async (request) => request.body.name,
);
app.post('/form', async (request) => request.body);
app.post('/upload', async (request) => {
  const fields = {};
  const files = [];
  for await (const part of request.parts()) {
    if (part.type !== 'file') fields[part.fieldname] = part.value;
    else {
      const content = await part.toBuffer();
      files.push(file(part.fieldname, part.filename, part.mimetype, content));
    }
  }
  return { fields, files };
});
app.get('/count', async (request, reply) => {
  const { value, valid } = request.unsignCookie(request.cookies.count ?? '');
  const count = (valid ? Number(value) : 0) + 1;
  reply.setCookie('count', String(count), { signed: true, path: '/' });
  return `visit ${count}`;
});
app.get('/cookies', async (_request, reply) => {
  reply.setCookie('plain', '1').setCookie('timed', 'ü', { maxAge: 60, sameSite: 'lax' });
  reply.header('Set-Cookie', 'own=2; Path=/own');
  return 'set';
});
app.get('/redirect', async (_request, reply) => reply.redirect('/json?after=redirect'));
app.get('/back', async (_request, reply) => reply.redirect('https://example.com/ü?a=1#b', 303));
app.get('/stream', async (_request, reply) => {
  reply.type('text/plain');
  return Readable.from(
    (async function* () {
      for (const part of ['one ', 'two ', 'thrëe']) {
        yield part;
        await delay(1);
      }
    })(),
  );
});
app.get('/events', (_request, reply) => {
  reply.hijack();
  reply.raw.writeHead(200, { 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-cache' });
  reply.raw.write('data: one\n\n');
  void gate.wait().then(() => reply.raw.end('data: two\n\n'));
});
app.get('/events/go', async (_request, reply) => {
  gate.open();
  return reply.code(204).send();
});
app.get('/forever', (request, reply) => {
  reply.hijack();
  const timer = setInterval(() => reply.raw.write('more\n'), 5);
  request.raw.once('close', () => {
    clearInterval(timer);
    left += 1;
  });
  reply.raw.write('first\n');
});
app.get('/left', async () => String(left));
app.get('/large', async () => LARGE);
app.post('/large', async (request) => ({
  size: request.body.length,
  digest: digest(request.body),
}));
app.post('/streamed', async (request) => {
  const pieces = [];
  for await (const piece of request.body) pieces.push(piece);
  return digest(Buffer.concat(pieces));
});
app.post('/ignored', async () => 'not read');
app.post('/small', { bodyLimit: 1024 }, async () => 'small');
app.get('/web-stream', async () => new Blob(['blob']).stream());
app.get('/response', async () => new Response('response', { headers: { 'X-Own': 'yes' } }));
app.get('/compressed/text', async (_request, reply) => {
  reply.header('Content-Encoding', 'gzip').header('Vary', 'Accept-Encoding').type('text/plain');
  return Readable.from([Buffer.from(TEXT)]).pipe(createGzip());
});
app.get('/error', async () => {
  throw new Error('thrown');
});
app.get('/error/handled', async () => {
  throw Object.assign(new Error('handled'), { statusCode: 418 });
});
app.get('/cut', async (_request, reply) => {
  reply.type('text/plain');
  return Readable.from(
    (async function* () {
      yield Buffer.from('some');
      await delay(1);
      throw new Error('cut');
    })(),
  );
});
app.get('/path/:name', async ({ params, url, originalUrl }) => ({ params, url, originalUrl }));
app.get('/query', async (request) => request.query);
app.get('/headers', async ({ headers, host, hostname, protocol, ip, raw }) => {
  const { httpVersion } = raw;
  return { ...echoed(headers), host, hostname, protocol, ip, httpVersion };
});
app.get('/raw-headers', async ({ raw }) => {
  const names = raw.rawHeaders.filter((_, index) => index % 2 === 0);
  return names.filter((name) => /^x/i.test(name)).join();
});
app.get('/underscore', async (request) => `${request.headers.x_under}`);
app.get('/status/:code', async (request, reply) => reply.code(Number(request.params.code)).send());
app.all('/method', async (request) => `method ${request.method}`);
