/**
 * A Rack application with Rack middleware around it: functions from an env to status, headers and body. As
 * a WSGI application it runs on every server here, behind any of its middleware.
 */
import { fromRack, type RackApp, type RackStream } from 'wizgi/rack';

const countdown: RackApp = (env) => {
  const from = Number(/^\/(\d)$/.exec(env.PATH_INFO)?.[1] ?? 3);
  const body = async (stream: RackStream) => {
    for (let number = from; number > 0; number--) await stream.write(`${number}\n`);
    stream.write('Lift-off!\n');
  };
  return [200, { 'content-type': 'text/plain; charset=utf-8' }, body];
};

/** Tells how long the inner application took to answer. */
function runtime(app: RackApp): RackApp {
  return async (env) => {
    const started = performance.now();
    const [status, headers, body] = await app(env);
    const seconds = ((performance.now() - started) / 1000).toFixed(6);
    return [status, { ...headers, 'x-runtime': seconds }, body];
  };
}

export const application = fromRack(runtime(countdown));
