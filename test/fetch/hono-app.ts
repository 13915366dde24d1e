/** A Hono application that uses much of what Hono has; the same under every server. */
import { Hono } from 'hono';
import { basicAuth } from 'hono/basic-auth';
import { bodyLimit } from 'hono/body-limit';
import { compress } from 'hono/compress';
import { getCookie, setCookie } from 'hono/cookie';
import { cors } from 'hono/cors';
import { etag } from 'hono/etag';
import { HTTPException } from 'hono/http-exception';
import { methodOverride } from 'hono/method-override';
import { secureHeaders } from 'hono/secure-headers';
import { stream, streamSSE, streamText } from 'hono/streaming';

const LONG = 'a line of text that compresses well\n'.repeat(200);

export function honoApp(): Hono {
  const app = new Hono();
  app.get('/', (c) => c.text('Hello'));
  app.get('/json', (c) => c.json({ path: c.req.path, query: c.req.queries('q') ?? [] }));
  app.get('/html', (c) => c.html('<p>h\u00e9</p>'));
  app.get('/users/:name', (c) => c.text(`user ${c.req.param('name')}`));
  app.get('/url', (c) => c.text(new URL(c.req.url).pathname + new URL(c.req.url).search));
  app.get('/status/:code', (c) => c.body(null, Number(c.req.param('code')) as 204));
  app.get('/empty', (c) => c.text(''));
  app.get('/redirect', (c) => c.redirect('/elsewhere', 303));
  app.get('/throws', () => {
    throw new Error('inside');
  });
  app.get('/teapot', () => {
    throw new HTTPException(418, { message: 'short and stout' });
  });
  app.get('/headers', (c) => {
    const names = ['accept', 'x-one', 'x-many', 'cookie'];
    return c.json(names.map((name) => c.req.header(name) ?? null));
  });
  app.get('/all-headers', (c) => c.json(Object.keys(c.req.header()).sort()));
  app.get('/bytes', (c) => c.body(new Uint8Array([0, 1, 254, 255])));
  app.get('/blob', () => new Response(new Blob(['of a blob'], { type: 'text/x-blob' })));
  app.get('/form', () => new Response(new URLSearchParams({ a: '1', b: 'two words' })));
  app.get('/latin', (c) => c.text('x', 200, { 'X-Latin': 'caf\u00e9' }));
  app.get('/late-header', async (c, next) => {
    await next();
    c.header('X-Late', '1');
    c.res.headers.append('X-Late', '2');
  });
  app.get('/late-header', (c) => c.text('late'));
  app.onError((error, c) =>
    error instanceof HTTPException ? error.getResponse() : c.text(`failed: ${error.name}`, 500),
  );
  bodies(app);
  cookies(app);
  streams(app);
  middleware(app);
  return app;
}

function bodies(app: Hono): void {
  app.post('/json', async (c) => c.json(await c.req.json()));
  app.post('/text', async (c) => c.text(`${(await c.req.text()).length}`));
  app.post('/buffer', async (c) => c.body(await c.req.arrayBuffer()));
  app.post('/blob', async (c) => {
    const blob = await c.req.blob();
    return c.text(`${blob.type} ${blob.size}`);
  });
  app.post('/twice', async (c) => {
    await c.req.raw.text();
    const again = await c.req.raw.text().catch((error: Error) => error.name);
    return c.text(`${again} ${c.req.raw.bodyUsed}`);
  });
  app.post('/clone', async (c) => {
    const clone = c.req.raw.clone();
    return c.text(`${await clone.text()} ${await c.req.raw.text()}`);
  });
  app.post('/echo', (c) => new Response(c.req.raw.body as ReadableStream));
  app.post('/request', async (c) => {
    const request = new Request(c.req.raw, { headers: { 'X-New': '1' } });
    return c.text(`${request.method} ${request.headers.get('x-new')} ${await request.text()}`);
  });
  app.post('/upload', async (c) => {
    const { text, file, list } = await c.req.parseBody({ all: true });
    const upload = file instanceof File ? [file.name, file.type, await file.text()] : file;
    return c.json({ text, upload, list });
  });
  app.post('/limited', bodyLimit({ maxSize: 10 }), async (c) => c.text(await c.req.text()));
}

function cookies(app: Hono): void {
  app.get('/cookies', (c) => {
    setCookie(c, 'one', '1', { path: '/', httpOnly: true });
    setCookie(c, 'two', 'zw\u00f6lf', { maxAge: 60 });
    c.header('Set-Cookie', 'three=3', { append: true });
    return c.json(getCookie(c));
  });
}

function streams(app: Hono): void {
  app.get('/stream', (c) =>
    stream(c, async (out) => {
      await out.write(new Uint8Array([1, 2, 3]));
      await out.pipe(new Blob(['piped']).stream());
    }),
  );
  app.get('/stream-text', (c) =>
    streamText(c, async (out) => {
      for (const word of ['one', 'two', 'three']) {
        await out.writeln(word);
        await out.sleep(1);
      }
    }),
  );
  app.get('/events', (c) =>
    streamSSE(c, async (out) => {
      for (let id = 0; id < 3; id++) {
        await out.writeSSE({ data: `event ${id}`, event: 'tick', id: String(id) });
      }
    }),
  );
}

function middleware(app: Hono): void {
  app.use('/etag/*', etag());
  app.get('/etag/page', (c) => c.text('a page'));
  app.use('/compressed/*', compress());
  app.get('/compressed/page', (c) => c.text(LONG));
  app.use('/secret/*', basicAuth({ username: 'ada', password: 'enigma' }));
  app.get('/secret/page', (c) => c.text('for ada'));
  app.use('/cors/*', cors({ origin: 'http://example.com', credentials: true }));
  app.get('/cors/page', (c) => c.text('shared'));
  app.use('/secure/*', secureHeaders());
  app.get('/secure/page', (c) => c.text('secure'));
  app.use('/override/*', methodOverride({ app }));
  app.delete('/override/page', (c) => c.text('deleted'));
  const inner = new Hono();
  inner.get('/page', (c) => c.text(`inner ${c.req.path}`));
  app.route('/routed', inner);
  app.mount('/mounted', (request: Request) => new Response(new URL(request.url).pathname));
}
