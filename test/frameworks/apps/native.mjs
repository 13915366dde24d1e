/**
 * `node native.mjs NAME`: serves an application the way that its framework does by itself, and says at
 * which port of 127.0.0.1.
 */
import { createServer } from 'node:http';
import { serve } from '@hono/node-server';

const [name] = process.argv.slice(2);
const module = await import(`./${name}.mjs`);
const exported = module.app ?? module.default;
// Not awaited unless it is a promise: itty's routers have every property, `then` too.
const app = exported instanceof Promise ? await exported : exported;
const HOST = '127.0.0.1';

async function listen() {
  switch (name) {
    case 'hono':
    case 'itty':
      return new Promise((resolve) => {
        const server = serve({ fetch: app.fetch, port: 0, hostname: HOST }, () => resolve(server));
      });
    case 'fastify':
      await app.listen({ port: 0, host: HOST });
      return app.server;
    case 'nest':
      return app.listen(0, HOST);
    default:
      return new Promise((resolve) => {
        const server = createServer(name === 'koa' ? app.callback() : app);
        server.listen(0, HOST, () => resolve(server));
      });
  }
}

const server = await listen();
process.stdout.write(`${server.address().port}\n`);
