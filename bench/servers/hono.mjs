import { serve } from '@hono/node-server';
import { Hono } from 'hono';
import { BINARY, BODY, blockStream, HELLO, receipt } from './answers.mjs';

const app = new Hono();

// A ReadableStream rather than the helper of hono/streaming: the helper pipes through one more
// stream of its own, and is slower.
const routes = {
  hello: () => app.get('/', (c) => c.text(HELLO)),
  json: () => app.post('/', async (c) => c.json(receipt(await c.req.json()))),
  body: () => app.get('/', (c) => c.body(BODY, 200, { 'Content-Type': BINARY })),
  stream: () => app.get('/', (c) => c.body(blockStream(), 200, { 'Content-Type': BINARY })),
};

routes[process.argv[2]]();
serve({ fetch: app.fetch, port: 0, hostname: '127.0.0.1' }, ({ port }) => {
  console.log('listening', `http://127.0.0.1:${port}`);
});
