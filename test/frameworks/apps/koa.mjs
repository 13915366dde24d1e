import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { PassThrough, Readable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import { createGzip } from 'node:zlib';
import Router from '@koa/router';
import Koa from 'koa';
import bodyParser from 'koa-bodyparser';
import multer from 'multer';
import { digest, echoed, file, Gate, LARGE, PUBLIC, TEXT } from './content.mjs';

const app = new Koa({ keys: ['for tests'] });
const router = new Router();
const gate = new Gate();
const upload = multer({ storage: multer.memoryStorage() });
let left = 0;

app.silent = true;
app.use(async (ctx, next) => {
  try {
    await next();
  } catch (error) {
    if (error.message !== 'handled') throw error;
    ctx.status = 418;
    ctx.body = { error: error.message };
  }
});
app.use(bodyParser({ jsonLimit: '4mb' }));

router.get('/', (ctx) => {
  ctx.body = 'Hello, world!';
});
router.get('/json', (ctx) => {
  ctx.body = { hello: 'wörld', list: [1, 2] };
});
router.post('/json', (ctx) => {
  ctx.status = 201;
  ctx.body = { received: ctx.request.body };
});
router.post('/form', (ctx) => {
  ctx.body = ctx.request.body;
});
router.post('/upload', async (ctx) => {
  await new Promise((resolve, reject) => {
    upload.any()(ctx.req, ctx.res, (error) => (error ? reject(error) : resolve()));
  });
  const files = ctx.req.files.map(({ fieldname, originalname, mimetype, buffer }) =>
    file(fieldname, originalname, mimetype, buffer),
  );
  ctx.body = { fields: ctx.req.body, files };
});
router.get('/count', (ctx) => {
  const count = Number(ctx.cookies.get('count', { signed: true }) ?? 0) + 1;
  ctx.cookies.set('count', String(count), { signed: true });
  ctx.body = `visit ${count}`;
});
router.get('/cookies', (ctx) => {
  ctx.cookies.set('plain', '1', { signed: false });
  ctx.cookies.set('timed', '2', { expires: new Date(2e12), httpOnly: false, signed: false });
  ctx.append('Set-Cookie', 'own=2; Path=/own');
  ctx.body = 'set';
});
router.get('/redirect', (ctx) => ctx.redirect('/json?after=redirect'));
router.get('/back', (ctx) => {
  ctx.redirect('https://example.com/ü?a=1#b');
  ctx.status = 303;
});
router.get('/stream', (ctx) => {
  ctx.type = 'text/plain';
  ctx.body = Readable.from(
    (async function* () {
      for (const part of ['one ', 'two ', 'thrëe']) {
        yield Buffer.from(part);
        await delay(1);
      }
    })(),
  );
});
router.get('/events', (ctx) => {
  const body = new PassThrough();
  ctx.set({ 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-cache' });
  ctx.body = body;
  body.write('data: one\n\n');
  void gate.wait().then(() => body.end('data: two\n\n'));
});
router.get('/events/go', (ctx) => {
  gate.open();
  ctx.status = 204;
});
router.get('/forever', (ctx) => {
  const body = new PassThrough();
  const timer = setInterval(() => body.write('more\n'), 5);
  ctx.req.once('close', () => {
    clearInterval(timer);
    left += 1;
  });
  ctx.type = 'text/plain';
  ctx.body = body;
  body.write('first\n');
});
router.get('/left', (ctx) => {
  ctx.body = String(left);
});
router.get('/large', (ctx) => {
  ctx.body = LARGE;
});
router.post('/large', async (ctx) => {
  const pieces = [];
  for await (const piece of ctx.req) pieces.push(piece);
  const content = Buffer.concat(pieces);
  ctx.body = { size: content.length, digest: digest(content) };
});
router.post('/ignored', (ctx) => {
  ctx.body = 'not read';
});
router.get('/static/:name', async (ctx) => {
  const path = join(PUBLIC, ctx.params.name);
  const { size, mtime } = await stat(path);
  ctx.lastModified = mtime;
  ctx.etag = `${size}-${Number(mtime)}`;
  ctx.type = '.txt';
  ctx.length = size;
  if (ctx.fresh) {
    ctx.status = 304;
    return;
  }
  ctx.body = createReadStream(path);
});
router.get('/missing', (ctx) => {
  ctx.type = 'text/plain';
  ctx.body = createReadStream(join(PUBLIC, 'no-such-file'));
});
router.get('/compressed/text', (ctx) => {
  ctx.set('Content-Encoding', 'gzip');
  ctx.vary('Accept-Encoding');
  ctx.type = 'text/plain';
  ctx.body = Readable.from([Buffer.from(TEXT)]).pipe(createGzip());
});
router.get('/web-stream', (ctx) => {
  ctx.type = 'text/plain';
  ctx.body = new Blob(['blob']).stream();
});
router.get('/error', () => {
  throw new Error('thrown');
});
router.get('/error/exposed', (ctx) =>
  ctx.throw(403, 'not for you', { headers: { 'X-Why': 'no' } }),
);
router.get('/error/handled', () => {
  throw new Error('handled');
});
router.get('/cut', (ctx) => {
  ctx.type = 'text/plain';
  ctx.body = Readable.from(
    (async function* () {
      yield Buffer.from('some');
      await delay(1);
      throw new Error('cut');
    })(),
  );
});
router.get('/own', async (ctx) => {
  ctx.respond = false;
  ctx.res.writeHead(202, { 'X-Own': 'yes' });
  ctx.res.end('own answer');
});
router.get('/path/:name', (ctx) => {
  const { params, path, url, originalUrl, querystring } = ctx;
  ctx.body = { params, path, url, originalUrl, querystring };
});
router.get('/query', (ctx) => {
  ctx.body = ctx.query;
});
router.get('/headers', (ctx) => {
  const { host, hostname, protocol, secure, fresh, origin, href, ip } = ctx;
  ctx.body = { ...echoed(ctx.headers), host, hostname, protocol, secure, fresh, origin, href, ip };
});
router.get('/underscore', (ctx) => {
  ctx.body = `${ctx.headers.x_under}`;
});
router.get('/raw-headers', (ctx) => {
  const names = ctx.req.rawHeaders.filter((_, index) => index % 2 === 0);
  ctx.body = names.filter((name) => /^x/i.test(name)).join();
});
router.get('/status/:code', (ctx) => {
  ctx.status = Number(ctx.params.code);
});
router.all('/method', (ctx) => {
  ctx.body = `method ${ctx.method}`;
});
router.get('/allowed', (ctx) => {
  ctx.body = '';
});
router.put('/allowed', (ctx) => {
  ctx.body = '';
});

app.use(router.routes()).use(router.allowedMethods());

export default app;
