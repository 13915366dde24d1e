import { asApplication, isStreaming } from '../../wsgi/application.ts';
import type { ApplicationLike } from '../../wsgi/types.ts';
import { callFor, notHttp } from './handle.ts';
import { resolveToLambda, type ToLambdaOptions } from './options.ts';
import { StreamExchange } from './stream-exchange.ts';
import type { AwsLambda, LambdaHandler, StreamingHandler } from './types.ts';
import { WholeExchange } from './whole-exchange.ts';

/**
 * A WSGI application as a handler of AWS Lambda, behind API Gateway (REST and HTTP APIs), an Application
 * Load Balancer, a function URL or VPC Lattice; which of them it is, each event tells.
 *
 * The application has the event and Lambda's context in `environ['wizgi.lambda.event']` and
 * `environ['wizgi.lambda.context']`. Its answer is given whole, once its `close()` has settled.
 *
 * @throws {TypeError} on an unusable option, or when `app` is no application. The handler rejects with a
 *   {@link LambdaEventError} for an event that is no HTTP request.
 *
 * @example
 * export const handler = toLambda(app);
 */
export function toLambda(app: ApplicationLike, options: ToLambdaOptions = {}): LambdaHandler {
  const application = asApplication(app);
  const facts = resolveToLambda(options, isStreaming(application));
  return async (event, context) => {
    const call = callFor(application, facts, event, context);
    if (call !== null) return new WholeExchange(call).answer();
    if (facts.otherEvents === undefined) throw notHttp(event);
    return facts.otherEvents(event, context);
  };
}

/**
 * The same for function URLs, and REST APIs, that stream: invoke mode `RESPONSE_STREAM`.
 *
 * What the application yields is on its way before it is asked for the next block. An answer that is
 * broken off is an error of the invocation, so that its client sees it end early.
 *
 * @throws {TypeError} as `toLambda()` does, and outside Lambda's own Node.js runtime, which alone has
 *   `awslambda.streamifyResponse`.
 *
 * @example
 * export const handler = toLambdaStream(app);
 */
export function toLambdaStream(
  app: ApplicationLike,
  options: ToLambdaOptions = {},
): StreamingHandler {
  const application = asApplication(app);
  const facts = resolveToLambda(options, isStreaming(application));
  const platform = awsLambda();
  return platform.streamifyResponse(async (event, stream, context) => {
    // Streaming handlers would wait for a pool's idle connections, too, until their time is up.
    if (context !== undefined) context.callbackWaitsForEmptyEventLoop = false;
    const call = callFor(application, facts, event, context);
    if (call !== null) return new StreamExchange(call, platform, stream).answer();
    if (facts.otherEvents === undefined) throw notHttp(event);
    await facts.otherEvents(event, context);
    stream.end();
  });
}

function awsLambda(): AwsLambda {
  const { awslambda } = globalThis as { awslambda?: AwsLambda };
  if (typeof awslambda?.streamifyResponse === 'function') return awslambda;
  throw new TypeError(
    "toLambdaStream() needs awslambda.streamifyResponse, which only Lambda's Node.js runtimes have; elsewhere use toLambda()",
  );
}
