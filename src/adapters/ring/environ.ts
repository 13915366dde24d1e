import { addHeader, decodePath, isBelow, knownEnvironKey } from '../../wsgi/environ.ts';
import { TextErrorStream } from '../../wsgi/error-stream.ts';
import { fileWrapper } from '../../wsgi/file-wrapper.ts';
import type { AsyncInputStream, Environ, InputStream } from '../../wsgi/types.ts';
import { SOFTWARE } from '../../wsgi/version.ts';
import type { RingRequest } from './types.ts';

/** The content of a request, in both forms. */
export interface RequestInput {
  readonly input: InputStream;
  readonly asyncInput: AsyncInputStream;
  /** Bytes of content that was received whole; else null. */
  readonly size: number | null;
}

/**
 * The environ of a WSGI application for a request map.
 *
 * What the map does not tell is that of the environ which it was made of, if it was.
 *
 * @throws {TypeError} when the map lacks what nothing can stand in for.
 */
export function ringEnviron(
  request: RingRequest,
  { input, asyncInput, size }: RequestInput,
  streaming: boolean,
): Environ {
  const origin = request['wizgi/environ'];
  const scheme = required(request, 'scheme');
  const uri = required(request, 'uri');
  const query = request['query-string'] ?? '';
  const [scriptName, pathInfo] = dividePath(uri, request.context ?? '');
  const environ: Environ = {
    REQUEST_METHOD: methodOf(request, origin),
    SCRIPT_NAME: scriptName,
    PATH_INFO: pathInfo,
    QUERY_STRING: query,
    REQUEST_URI: query === '' ? uri : `${uri}?${query}`,
    SERVER_NAME: request['server-name'] ?? 'localhost',
    SERVER_PORT: String(request['server-port'] ?? (scheme === 'https' ? 443 : 80)),
    SERVER_PROTOCOL: request.protocol ?? 'HTTP/1.1',
    SERVER_SOFTWARE: SOFTWARE,
    GATEWAY_INTERFACE: 'CGI/1.1',
    REMOTE_ADDR: request['remote-addr'] ?? '',
    'wsgi.version': [1, 0],
    'wsgi.url_scheme': scheme,
    'wsgi.input': input,
    'wsgi.errors': origin?.['wsgi.errors'] ?? new TextErrorStream(),
    'wsgi.multithread': origin?.['wsgi.multithread'] ?? true,
    'wsgi.multiprocess': origin?.['wsgi.multiprocess'] ?? false,
    'wsgi.run_once': origin?.['wsgi.run_once'] ?? false,
    'wsgi.input_terminated': true,
    'wsgi.file_wrapper': fileWrapper,
    'wizgi.input': asyncInput,
    'wizgi.streaming': streaming,
  };
  addHeaders(environ, request.headers);
  if (size !== null && size > 0) environ.CONTENT_LENGTH ??= String(size);
  if (origin !== undefined) addRest(environ, origin);
  environ['RAW_URI'] = environ['REQUEST_URI'];
  return environ;
}

function required(request: RingRequest, key: 'scheme' | 'uri' | 'request-method'): string {
  const value = request[key];
  if (typeof value === 'string' && value !== '') return value;
  throw new TypeError(`not a Ring request map: '${key}' is missing`);
}

/** Ring's methods are lower-case; HTTP's need not all be upper-case. */
function methodOf(request: RingRequest, origin: Environ | undefined): string {
  const method = required(request, 'request-method');
  const written = origin?.REQUEST_METHOD;
  return written?.toLowerCase() === method ? written : method.toUpperCase();
}

function dividePath(uri: string, context: string): [scriptName: string, pathInfo: string] {
  if (uri === '*') return [decodePath(context), ''];
  const path = decodePath(uri);
  const mount = decodePath(context);
  return isBelow(path, mount) ? [mount, path.slice(mount.length)] : ['', path];
}

function addHeaders(environ: Environ, headers: RingRequest['headers']): void {
  for (const [name, value] of Object.entries(headers)) {
    const key = knownEnvironKey(name);
    if (key !== null) addHeader(environ, key, value);
  }
}

/** Headers are the map's to tell, and only its. */
function addRest(environ: Environ, origin: Environ): void {
  for (const key of Object.keys(origin)) {
    if (!(key in environ) && !/^(?:HTTP_|CONTENT_(?:TYPE|LENGTH)$)/.test(key)) {
      environ[key] = origin[key];
    }
  }
}
