/**
 * Three frameworks in one server, and middleware around all of them: a site of Express, an API of Hono
 * and a route without any framework.
 *
 *     npm install express hono
 *     wizgi serve examples/frameworks/app.mjs
 */
import express from 'express';
import { Hono } from 'hono';
import { mount, pipeline } from 'wizgi';
import { fromFetch } from 'wizgi/fetch';
import { environOf, fromNode } from 'wizgi/node';

const site = express();
site.use(express.urlencoded());
site.get('/', (_req, res) => {
  res.send('<form method="post"><input name="name"> <button>Greet</button></form>');
});
site.post('/', (req, res) => {
  res.type('text').send(`Hello ${req.body.name}, from ${environOf(req)['SERVER_SOFTWARE']}\n`);
});

const api = new Hono();
api.get('/time', (c) => c.json({ time: new Date().toISOString() }));
api.get('/you', (c) => c.text(`${c.env.environ['REMOTE_ADDR']}\n`));

/** An application of WSGI needs nothing: it is what the others are made into. */
const health = (_environ, startResponse) => {
  startResponse('200 OK', [['Content-Type', 'text/plain']]);
  return ['fine\n'];
};

/** Says who answered, whatever it was written with. */
const signed = (app) => (environ, startResponse) =>
  app(environ, (status, headers, error) =>
    startResponse(status, [...headers, ['X-Answered-At', environ.SCRIPT_NAME || '/']], error),
  );

export const application = pipeline(
  signed,
  mount({ '/api': fromFetch(api), '/health': health, '/': fromNode(site) }),
);
