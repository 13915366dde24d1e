/**
 * wsgiref.util in TypeScript: what applications and middleware do with an environ again and again.
 *
 * `isHopByHop` and `FileWrapper`, which wsgiref has here too, stand in files of their own.
 */

import { posix } from 'node:path';
import { encodePath } from './environ.ts';
import { TextErrorStream } from './error-stream.ts';
import { Input } from './input.ts';
import type { Environ } from './types.ts';

const DEFAULT_PORTS = new Map([
  ['http', '80'],
  ['https', '443'],
]);

/**
 * Tells `https` from `http` by the CGI variable `HTTPS`: `on`, `yes` and `1` mean the former.
 * (wsgiref.util.guess_scheme)
 */
export function guessScheme(environ: Readonly<Record<string, unknown>>): 'http' | 'https' {
  const https = environ['HTTPS'];
  return https === 'on' || https === 'yes' || https === '1' ? 'https' : 'http';
}

/**
 * The URL of the request, as far as it can be told.
 *
 * What the client typed may differ: `%2F` is a plain slash by now. The host is the client's claim
 * whenever it sent one. (PEP 3333, URL Reconstruction; wsgiref.util.request_uri)
 *
 * @param includeQuery - default true; false leaves `?` and QUERY_STRING out.
 * @throws {RangeError} when a path has a code unit above U+00FF.
 */
export function requestUri(environ: Environ, includeQuery = true): string {
  const path = quotePath('PATH_INFO', environ.PATH_INFO ?? '');
  const base = applicationUri(environ);
  // The base of an application at the root ends in the slash that PATH_INFO begins with.
  const url = environ.SCRIPT_NAME ? base + path : base + path.replace(/^\//, '');
  return includeQuery && environ.QUERY_STRING ? `${url}?${environ.QUERY_STRING}` : url;
}

/**
 * The URL of the application: {@link requestUri} without PATH_INFO and query. Ends in a slash when
 * SCRIPT_NAME is empty. (PEP 3333, URL Reconstruction; wsgiref.util.application_uri)
 *
 * @throws {RangeError} when SCRIPT_NAME has a code unit above U+00FF.
 */
export function applicationUri(environ: Environ): string {
  const path = quotePath('SCRIPT_NAME', environ.SCRIPT_NAME || '/');
  return `${environ['wsgi.url_scheme']}://${authority(environ)}${path}`;
}

/**
 * Moves the next segment from PATH_INFO to SCRIPT_NAME and gives it; null when nothing is left.
 *
 * Empty and `.` segments on the way are dropped, `..` takes a segment off SCRIPT_NAME. A PATH_INFO
 * of `/` gives `''` and a SCRIPT_NAME that ends in a slash, to tell `/x/` from `/x`; one of `/.`
 * gives null and is emptied.
 * (wsgiref.util.shift_path_info)
 */
export function shiftPathInfo(environ: Pick<Environ, 'SCRIPT_NAME' | 'PATH_INFO'>): string | null {
  if (!environ.PATH_INFO) return null;
  const segments = environ.PATH_INFO.replace(/^\//, '').split('/');
  const last = segments.pop() ?? '';
  const remaining = segments.filter((segment) => segment !== '' && segment !== '.');
  remaining.push(last);
  const name = remaining.shift() ?? '';
  environ.SCRIPT_NAME = descend(environ.SCRIPT_NAME ?? '', name);
  environ.PATH_INFO = remaining.map((segment) => `/${segment}`).join('');
  return name === '.' ? null : name;
}

/**
 * Fills an environ up with what a WSGI application may count on: a GET of `http://127.0.0.1/`.
 *
 * What is there already stays. The data is made up: for tests only. Text for `wsgi.errors` goes to
 * the standard error stream. (wsgiref.util.setup_testing_defaults)
 *
 * @returns the same object.
 */
export function setupTestingDefaults(environ: Partial<Environ> = {}): Environ {
  environ.SERVER_NAME ??= '127.0.0.1';
  environ.SERVER_PROTOCOL ??= 'HTTP/1.0';
  environ['HTTP_HOST'] ??= environ.SERVER_NAME;
  environ.REQUEST_METHOD ??= 'GET';
  environ.SCRIPT_NAME ??= '';
  environ.PATH_INFO ??= environ.SCRIPT_NAME === '' ? '/' : '';
  environ.QUERY_STRING ??= '';
  environ['wsgi.version'] ??= [1, 0];
  environ['wsgi.url_scheme'] ??= guessScheme(environ);
  environ['wsgi.input'] ??= new Input();
  environ['wsgi.errors'] ??= new TextErrorStream();
  environ['wsgi.multithread'] ??= false;
  environ['wsgi.multiprocess'] ??= false;
  environ['wsgi.run_once'] ??= false;
  environ.SERVER_PORT ??= DEFAULT_PORTS.get(environ['wsgi.url_scheme']) ?? '80';
  return environ as Environ;
}

function authority(environ: Environ): string {
  if (environ['HTTP_HOST']) return environ['HTTP_HOST'];
  const isDefault = DEFAULT_PORTS.get(environ['wsgi.url_scheme']) === environ.SERVER_PORT;
  return isDefault ? environ.SERVER_NAME : `${environ.SERVER_NAME}:${environ.SERVER_PORT}`;
}

function quotePath(key: string, path: string): string {
  if (/[^\x00-\xff]/.test(path)) throw new RangeError(`${key} has a code unit above U+00FF`);
  return encodePath(path);
}

function descend(scriptName: string, name: string): string {
  const path = posix.normalize(`${scriptName}/${name}`).replace(/\/$/, '');
  return name === '' ? `${path}/` : path;
}
