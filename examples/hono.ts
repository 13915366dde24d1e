/**
 * Hono, as it is: `wizgi serve` knows it by its `fetch()`. In code it is `serve(fromFetch(app))`.
 *
 * What WSGI says of the request stands in `c.env.environ`, under whichever gateway.
 */
import { Hono } from 'hono';
import { streamText } from 'hono/streaming';
import type { Environ } from 'wizgi';

export const app = new Hono<{ Bindings: { environ: Environ } }>();

app.get('/', (c) => c.text(`Hello from ${c.env.environ['SERVER_SOFTWARE']}\n`));

app.post('/sum', async (c) => {
  const { numbers } = await c.req.json<{ numbers: number[] }>();
  return c.json({ sum: numbers.reduce((sum, number) => sum + number, 0) });
});

/** Each line is sent when the client has taken the one before. */
app.get('/count/:to', (c) =>
  streamText(c, async (stream) => {
    for (let line = 1; line <= Number(c.req.param('to')); line++) await stream.writeln(`${line}`);
  }),
);
