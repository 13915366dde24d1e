/**
 * The interfaces that applications are written for, and how the command tells them apart.
 *
 * Only what no WSGI application has decides. A bare function says nothing, so it is a WSGI
 * application unless `--interface` says otherwise: no name of a parameter is a reason to guess.
 */

export type Interface = 'wsgi' | 'fetch' | 'node';

/** What `--interface` takes. */
export type AskedInterface = Interface | 'auto';

/** An application that is plainly one of another interface than WSGI's. */
export interface Kind {
  readonly interface: 'fetch' | 'node';
  /** As messages call it, as in `'a Koa application'`. */
  readonly name: string;
}

const FETCH: Kind = { interface: 'fetch', name: 'a Fetch handler' };

/** Tells what a value is that is no WSGI application; null when it may be one, or is nothing. */
export function foreignKind(value: unknown): Kind | null {
  if ((typeof value !== 'function' && typeof value !== 'object') || value === null) return null;
  const isFunction = typeof value === 'function';
  if (!isFunction && has(value, 'call')) return null;
  if (has(value, 'fetch')) return FETCH;
  if (has(value, 'getHttpAdapter')) return { interface: 'node', name: 'a Nest application' };
  if (has(value, 'callback', 'use')) return { interface: 'node', name: 'a Koa application' };
  if (has(value, 'inject', 'register')) return { interface: 'node', name: 'a Fastify application' };
  if (isFunction && has(value, 'handle', 'use')) {
    const name = has(value, 'engine') ? 'an Express application' : 'a Connect application';
    return { interface: 'node', name };
  }
  return null;
}

/** Whether a value is to be waited for. Fastify's applications are thenable, and are no promises. */
export function isPromise(value: unknown): value is PromiseLike<unknown> {
  return typeof value === 'object' && value !== null && has(value, 'then');
}

// `in` before the property is read: itty's routers give a function for every name they are asked for.
function has(value: object, ...names: readonly string[]): boolean {
  return names.every(
    (name) =>
      name in value && typeof (value as Readonly<Record<string, unknown>>)[name] === 'function',
  );
}
