import { streaming } from '../../wsgi/application.ts';
import { checkOptions } from '../../wsgi/check-options.ts';
import { isThenable } from '../../wsgi/iteration.ts';
import type { Application, Body, Environ, StartResponse } from '../../wsgi/types.ts';
import { answer } from './answer.ts';
import { ExecutionContext } from './execution-context.ts';
import { fullUrl } from './full-url.ts';
import { makeRequest } from './light-request.ts';
import type { FetchCall } from './request-environ.ts';

/** A Fetch handler: a function of a Request that gives a Response, with what else a runtime passes. */
export type FetchHandler = (request: Request, env: never, context: never) => unknown;

/** What has such a function as its `fetch`: Hono, itty-router, a Cloudflare module. */
export interface FetchObject {
  readonly fetch: FetchHandler;
}

/** Settings of {@link fromFetch}. */
export interface FromFetchOptions {
  /**
   * The handler's second argument: a value, or what makes it of each environ.
   *
   * @default what the runtime passed to `toFetch`, where the request came that way, else `{ environ }`
   */
  readonly env?: object | ((environ: Environ) => unknown);
  /**
   * Whether the URL has SCRIPT_NAME in its path, as the client wrote it. Otherwise a handler behind
   * `mount()` sees the path below its own, as it does where Hono or Express mount it. @default false
   */
  readonly keepScriptName?: boolean;
}

const KNOWN = ['env', 'keepScriptName'];

type Handle = (request: unknown, env: unknown, context: unknown) => unknown;

/**
 * Makes a WSGI application of a Fetch handler, to run under every gateway.
 *
 * It is entered at a request's head and may read the body as it comes. Requests and Responses cost little
 * after `installFastFetch`: a real Request is then made only where a handler does more with it than most do.
 *
 * @throws {TypeError} on an unknown option, or when `handler` is none.
 *
 * @example serve(fromFetch(honoApp), { bind: ['http://127.0.0.1:8000', 'fastcgi://127.0.0.1:9000'] });
 * @example fromFetch((request) => new Response(`You asked for ${request.url}`))
 */
export function fromFetch(
  handler: FetchHandler | FetchObject,
  options: FromFetchOptions = {},
): Application {
  checkOptions('fromFetch', options, KNOWN);
  const handle = handleOf(handler);
  const { env, keepScriptName = false } = options;
  return streaming((environ, startResponse) => {
    const url = fullUrl(environ, keepScriptName);
    if (url === null) return badRequest(startResponse);
    const call = environ['wizgi.fetch'] as FetchCall | undefined;
    const response = handle(
      makeRequest(environ, url),
      envOf(env, environ, call),
      call?.context ?? new ExecutionContext(environ['wsgi.errors']),
    );
    if (!isThenable(response)) return answer(response, startResponse);
    return Promise.resolve(response).then((value) => answer(value, startResponse));
  });
}

function handleOf(handler: FetchHandler | FetchObject): Handle {
  if (typeof handler === 'function') return handler as Handle;
  if (typeof handler === 'object' && handler !== null && typeof handler.fetch === 'function') {
    return (request, env, context) => (handler as { fetch: Handle }).fetch(request, env, context);
  }
  throw new TypeError(
    'not a Fetch handler: expected a function (request) that gives a Response, or an object with such a fetch()',
  );
}

function envOf(
  env: FromFetchOptions['env'],
  environ: Environ,
  call: FetchCall | undefined,
): unknown {
  if (typeof env === 'function') return (env as (environ: Environ) => unknown)(environ);
  return env ?? call?.env ?? { environ };
}

function badRequest(startResponse: StartResponse): Body {
  startResponse('400 Bad Request', [['Content-Type', 'text/plain; charset=utf-8']]);
  return ['Bad Request\n'];
}
