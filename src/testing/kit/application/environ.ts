/** `/environ`, `/mutate` and `/url`: what the server says of the request. */
import type { Body, Environ, StartResponse } from '../../../wsgi/types.ts';
import { answerJson, answerText } from './json.ts';
import { fromLatin1 } from './latin1.ts';

/** Everything in the environ, as JSON can say it. */
export function dumpEnviron(environ: Environ, startResponse: StartResponse): Body {
  const shown = Object.keys(environ)
    .sort()
    .map((key) => [key, show(environ[key])]);
  return answerJson(startResponse, {
    dictionary: isPlain(environ),
    environ: Object.fromEntries(shown),
  });
}

/** Numbers, strings and lists are shown; of an object, what can be done with it. */
function show(value: unknown): unknown {
  if (value === undefined || value === null) return null;
  if (['string', 'number', 'boolean'].includes(typeof value)) return value;
  if (Array.isArray(value)) return value.map(show);
  return { methods: methodsOf(value) };
}

const METHODS = ['read', 'readline', 'readlines', 'write', 'writelines', 'flush'];

function methodsOf(value: unknown): string[] {
  const object = value as Readonly<Record<string | symbol, unknown>>;
  const found = METHODS.filter((name) => typeof object[name] === 'function');
  if (typeof object[Symbol.iterator] === 'function') found.push('iterate');
  if (typeof value === 'function') found.push('call');
  return found.sort();
}

function isPlain(environ: object): boolean {
  const prototype = Object.getPrototypeOf(environ);
  return (
    (prototype === null || prototype === Object.prototype) &&
    !Object.isFrozen(environ) &&
    !Object.isSealed(environ)
  );
}

/** Changes its environ in every way; the next request must not see any of it. */
export function mutateEnviron(environ: Environ, startResponse: StartResponse): Body {
  const changed = environ as Record<string, unknown>;
  changed['kit.mark'] = 'left behind';
  changed['HTTP_X_MARK'] = 'left behind';
  delete changed['SERVER_NAME'];
  const done = changed['kit.mark'] === 'left behind' && !('SERVER_NAME' in changed);
  return answerText(startResponse, done ? 'changed' : 'not changed');
}

/** The URL of the request, put together again. (PEP 3333, URL Reconstruction) */
export function reconstructUrl(environ: Environ, startResponse: StartResponse): Body {
  const { SERVER_NAME, SERVER_PORT, SCRIPT_NAME, PATH_INFO, QUERY_STRING } = environ;
  const scheme = environ['wsgi.url_scheme'];
  const usual = scheme === 'https' ? '443' : '80';
  const host =
    environ['HTTP_HOST'] || (SERVER_PORT === usual ? SERVER_NAME : `${SERVER_NAME}:${SERVER_PORT}`);
  const path = quote(SCRIPT_NAME ?? '') + quote(PATH_INFO ?? '');
  const query = QUERY_STRING ? `?${QUERY_STRING}` : '';
  return answerText(startResponse, `${scheme}://${host}${path}${query}`);
}

function quote(path: string): string {
  let text = '';
  for (const octet of fromLatin1(path)) {
    const character = String.fromCharCode(octet);
    text += /[\w.~/-]/.test(character)
      ? character
      : `%${octet.toString(16).toUpperCase().padStart(2, '0')}`;
  }
  return text;
}
