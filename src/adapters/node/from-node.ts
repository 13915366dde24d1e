import { streaming } from '../../wsgi/application.ts';
import { carryHosted } from '../../wsgi/hosted.ts';
import type {
  Application,
  ApplicationLike,
  Body,
  Environ,
  StartResponse,
} from '../../wsgi/types.ts';
import { Call } from './call.ts';
import { handlerOf, type NodeApplication, type NodeHandler } from './handler.ts';
import { NodeLifecycle } from './lifecycle.ts';
import { messagesFor } from './messages.ts';
import { toNode } from './to-node.ts';

/** Settings of {@link fromNode}. */
export interface FromNodeOptions {
  /**
   * The application that answers what the handler passes on by calling its third argument, `next`.
   * Headers that the handler has set are kept.
   *
   * @default a 404 for bare middleware; applications of frameworks answer themselves
   */
  readonly next?: ApplicationLike;
}

type Enter = (environ: Environ, startResponse: StartResponse) => Body;

/**
 * A Node request handler as a WSGI application, for every gateway: no server of node:http is started.
 *
 * The application is entered at the head of a request, so uploads stream. Below a mount point `req.url`
 * is the path within it, `req.baseUrl` the mount point and `req.originalUrl` all of it.
 * {@link environOf} gives the environ of a request.
 *
 * @param app - a function `(req, res)` or `(req, res, next)`, an application of Express, Connect, Koa,
 *   Fastify or NestJS, or a promise of one. Fastify's and NestJS's are made ready by this; the command
 *   also closes them when it stops, for their hooks.
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
  const given = options.next === undefined ? null : toNode(options.next);
  const enterer = (handler: NodeHandler): Enter => {
    const messages = messagesFor(handler);
    const next = given ?? ownNext(handler);
    return (environ, startResponse) =>
      new Call(messages, environ, startResponse).run(handler, next);
  };
  const handler = handlerOf(app);
  let enter: Enter | Promise<Enter>;
  if (typeof handler === 'function') enter = enterer(handler);
  else {
    enter = handler.then(enterer);
    enter.then(
      (ready) => {
        enter = ready;
      },
      // Whoever sends a request hears of it.
      () => undefined,
    );
  }
  const application = streaming((environ, startResponse) =>
    typeof enter === 'function'
      ? enter(environ, startResponse)
      : enter.then((ready) => ready(environ, startResponse)),
  );
  if (typeof handler !== 'function') carryHosted([new NodeLifecycle(app, handler)], application);
  if (options.next !== undefined) carryHosted([options.next], application);
  return application;
}

const notFound = toNode((_environ, startResponse) => {
  startResponse('404 Not Found', [['Content-Type', 'text/plain; charset=utf-8']]);
  return ['Not Found\n'];
});

/** Frameworks' applications, which have more than a function has, say themselves what is not found. */
function ownNext(handler: NodeHandler): NodeHandler | null {
  return handler.length >= 3 && !('handle' in handler) ? notFound : null;
}
