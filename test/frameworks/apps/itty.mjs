import { AutoRouter, error, json, StatusError, text } from 'itty-router';
import { digest, echoed, LARGE } from './content.mjs';

const router = AutoRouter();

router
  .get('/', () => text('Hello, world!'))
  .get('/json', () => ({ hello: 'wörld', list: [1, 2] }))
  .post('/json', async (request) => json({ received: await request.json() }, { status: 201 }))
  .get('/cookies', () => {
    const headers = new Headers([
      ['Set-Cookie', 'a=1'],
      ['Set-Cookie', 'b=2; Path=/'],
    ]);
    return new Response('set', { headers });
  })
  .get('/redirect', () => new Response(null, { status: 302, headers: { Location: '/json' } }))
  .get('/large', () => new Response(LARGE))
  .post('/large', async (request) => {
    const content = Buffer.from(await request.arrayBuffer());
    return { size: content.length, digest: digest(content) };
  })
  .get('/error', () => {
    throw new Error('thrown');
  })
  .get('/error/handled', () => {
    throw new StatusError(418, 'handled');
  })
  .get('/path/:name', ({ params, url }) => ({ params, path: new URL(url).pathname }))
  .get('/query', ({ query }) => query)
  .get('/headers', ({ headers, url }) => ({ ...echoed(Object.fromEntries(headers)), url }))
  .get('/status/:code', ({ params }) => new Response(null, { status: Number(params.code) }))
  .get('/denied', () => error(403, 'no'))
  .all('/method', ({ method }) => text(`method ${method}`));

export default router;
