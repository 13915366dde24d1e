import { stderrLog } from '../../gateways/stderr-log.ts';
import { asApplication, isStreaming } from '../../wsgi/application.ts';
import { checkOptions } from '../../wsgi/check-options.ts';
import type { Log } from '../../wsgi/log.ts';
import type { ApplicationLike } from '../../wsgi/types.ts';
import { headerObject } from '../header-object.ts';
import { type PulledAnswer, pullAnswer } from '../pulled-answer.ts';
import { rackEnviron } from './environ.ts';
import { isBodyless } from './response.ts';
import type { RackApp, RackResponse } from './types.ts';

export interface ToRackOptions {
  /** Where errors of the application are reported. Default: warnings and errors to standard error. */
  readonly log?: Log;
}

/**
 * A WSGI application as a Rack application: `(env) => [status, headers, body]`.
 *
 * The triplet comes at once where the application begins its answer at once, else as a promise. The
 * body is an array of at most one block, or an async iterable with `close()`, which the caller owes.
 * An application that fails answers 500.
 *
 * @throws {TypeError} on an unknown option, or when `app` is no application.
 *
 * @example
 * const [status, headers, body] = await toRack(app)(env);
 */
export function toRack(app: ApplicationLike, options: ToRackOptions = {}): RackApp {
  checkOptions('toRack', options, ['log']);
  const application = asApplication(app);
  const log = options.log ?? stderrLog;
  const streaming = isStreaming(application);
  return (env) => {
    const signal = env['wizgi.signal'] as AbortSignal | undefined;
    const answer = pullAnswer(application, rackEnviron(env, streaming), log, signal);
    return answer instanceof Promise ? answer.then(triplet) : triplet(answer);
  };
}

function triplet({ head, content }: PulledAnswer): RackResponse {
  const headers = headerObject(head);
  if (isBodyless(head.code)) {
    delete headers['content-type'];
    delete headers['content-length'];
  }
  return [head.code, headers, content];
}
