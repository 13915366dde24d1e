import { stderrLog } from '../../gateways/stderr-log.ts';
import { asApplication, isStreaming } from '../../wsgi/application.ts';
import { checkOptions } from '../../wsgi/check-options.ts';
import type { Log } from '../../wsgi/log.ts';
import type { ApplicationLike } from '../../wsgi/types.ts';
import { headerObject } from '../header-object.ts';
import { type PulledAnswer, pullAnswer } from '../pulled-answer.ts';
import { ringEnviron } from './environ.ts';
import { requestInput } from './request-input.ts';
import type { RingHandler, RingRequest, RingResponse } from './types.ts';

export interface ToRingOptions {
  /** Where errors of the application are reported. Default: warnings and errors to standard error. */
  readonly log?: Log;
}

/** A handler of both arities. (Ring Spec, Asynchronous API) */
export interface RingBothHandler extends RingHandler {
  (
    request: RingRequest,
    respond: (response: RingResponse) => void,
    raise: (error: unknown) => void,
  ): void;
}

/**
 * A WSGI application as a Ring handler, synchronous and asynchronous.
 *
 * With the request alone it gives the response map: at once where the application begins its answer at
 * once, else as a promise. The body is text or bytes, or an async iterable, which ends the request when
 * it is left early. An application that fails answers 500.
 *
 * @throws {TypeError} on an unknown option, or when `app` is no application.
 *
 * @example
 * const { status, headers, body } = await toRing(app)(request);
 */
export function toRing(app: ApplicationLike, options: ToRingOptions = {}): RingBothHandler {
  checkOptions('toRing', options, ['log']);
  const application = asApplication(app);
  const log = options.log ?? stderrLog;
  const streaming = isStreaming(application);
  const answer: RingHandler = (request) => {
    const signal = request['wizgi/environ']?.['wizgi.signal'];
    const run = (input: Parameters<typeof ringEnviron>[1]) => {
      const pulled = pullAnswer(application, ringEnviron(request, input, streaming), log, signal);
      return pulled instanceof Promise ? pulled.then(responseMap) : responseMap(pulled);
    };
    const input = requestInput(request.body, streaming);
    return input instanceof Promise ? input.then(run) : run(input);
  };
  // One named parameter, so that nobody takes this for a handler of three only.
  return ((request: RingRequest, ...callbacks: Callbacks | []) => {
    if (callbacks.length === 0) return answer(request);
    deliver(() => answer(request), ...callbacks);
    return undefined;
  }) as RingBothHandler;
}

type Callbacks = [respond: (response: RingResponse) => void, raise: (error: unknown) => void];

function deliver(
  answer: () => RingResponse | Promise<RingResponse>,
  respond: (response: RingResponse) => void,
  raise: (error: unknown) => void,
): void {
  let response: RingResponse | Promise<RingResponse>;
  try {
    response = answer();
  } catch (error) {
    raise(error);
    return;
  }
  if (response instanceof Promise) response.then(respond, raise);
  else respond(response);
}

function responseMap({ head, content }: PulledAnswer): RingResponse {
  const body = Array.isArray(content) ? (content[0] ?? null) : content;
  return { status: head.code, headers: headerObject(head), body };
}
