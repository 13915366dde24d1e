/** A Rack body as WSGI knows bodies. */
import { closeSync, openSync } from 'node:fs';
import { isThenable } from '../../wsgi/iteration.ts';
import type { Body, Environ, Write } from '../../wsgi/types.ts';
import type { Finish } from './finish.ts';
import { ResponseStream } from './stream.ts';
import type { RackBody, RackEnumerable, RackEnv, RackStream } from './types.ts';

/** What the forms of a body have in common. */
export interface BodyContext {
  readonly environ: Environ;
  readonly env: RackEnv;
  readonly write: Write;
  readonly finish: Finish;
}

/** A body as the application's result; what pushes its content has pushed it then. */
export function bodyOf(body: RackBody, context: BodyContext): Body | Promise<Body> {
  const { finish } = context;
  if (has(body, 'to_path')) return fileAt(body.to_path(), context);
  if (has(body, 'to_ary')) return finish.around([...body.to_ary()]);
  if (Symbol.asyncIterator in body || Symbol.iterator in body) return finish.around(body as Body);
  const end = has(body, 'each')
    ? (body as RackEnumerable).each((block) => context.write(block))
    : streamed(callable(body), context);
  return isThenable(end) ? Promise.resolve(end).then(() => finish.around([])) : finish.around([]);
}

function has<K extends string>(
  body: RackBody,
  method: K,
): body is RackBody & Readonly<Record<K, () => never>> {
  return (
    method in body && typeof (body as unknown as Record<string, unknown>)[method] === 'function'
  );
}

function fileAt(path: string, { environ, finish }: BodyContext): Body {
  const wrap = environ['wsgi.file_wrapper'];
  if (wrap === undefined) throw new Error("to_path() needs environ['wsgi.file_wrapper']");
  const fd = openSync(path, 'r');
  const close = () => {
    closeSync(fd);
    return finish.close();
  };
  return wrap({ fd, close });
}

// A function has a `call` too, which is not the body's.
function callable(body: RackBody): (stream: RackStream) => unknown {
  if (typeof body === 'function') return body;
  return (stream) => (body as { call(stream: RackStream): unknown }).call(stream);
}

/** Runs a streaming body to its end: that of its promise, or of its stream. */
function streamed(
  call: (stream: RackStream) => unknown,
  { env, environ, write }: BodyContext,
): Promise<void> | undefined {
  const stream = new ResponseStream(env['rack.input'], write);
  const result = call(stream);
  if (stream.closed && !isThenable(result)) return undefined;
  // One that left its stream to somebody who never closes it is not waited for beyond the client.
  const end = isThenable(result) ? result : whenAborted(environ);
  return Promise.race([end, stream.whenClosed]).then(() => stream.close());
}

function whenAborted({ 'wizgi.signal': signal }: Environ): Promise<void> {
  return new Promise((resolve) => {
    signal?.addEventListener('abort', () => resolve(), { once: true });
  });
}
