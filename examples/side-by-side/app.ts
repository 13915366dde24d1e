/**
 * A site in Python that moves to TypeScript a route at a time. What has moved is mounted in front of
 * the rest; middleware in TypeScript is around both.
 *
 *     wizgi serve examples/side-by-side/app.ts
 */
import { fileURLToPath } from 'node:url';
import { type Application, type Middleware, mount, pipeline } from 'wizgi';
import { python } from 'wizgi/python';

const site = python('app.py', {
  directory: fileURLToPath(new URL('../flask', import.meta.url)),
  threads: 4,
});

/** Has moved: the Flask example answers at /api/sum no more. */
const sum: Application = (environ, startResponse) => {
  const { numbers } = JSON.parse(Buffer.from(environ['wsgi.input'].read()).toString());
  const total = numbers.reduce((one: number, other: number) => one + other, 0);
  startResponse('200 OK', [['Content-Type', 'application/json']]);
  return [`${JSON.stringify({ sum: total, by: 'TypeScript' })}\n`];
};

/** Says how long an answer took, whoever gives it. */
const timing: Middleware = (app) => (environ, startResponse) => {
  const start = performance.now();
  return app(environ, (status, headers, error) => {
    const spent = (performance.now() - start).toFixed(1);
    return startResponse(status, [...headers, ['Server-Timing', `app;dur=${spent}`]], error);
  });
};

export const application = pipeline(timing, mount({ '/api/sum': sum, '/': site }));
