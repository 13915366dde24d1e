import { Input } from '../../wsgi/input.ts';
import type { Application } from '../../wsgi/types.ts';
import { lambdaEnviron, locationOf } from './environ.ts';
import { requestOf } from './events.ts';
import type { Call } from './execution.ts';
import type { LambdaFacts } from './options.ts';
import type { LambdaContext } from './types.ts';

/** An event that is no HTTP request. */
export class LambdaEventError extends Error {
  override readonly name = 'LambdaEventError';
}

/** The request of an event, ready to be run; null if the event is no HTTP request. */
export function callFor(
  app: Application,
  facts: LambdaFacts,
  event: unknown,
  context: LambdaContext | undefined,
): Call | null {
  const request = requestOf(event);
  if (request === null) return null;
  const input = Input.of(request.body);
  const environ = lambdaEnviron(request, facts, input, { event, context });
  const answering = locationOf(request, facts) === null ? notFound : app;
  return { app: answering, environ, input, facts, form: request.answer, context };
}

const notFound: Application = (_environ, startResponse) => {
  startResponse('404 Not Found', [['Content-Type', 'text/plain; charset=utf-8']]);
  return ['Not Found\n'];
};

/** Says what was expected in place of an event. */
export function notHttp(event: unknown): LambdaEventError {
  return new LambdaEventError(
    `the event is no HTTP request: expected one of an API Gateway REST API or HTTP API, an Application Load Balancer, a function URL or VPC Lattice, but it is ${describe(event)}; the option otherEvents takes all others`,
  );
}

function describe(event: unknown): string {
  if (typeof event !== 'object' || event === null) return event === null ? 'null' : typeof event;
  const keys = Object.keys(event);
  const more = keys.length > 8 ? ', …' : '';
  return keys.length === 0
    ? 'an empty object'
    : `an object with ${keys.slice(0, 8).join(', ')}${more}`;
}
