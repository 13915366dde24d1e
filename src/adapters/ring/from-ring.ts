import { streaming } from '../../wsgi/application.ts';
import { checkOptions } from '../../wsgi/check-options.ts';
import { isThenable } from '../../wsgi/iteration.ts';
import type { Application, Body, Environ } from '../../wsgi/types.ts';
import { ringRequest } from './request.ts';
import { responseBody, responseStart } from './response.ts';
import type { RingAsyncHandler, RingHandler, RingRequest, RingResponse } from './types.ts';

export interface FromRingOptions {
  /**
   * Call the handler with `(request, respond, raise)`, as asynchronous ones are, not with the request
   * alone. @default whether the handler names three parameters
   */
  readonly async?: boolean;
  /**
   * Call the handler when the request's head is there. It then reads `body` with `for await`; `read()`
   * throws where it would have to wait. @default false
   */
  readonly streaming?: boolean;
}

/**
 * A Ring handler as a WSGI application.
 *
 * A synchronous one stays synchronous, and so does an asynchronous one that responds before it returns.
 * What is no response map is an error of the application: 500, and a line in the log that says what it
 * was. Calls of `respond` and `raise` after the first are reported to `wsgi.errors` and ignored.
 *
 * @throws {TypeError} on an unknown option, or when `handler` is no function.
 *
 * @example
 * export const application = fromRing((request) => ({
 *   status: 200,
 *   headers: { 'content-type': 'text/plain' },
 *   body: `Hello from ${request.uri}\n`,
 * }));
 */
export function fromRing(
  handler: RingHandler | RingAsyncHandler,
  options: FromRingOptions = {},
): Application {
  checkOptions('fromRing', options, ['async', 'streaming']);
  if (typeof handler !== 'function') {
    throw new TypeError(
      'not a Ring handler: expected a function (request) or (request, respond, raise)',
    );
  }
  const answer: Answer =
    (options.async ?? handler.length === 3)
      ? (request, environ) => respondLater(handler as RingAsyncHandler, request, environ)
      : (request) => (handler as RingHandler)(request);
  const application: Application = (environ, startResponse) => {
    const begin = (response: RingResponse): Body => {
      const { status, headers } = responseStart(response);
      startResponse(status, headers);
      return responseBody(response.body, environ);
    };
    const response = answer(ringRequest(environ), environ);
    return isThenable(response)
      ? Promise.resolve(response).then((settled) => begin(settled as RingResponse))
      : begin(response as RingResponse);
  };
  return options.streaming ? streaming(application) : application;
}

type Answer = (request: RingRequest, environ: Environ) => RingResponse | PromiseLike<RingResponse>;

/** What `respond` is given: at once, if it is called at once. */
function respondLater(
  handler: RingAsyncHandler,
  request: RingRequest,
  environ: Environ,
): RingResponse | Promise<RingResponse> {
  const outcome = new Outcome(environ);
  let result: unknown;
  try {
    result = handler(request, outcome.respond, outcome.raise);
  } catch (error) {
    outcome.raise(error);
  }
  // Ring ignores the result; but a promise that rejects is an error that would be told to nobody.
  if (isThenable(result)) Promise.resolve(result).catch(outcome.raise);
  return outcome.take();
}

/** The first call of `respond` or `raise`. */
class Outcome {
  private readonly environ: Environ;
  private settled: { readonly response: RingResponse } | { readonly error: unknown } | null = null;
  private wake: (() => void) | null = null;

  constructor(environ: Environ) {
    this.environ = environ;
  }

  readonly respond = (response: RingResponse): void => {
    if (this.settled === null) this.settle({ response });
    else this.report('respond was called again; only the first answer counts');
  };

  readonly raise = (error: unknown): void => {
    if (this.settled === null) this.settle({ error });
    else this.report(`an error came after the answer: ${textOf(error)}`);
  };

  take(): RingResponse | Promise<RingResponse> {
    if (this.settled !== null) return this.unwrap();
    return new Promise<void>((resolve) => {
      this.wake = resolve;
    }).then(() => this.unwrap());
  }

  private settle(outcome: NonNullable<typeof this.settled>): void {
    this.settled = outcome;
    this.wake?.();
  }

  private unwrap(): RingResponse {
    const { settled } = this;
    if (settled !== null && 'response' in settled) return settled.response;
    throw settled?.error;
  }

  private report(what: string): void {
    this.environ['wsgi.errors'].write(`Ring handler: ${what}\n`);
  }
}

function textOf(error: unknown): string {
  return error instanceof Error ? (error.stack ?? String(error)) : String(error);
}
