import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Http2ServerRequest, Http2ServerResponse } from 'node:http2';

/** What a handler calls to say that the request is not for it, or that it failed. */
export type NextFunction = (error?: unknown) => void;

/** A handler of node:http's requests, or middleware of Connect's kind. */
export type NodeHandler = (
  request: IncomingMessage,
  response: ServerResponse,
  next?: NextFunction,
) => unknown;

/** What {@link toNode} makes: a handler for node:http, node:https and node:http2, or middleware. */
export type ServerHandler = (
  request: IncomingMessage | Http2ServerRequest,
  response: ServerResponse | Http2ServerResponse,
  next?: NextFunction,
) => void;

/** Koa's application: `callback()` gives its handler. */
export interface KoaLike {
  callback(): NodeHandler;
}

/** Fastify's instance: `ready()` loads its plugins, `routing` is its handler. */
export interface FastifyLike {
  ready(): PromiseLike<unknown>;
  routing(request: IncomingMessage, response: ServerResponse): unknown;
}

/** An application of NestJS: `init()` builds it, its adapter's instance is Express or Fastify. */
export interface NestLike {
  init(): Promise<unknown>;
  getHttpAdapter(): { getInstance(): unknown };
}

/** What {@link fromNode} takes. */
export type NodeApplication = NodeHandler | KoaLike | FastifyLike | NestLike;

/** A handler that is ready, or the promise of one. */
export type ReadyHandler = NodeHandler | Promise<NodeHandler>;

/**
 * The handler of an application, however its framework gives it.
 *
 * @throws {TypeError} when the value is none of {@link NodeApplication}.
 */
export function handlerOf(app: NodeApplication | PromiseLike<NodeApplication>): ReadyHandler {
  if (has(app, 'getHttpAdapter') && has(app, 'init')) return nestHandler(app as NestLike);
  if (has(app, 'routing') && has(app, 'ready')) return fastifyHandler(app as FastifyLike);
  // After Fastify, whose instances have a method of that name too.
  if (has(app, 'then')) return Promise.resolve(app).then(handlerOf);
  if (has(app, 'callback') && typeof app !== 'function') return (app as KoaLike).callback();
  if (typeof app === 'function') return app as NodeHandler;
  throw new TypeError(
    'fromNode: not a Node handler; expected a function (request, response), or an application of ' +
      'Express, Connect, Koa, Fastify or NestJS',
  );
}

async function nestHandler(app: NestLike): Promise<NodeHandler> {
  await app.init();
  return handlerOf(app.getHttpAdapter().getInstance() as NodeApplication);
}

async function fastifyHandler(app: FastifyLike): Promise<NodeHandler> {
  await app.ready();
  return (request, response) => app.routing(request, response);
}

function has(value: unknown, method: string): boolean {
  return (
    ((typeof value === 'object' && value !== null) || typeof value === 'function') &&
    typeof (value as Record<string, unknown>)[method] === 'function'
  );
}
