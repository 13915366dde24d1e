/**
 * Express, as it is: `wizgi serve` knows it. In code it is `serve(fromNode(app))`.
 *
 * And the other way about: below /wsgi stands an application of WSGI, as middleware.
 */
import express from 'express';
import { environOf, toNode } from 'wizgi/node';

export const app = express();

app.get('/', (req, res) => {
  res.type('text').send(`Hello from ${environOf(req)?.['SERVER_SOFTWARE'] ?? 'node:http'}\n`);
});

// Ahead of what reads bodies: one that was read cannot be read again.
app.use(
  '/wsgi',
  toNode((environ, startResponse) => {
    startResponse('200 OK', [['Content-Type', 'text/plain']]);
    return [`${environ.SCRIPT_NAME} and ${environ.PATH_INFO}\n`];
  }),
);

app.post('/sum', express.json(), (req, res) => {
  res.json({ sum: req.body.numbers.reduce((sum, number) => sum + number, 0) });
});

/** Events, until the client leaves. */
app.get('/ticks', (_req, res) => {
  res.writeHead(200, { 'Content-Type': 'text/event-stream' });
  let count = 0;
  const tick = () => res.write(`data: ${++count}\n\n`);
  const timer = setInterval(tick, 1000);
  res.on('close', () => clearInterval(timer));
  tick();
});
