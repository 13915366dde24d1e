/**
 * Middleware in Python around an application in TypeScript: each request goes through a worker and
 * back, and the answer the same way.
 *
 *     wizgi serve examples/python-middleware/app.ts
 */
import { fileURLToPath } from 'node:url';
import { type Application, pipeline } from 'wizgi';
import { pythonMiddleware } from 'wizgi/python';

const guard = pythonMiddleware('guard:Guard', {
  directory: fileURLToPath(new URL('.', import.meta.url)),
});

const greeting: Application = (environ, startResponse) => {
  startResponse('200 OK', [['Content-Type', 'text/plain; charset=utf-8']]);
  return [`Hello, ${environ['REMOTE_USER']}. TypeScript knows you from Python.\n`];
};

export const application = pipeline(guard, greeting);
