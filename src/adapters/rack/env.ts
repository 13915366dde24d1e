import { encodePath } from '../../wsgi/environ.ts';
import { requestTarget } from '../../wsgi/request-target.ts';
import type { Environ } from '../../wsgi/types.ts';
import { RackInputStream } from './input.ts';
import type { RackEnv, RackErrors, RackFinished } from './types.ts';

/** What is said in another way in Rack, and what is not the environ's to say. */
const TRANSLATED = /^(?:SCRIPT_NAME$|PATH_INFO$|wsgi\.|rack\.)/;

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
    if (!TRANSLATED.test(key)) env[key] = environ[key];
  }
  return env;
}

/** As the client wrote it, where that is still known. The root of an application at the root is `/`. */
function pathInfo(environ: Environ): string {
  if (environ.PATH_INFO === '' && environ.SCRIPT_NAME !== '') return '';
  const target = requestTarget(environ, '', false);
  const mark = target.indexOf('?');
  return mark === -1 ? target : target.slice(0, mark);
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
