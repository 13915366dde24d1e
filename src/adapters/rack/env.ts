import { decodePath, encodePath } from '../../wsgi/environ.ts';
import type { Environ } from '../../wsgi/types.ts';
import { RackInputStream } from './input.ts';
import type { RackEnv, RackErrors, RackFinished } from './types.ts';

/** What has another name in Rack, or none. */
const TRANSLATED = new Set(['SCRIPT_NAME', 'PATH_INFO']);

/** The env of a Rack application for a request. (Rack SPEC, The Environment) */
export function rackEnv(environ: Environ, finished: RackFinished[]): RackEnv {
  const env = {
    SCRIPT_NAME: encodePath(environ.SCRIPT_NAME),
    PATH_INFO: pathInfo(environ),
    'rack.url_scheme': environ['wsgi.url_scheme'],
    'rack.input': new RackInputStream(environ['wsgi.input'], environ['wizgi.input']),
    'rack.errors': rackErrors(environ),
    'rack.multithread': environ['wsgi.multithread'],
    'rack.multiprocess': environ['wsgi.multiprocess'],
    'rack.run_once': environ['wsgi.run_once'],
    'rack.response_finished': finished,
  } as unknown as RackEnv;
  for (const key of Object.keys(environ)) {
    if (!TRANSLATED.has(key) && !key.startsWith('wsgi.')) env[key] = environ[key];
  }
  return env;
}

/** A `*` stands for the server itself; the path of an application at the root is never empty. */
function pathInfo(environ: Environ): string {
  const { PATH_INFO: path, SCRIPT_NAME: script, REQUEST_METHOD: method } = environ;
  if (path === '' && method === 'OPTIONS' && environ['REQUEST_URI'] === '*') return '*';
  return path === '' && script === '' ? '/' : rawPath(environ);
}

/** PATH_INFO as the client wrote it, which tells `%2F` from a slash, where that is still known. */
function rawPath({ PATH_INFO: path, SCRIPT_NAME: script, REQUEST_URI: target }: Environ): string {
  const raw = typeof target === 'string' ? (/^[^?#]*/.exec(target)?.[0] ?? '') : '';
  const below = raw.startsWith(script) ? raw.slice(script.length) : '';
  return decodePath(below) === path ? below : encodePath(path);
}

function rackErrors(environ: Environ): RackErrors {
  const errors = environ['wsgi.errors'];
  return {
    puts: (text) => errors.write(endLine(String(text))),
    write: (text) => errors.write(text),
    flush: () => errors.flush(),
  };
}

function endLine(text: string): string {
  return text.endsWith('\n') ? text : `${text}\n`;
}
