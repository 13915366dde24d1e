import { asApplication } from '../wsgi/application.ts';
import { hostedIn } from '../wsgi/hosted.ts';
import type { Application, ApplicationLike } from '../wsgi/types.ts';
import { type AskedInterface, foreignKind, type Interface, isPromise } from './interfaces.ts';
import { EXIT, UserError } from './user-error.ts';

const EXPECTED =
  'a WSGI application: a function (environ, startResponse), a class, or an object with a call method; or one of Express, Koa, Fastify, Nest, Hono or another with fetch()';

/**
 * Makes a WSGI application of what a module exports, or a promise of it.
 *
 * @param from - what it is called in messages.
 * @param asked - the interface that it is written for; `'auto'` to find out.
 * @throws {UserError} (as a rejection) saying what it is instead.
 */
export async function adapt(
  exported: unknown,
  from: string,
  asked: AskedInterface,
): Promise<ApplicationLike> {
  // In an object, because a promise of a Fastify application would wait for what Fastify resolves to.
  const { value } = await settled(exported, from);
  const kind = foreignKind(value);
  if (kind !== null && asked !== 'auto' && asked !== kind.interface) {
    throw failure(
      `${from} is ${kind.name}, which --interface ${asked} does not fit; leave it out, or say --interface ${kind.interface}`,
    );
  }
  if (asked === 'fetch' || asked === 'node') {
    if (kind === null && !isHandler(value)) throw notHandler(value, from, asked);
    return through(asked, value, from);
  }
  if (kind !== null) return through(kind.interface, value, from);
  try {
    return asApplication(value as ApplicationLike);
  } catch {
    throw failure(`${from} is ${describe(value)}, not an application; expected ${EXPECTED}`);
  }
}

async function settled(exported: unknown, from: string): Promise<{ readonly value: unknown }> {
  if (foreignKind(exported) !== null || !isPromise(exported)) return { value: exported };
  return new Promise((resolve, reject) => {
    exported.then(
      (value) => resolve({ value }),
      async (error: unknown) => {
        const { explainRejection } = await import('./load-failure.ts');
        reject(explainRejection(error, `${from} was rejected`));
      },
    );
  });
}

// Loaded when there is something to adapt: no other application pays for it at its start.
async function through(kind: Interface, value: unknown, from: string): Promise<Application> {
  if (kind === 'fetch') {
    const { fromFetch, installFastFetch } = await import('../adapters/fetch/index.ts');
    // Node's own Response takes longer than all else that there is to do, as frameworks' servers know.
    installFastFetch();
    return fromFetch(value as Parameters<typeof fromFetch>[0]);
  }
  const { fromNode } = await import('../adapters/node/index.ts');
  const app = fromNode(value as Parameters<typeof fromNode>[0]);
  for (const { ready } of hostedIn(app)) {
    await ready.catch(async ({ cause }: Error) => {
      const { explainRejection } = await import('./load-failure.ts');
      throw explainRejection(cause, `${from} did not become ready`);
    });
  }
  return app;
}

/** A class cannot be called, so it is none. */
function isHandler(value: unknown): boolean {
  return typeof value === 'function' && !/^class\b/.test(Function.prototype.toString.call(value));
}

function notHandler(value: unknown, from: string, asked: 'fetch' | 'node'): UserError {
  const expected =
    asked === 'fetch'
      ? 'a function (request) that gives a Response, or an object with such a fetch()'
      : 'a function (request, response), or an application of Express, Connect, Koa, Fastify or Nest';
  return failure(
    `${from} is ${describe(value)}, which --interface ${asked} does not fit; expected ${expected}`,
  );
}

function describe(value: unknown): string {
  if (value === null || value === undefined) return String(value);
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'function') return isHandler(value) ? 'a function' : 'a class';
  if (typeof value !== 'object') return `a ${typeof value}`;
  if ('closeAllConnections' in value) return 'a server of node:http';
  return 'call' in value ? 'an object with a call method' : 'an object without a call method';
}

function failure(message: string): UserError {
  return new UserError(message, EXIT.application);
}
