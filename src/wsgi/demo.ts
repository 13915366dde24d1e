import { inspect } from 'node:util';
import type { Application } from './types.ts';

/**
 * Says hello and shows the environ, a line for each key, sorted.
 *
 * Shows all that it was given, the request's credentials included: for trying a server out.
 * (wsgiref.simple_server.demo_app)
 */
export const demoApp: Application = (environ, startResponse) => {
  const lines = Object.keys(environ)
    .sort()
    .map((key) => `${key} = ${show(environ[key])}\n`);
  startResponse('200 OK', [['Content-Type', 'text/plain; charset=utf-8']]);
  return [`Hello world!\n\n${lines.join('')}`];
};

// The parts of a list are worth seeing; those of a stream are its own affair.
function show(value: unknown): string {
  return inspect(value, { depth: Array.isArray(value) ? 0 : -1, breakLength: Infinity });
}
