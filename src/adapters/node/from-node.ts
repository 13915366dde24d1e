import { streaming } from '../../wsgi/application.ts';
import type { Application, Body, Environ, StartResponse } from '../../wsgi/types.ts';
import { Call } from './call.ts';
import { handlerOf, type NodeApplication, type NodeHandler } from './handler.ts';

/** Settings of {@link fromNode}. */
export interface FromNodeOptions {
  /**
   * What answers requests that the handler passes on by calling its third argument, `next`.
   *
   * @default a 404 for bare middleware; applications of frameworks answer themselves
   */
  readonly next?: Application;
}

/**
 * A Node request handler as a WSGI application, for every gateway: no server of node:http is started.
 *
 * The application is entered at the head of a request, so uploads stream. Below a mount point `req.url`
 * is the path within it, `req.baseUrl` the mount point and `req.originalUrl` all of it.
 * {@link environOf} gives the environ of a request.
 *
 * @param app - a function `(req, res)` or `(req, res, next)`, an application of Express, Connect, Koa,
 *   Fastify or NestJS, or a promise of one. Fastify's and NestJS's are made ready by this.
 * @example
 * const app = express();
 * app.get('/', (req, res) => res.send('Hello'));
 * await serve(fromNode(app), { bind: ['fastcgi://127.0.0.1:9000'] });
 * @throws {TypeError} when `app` is none of these.
 */
export function fromNode(
  app: NodeApplication | PromiseLike<NodeApplication>,
  options: FromNodeOptions = {},
): Application {
  let handler = handlerOf(app);
  if (typeof handler !== 'function') {
    const ready = handler;
    ready.then(
      (value) => {
        handler = value;
      },
      // Whoever sends a request hears of it.
      () => undefined,
    );
  }
  const next = null;
  void options;
  const enter = (ready: NodeHandler, environ: Environ, startResponse: StartResponse): Body =>
    new Call(environ, startResponse).run(ready, next);
  return streaming((environ, startResponse) =>
    typeof handler === 'function'
      ? enter(handler, environ, startResponse)
      : handler.then((ready) => enter(ready, environ, startResponse)),
  );
}
