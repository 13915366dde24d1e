import { Hono } from 'hono';
import { fromFetch, installFastFetch } from '../../dist/adapters/fetch/index.js';
import { serve } from '../../dist/index.js';
import { BINARY, BODY, blockStream, HELLO, receipt } from './answers.mjs';

// Hono's own server for Node replaces Response, too.
installFastFetch();

const app = new Hono();

const routes = {
  hello: () => app.get('/', (c) => c.text(HELLO)),
  json: () => app.post('/', async (c) => c.json(receipt(await c.req.json()))),
  body: () => app.get('/', (c) => c.body(BODY, 200, { 'Content-Type': BINARY })),
  stream: () => app.get('/', (c) => c.body(blockStream(), 200, { 'Content-Type': BINARY })),
};

routes[process.argv[2]]();
const server = await serve(fromFetch(app), { bind: ['127.0.0.1:0'] });
console.log('listening', server.addresses[0]);
