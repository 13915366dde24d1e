import { Readable } from 'node:stream';
import fastify from 'fastify';
import { BINARY, BLOCK, BLOCKS, BODY, HELLO, JSON_TYPE, receipt, TEXT } from './answers.mjs';

// The poisoning checks off: the body goes through JSON.parse alone, as it does for the others.
const app = fastify({
  logger: false,
  onProtoPoisoning: 'ignore',
  onConstructorPoisoning: 'ignore',
});

const buffer = Buffer.from(BODY.buffer);

const routes = {
  hello() {
    app.get('/', (_request, reply) => {
      reply.type(TEXT).send(HELLO);
    });
  },

  json() {
    app.post('/', (request, reply) => {
      reply.type(JSON_TYPE).send(receipt(request.body));
    });
  },

  body() {
    app.get('/', (_request, reply) => {
      reply.type(BINARY).send(buffer);
    });
  },

  stream() {
    app.get('/', (_request, reply) => {
      reply.type(BINARY).send(blocks());
    });
  },
};

function blocks() {
  let left = BLOCKS;
  return new Readable({
    read() {
      left -= 1;
      this.push(left < 0 ? null : BLOCK);
    },
  });
}

/** The application with one handler. */
export function fastifyApp(handler) {
  routes[handler]();
  return app;
}
