import express from 'express';
import { BINARY, BLOCK, BLOCKS, BODY, HELLO, receipt } from './answers.mjs';

const app = express();
app.disable('x-powered-by');
app.disable('etag');

const buffer = Buffer.from(BODY.buffer);

const routes = {
  hello() {
    app.get('/', (_request, response) => {
      response.type('text/plain').send(HELLO);
    });
  },

  json() {
    app.post('/', express.json(), (request, response) => {
      response.json(receipt(request.body));
    });
  },

  body() {
    app.get('/', (_request, response) => {
      response.type(BINARY).send(buffer);
    });
  },

  stream() {
    app.get('/', (_request, response) => {
      response.type(BINARY);
      let left = BLOCKS;
      const write = () => {
        while (left > 0) {
          left -= 1;
          if (!response.write(BLOCK) && left > 0) {
            response.once('drain', write);
            return;
          }
        }
        response.end();
      };
      write();
    });
  },
};

/** The application with one handler. */
export function expressApp(handler) {
  routes[handler]();
  return app;
}
