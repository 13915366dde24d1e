import { asApplication, isStreaming } from '../../wsgi/application.ts';
import { Input, MemorySource } from '../../wsgi/input.ts';
import type { Application, ApplicationLike } from '../../wsgi/types.ts';
import { FetchExchange } from './exchange.ts';
import { type FetchFacts, resolveToFetch, type ToFetchOptions } from './options.ts';
import {
  BodyTooLarge,
  declaredLength,
  receiveDeclared,
  receiveStream,
  StreamSource,
} from './request-body.ts';
import { type FetchCall, isMounted, requestEnviron } from './request-environ.ts';

/** A function that Bun.serve, Deno.serve, Cloudflare Workers and others call for each request. */
export type FetchFunction = (
  request: Request,
  env?: unknown,
  context?: unknown,
) => Response | Promise<Response>;

/**
 * Makes a Fetch handler of a WSGI application, for runtimes that serve by Request and Response.
 *
 * A synchronous application whose answer is one block gives its Response in the turn of the call. The
 * request's body is received before the application is entered, into memory; an application marked by
 * `streaming()` is entered at once. `environ['wizgi.fetch']` holds the arguments of the call.
 *
 * @throws {TypeError} on an unknown option, or when `app` is no application.
 *
 * @example Bun.serve({ fetch: toFetch(app) });
 * @example Deno.serve(toFetch(app));
 * @example export default { fetch: toFetch(app) };
 */
export function toFetch(app: ApplicationLike, options: ToFetchOptions = {}): FetchFunction {
  const application = asApplication(app);
  const facts = resolveToFetch(options, isStreaming(application));
  return (request, env, context) => handle(application, facts, { request, env, context });
}

function handle(
  app: Application,
  facts: FetchFacts,
  call: FetchCall,
): Response | Promise<Response> {
  const { request } = call;
  if (!isMounted(request, facts.scriptName)) return refusal(404, 'Not Found');
  const { method } = request;
  const length = method === 'GET' || method === 'HEAD' ? 0 : declaredLength(request);
  if (length === 0) return enter(app, facts, call, new Input(), null, null);
  if (length !== null && length > facts.maxBody) return refusal(413, 'Content Too Large');
  // Looking at the body makes a stream of it, which costs more than to receive a small one.
  if (length !== null && !facts.streaming) {
    return receive(app, facts, call, receiveDeclared(request, facts.maxBody));
  }
  const { body } = request;
  if (body === null) return enter(app, facts, call, new Input(), null, null);
  if (!facts.streaming) return receive(app, facts, call, receiveStream(body, facts.maxBody));
  const source = new StreamSource(body, facts.maxBody);
  return enter(app, facts, call, new Input(source), source, null);
}

async function receive(
  app: Application,
  facts: FetchFacts,
  call: FetchCall,
  body: Promise<Uint8Array>,
): Promise<Response> {
  let bytes: Uint8Array;
  try {
    bytes = await body;
  } catch (error) {
    if (error instanceof BodyTooLarge) return refusal(413, 'Content Too Large');
    facts.log.info('refused', { reason: 'incomplete-body' });
    return refusal(400, 'Bad Request');
  }
  return enter(app, facts, call, new Input(new MemorySource([bytes], true)), null, bytes.length);
}

function enter(
  app: Application,
  facts: FetchFacts,
  call: FetchCall,
  input: Input,
  source: StreamSource | null,
  bodySize: number | null,
): Response | Promise<Response> {
  const { request, context } = call;
  const environ = requestEnviron(call, facts, input, bodySize);
  const exchange = new FetchExchange({ app, environ, input, source, request, log: facts.log });
  const response = exchange.start();
  keepAlive(exchange, context);
  return response;
}

/** Has Cloudflare wait for what an application does behind its answer, `close()` above all. */
function keepAlive(exchange: FetchExchange, context: unknown): void {
  if (typeof context !== 'object' || context === null || !('waitUntil' in context)) return;
  const { rest } = exchange;
  if (rest !== null && typeof context.waitUntil === 'function') context.waitUntil(rest);
}

function refusal(status: number, reason: string): Response {
  return new Response(`${reason}\n`, {
    status,
    statusText: reason,
    headers: { 'Content-Type': 'text/plain; charset=utf-8' },
  });
}
