import { setTimeout as delay } from 'node:timers/promises';
import { serveStatic } from '@hono/node-server/serve-static';
import { Hono } from 'hono';
import { compress } from 'hono/compress';
import { getCookie, getSignedCookie, setCookie, setSignedCookie } from 'hono/cookie';
import { etag } from 'hono/etag';
import { HTTPException } from 'hono/http-exception';
import { stream, streamSSE } from 'hono/streaming';
import { digest, echoed, file, Gate, LARGE, PUBLIC, TEXT } from './content.mjs';

export const app = new Hono();
const gate = new Gate();
let left = 0;

app.use('/compressed/*', compress());
app.use('/etag/*', etag());
app.use(
  '/static/*',
  serveStatic({ root: PUBLIC, rewriteRequestPath: (path) => path.replace(/^\/static/, '') }),
);

app.get('/', (c) => c.text('Hello, world!'));
app.get('/json', (c) => c.json({ hello: 'wörld', list: [1, 2] }));
app.post('/json', async (c) => c.json({ received: await c.req.json() }, 201));
app.post('/form', async (c) => c.json(await c.req.parseBody({ all: true })));
app.post('/upload', async (c) => {
  const fields = {};
  const files = [];
  for (const [name, value] of await c.req.formData()) {
    if (typeof value === 'string') fields[name] = value;
    else {
      const content = Buffer.from(await value.arrayBuffer());
      files.push(file(name, value.name, value.type, content));
    }
  }
  return c.json({ fields, files });
});
app.get('/count', async (c) => {
  const count = Number((await getSignedCookie(c, 'for tests', 'count')) || 0) + 1;
  await setSignedCookie(c, 'count', String(count), 'for tests');
  return c.text(`visit ${count}`);
});
app.get('/cookies', (c) => {
  setCookie(c, 'plain', '1');
  setCookie(c, 'timed', 'ü', { maxAge: 60, httpOnly: true, sameSite: 'Lax' });
  c.header('Set-Cookie', 'own=2; Path=/own', { append: true });
  return c.json(getCookie(c));
});
app.get('/redirect', (c) => c.redirect('/json?after=redirect'));
app.get('/back', (c) => c.redirect('https://example.com/ü?a=1#b', 303));
app.get('/stream', (c) => {
  c.header('Content-Type', 'text/plain');
  return stream(c, async (out) => {
    for (const part of ['one ', 'two ', 'thrëe']) {
      await out.write(part);
      await delay(1);
    }
  });
});
app.get('/events', (c) =>
  streamSSE(c, async (out) => {
    await out.writeSSE({ data: 'one' });
    await gate.wait();
    await out.writeSSE({ data: 'two', event: 'last', id: '2' });
  }),
);
app.get('/events/go', (c) => {
  gate.open();
  return c.body(null, 204);
});
app.get('/forever', (c) =>
  stream(c, async (out) => {
    let isOver = false;
    out.onAbort(() => {
      isOver = true;
      left += 1;
    });
    await out.write('first\n');
    while (!isOver) {
      await delay(5);
      await out.write('more\n');
    }
  }),
);
app.get('/left', (c) => c.text(String(left)));
app.get('/large', (c) => c.body(LARGE));
app.post('/large', async (c) => {
  const content = Buffer.from(await c.req.arrayBuffer());
  return c.json({ size: content.length, digest: digest(content) });
});
app.post('/streamed', async (c) => {
  const pieces = [];
  for await (const piece of c.req.raw.body) pieces.push(piece);
  return c.text(digest(Buffer.concat(pieces)));
});
app.post('/ignored', (c) => c.text('not read'));
app.post('/echo', (c) => c.body(c.req.raw.body, 200, { 'Content-Type': 'application/x-echo' }));
app.get('/compressed/text', (c) => c.text(TEXT));
app.get('/etag/text', (c) => c.text(TEXT));
app.get('/error', () => {
  throw new Error('thrown');
});
app.get('/error/handled', () => {
  throw new HTTPException(418, { message: 'handled' });
});
app.get('/cut', (c) => {
  const body = new ReadableStream({
    async pull(controller) {
      if (this.begun) throw new Error('cut');
      this.begun = true;
      controller.enqueue(Buffer.from('some'));
      await delay(1);
    },
  });
  return c.body(body, 200, { 'Content-Type': 'text/plain' });
});
app.get('/path/:name', (c) => {
  const { pathname, search } = new URL(c.req.url);
  return c.json({ params: c.req.param(), path: c.req.path, pathname, search });
});
app.get('/query', (c) => c.json(c.req.queries()));
app.get('/headers', (c) => c.json({ ...echoed(c.req.header()), url: c.req.url }));
app.get('/underscore', (c) => c.text(`${c.req.header('x_under')}`));
app.get('/status/:code', (c) => c.body(null, Number(c.req.param('code'))));
app.all('/method', (c) => c.text(`method ${c.req.method}`));
app.get('/native', () => new Response(new Blob(['blob'], { type: 'text/x-blob' })));
app.onError((error, c) => {
  if (error instanceof HTTPException) return error.getResponse();
  return c.text(`failed: ${error.message}`, 500);
});
