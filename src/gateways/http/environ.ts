import type { RequestHead } from '../../protocols/http1/index.ts';
import { addHeader, decodePath, isBelow } from '../../wsgi/environ.ts';
import { fileWrapper } from '../../wsgi/file-wrapper.ts';
import { AsyncInput, type Input } from '../../wsgi/input.ts';
import type { Environ } from '../../wsgi/types.ts';
import { SOFTWARE } from '../../wsgi/version.ts';
import type { ServerFacts } from '../gateway.ts';
import type { ConnectionFacts } from '../peer.ts';

/**
 * The environ of an HTTP request. (PEP 3333, environ Variables; RFC 3875 §4.1)
 *
 * An ordinary object, filled in one literal: see docs/decisions/0002-environ-is-an-ordinary-object.md.
 *
 * @param bodySize - bytes of a body that was received whole, for CONTENT_LENGTH when the request did
 *   not say; else null.
 */
export function httpEnviron(
  head: RequestHead,
  connection: ConnectionFacts,
  server: ServerFacts,
  input: Input,
  streaming: boolean,
  bodySize: number | null,
): Environ {
  const environ: Environ = {
    REQUEST_METHOD: head.method,
    SCRIPT_NAME: server.scriptName,
    PATH_INFO: pathInfo(head.path, server.scriptName),
    QUERY_STRING: head.query,
    REQUEST_URI: head.target,
    RAW_URI: head.target,
    SERVER_NAME: connection.serverName,
    SERVER_PORT: connection.serverPort,
    SERVER_PROTOCOL: head.minor === 0 ? 'HTTP/1.0' : 'HTTP/1.1',
    SERVER_SOFTWARE: SOFTWARE,
    GATEWAY_INTERFACE: 'CGI/1.1',
    REMOTE_ADDR: connection.remoteAddress,
    REMOTE_PORT: connection.remotePort,
    'wsgi.version': [1, 0],
    'wsgi.url_scheme': connection.scheme,
    'wsgi.input': input,
    'wsgi.errors': server.errors,
    'wsgi.multithread': server.multithread,
    'wsgi.multiprocess': false,
    'wsgi.run_once': false,
    'wsgi.input_terminated': true,
    'wsgi.file_wrapper': fileWrapper,
    'wizgi.input': new AsyncInput(input),
    'wizgi.streaming': streaming,
    // The driver's; here so that the object has all of its shape from the start.
    'wizgi.signal': NO_SIGNAL,
  };
  addHeaders(environ, head);
  if (bodySize !== null && environ.CONTENT_LENGTH === undefined) {
    environ.CONTENT_LENGTH = String(bodySize);
  }
  for (const [key, value] of server.extra) environ[key] = value;
  return environ;
}

const NO_SIGNAL = new AbortController().signal;

/** HTTP_* mirrors the request's fields. (RFC 3875 §4.1.18) */
function addHeaders(environ: Environ, { names, values, host }: RequestHead): void {
  for (let index = 0; index < names.length; index++) {
    const key = names[index]?.environKey;
    if (key !== null && key !== undefined) addHeader(environ, key, values[index] as string);
  }
  if (host !== null && environ.HTTP_HOST !== host) environ.HTTP_HOST = host;
}

/** The decoded path below the mount point. */
function pathInfo(path: string, scriptName: string): string {
  const decoded = decodePath(path);
  return scriptName === '' ? decoded : decoded.slice(scriptName.length);
}

/** Tells whether a path lies at or below the mount point. */
export function isMounted(path: string, scriptName: string): boolean {
  return scriptName === '' || isBelow(decodePath(path), scriptName);
}
