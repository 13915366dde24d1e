import { streaming } from '../../wsgi/application.ts';
import { checkOptions } from '../../wsgi/check-options.ts';
import { isThenable } from '../../wsgi/iteration.ts';
import type { Application, Body, Environ, StartResponse } from '../../wsgi/types.ts';
import { bodyOf } from './body.ts';
import { rackEnv } from './env.ts';
import { Finish } from './finish.ts';
import { checkResponse } from './response.ts';
import type { RackApp, RackAppObject, RackEnv, RackFinished, RackResponse } from './types.ts';

export interface FromRackOptions {
  /**
   * Enter the application when the request's head is there. It then reads `rack.input` with
   * `for await`; `read()` throws where it would have to wait. @default false
   */
  readonly streaming?: boolean;
}

/**
 * A Rack application as a WSGI application.
 *
 * A synchronous one stays synchronous. What Rack's specification does not allow is an error of the
 * application: 500, and a line in the log that says what it was.
 *
 * @throws {TypeError} on an unknown option, or when `app` is neither a function nor an object with `call(env)`.
 *
 * @example
 * export const application = fromRack((env) => [
 *   200,
 *   { 'content-type': 'text/plain' },
 *   [`Hello from ${env.PATH_INFO}\n`],
 * ]);
 */
export function fromRack(app: RackApp | RackAppObject, options: FromRackOptions = {}): Application {
  checkOptions('fromRack', options, ['streaming']);
  const call = asRackApp(app);
  const application: Application = (environ, startResponse) => {
    const finished: RackFinished[] = [];
    const env = rackEnv(environ, finished);
    return new RackRequest(environ, startResponse, env, new Finish(env, finished)).answer(call);
  };
  return options.streaming ? streaming(application) : application;
}

function asRackApp(app: RackApp | RackAppObject): RackApp {
  if (typeof app === 'function') return app;
  if (typeof app === 'object' && app !== null && typeof app.call === 'function') {
    return (env) => app.call(env);
  }
  throw new TypeError(
    'not a Rack application: expected a function (env), or an object with call(env)',
  );
}

class RackRequest {
  private readonly environ: Environ;
  private readonly startResponse: StartResponse;
  private readonly env: RackEnv;
  private readonly finish: Finish;

  constructor(environ: Environ, startResponse: StartResponse, env: RackEnv, finish: Finish) {
    this.environ = environ;
    this.startResponse = startResponse;
    this.env = env;
    this.finish = finish;
  }

  answer(app: RackApp): Body | Promise<Body> {
    return this.finish.guard(() => {
      const response = app(this.env);
      return isThenable(response)
        ? Promise.resolve(response).then((settled) => this.begin(settled))
        : this.begin(response);
    });
  }

  private begin(response: RackResponse): Body | Promise<Body> {
    const { environ, env, finish } = this;
    const { status, headers, body } = checkResponse(response);
    finish.answered(response);
    const write = this.startResponse(status, headers);
    return bodyOf(body, { environ, env, finish, write });
  }
}
