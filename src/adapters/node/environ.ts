import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { type ConnectionFacts, connectionFacts } from '../../gateways/peer.ts';
import { decodePath, knownEnvironKey } from '../../wsgi/environ.ts';
import { fileWrapper } from '../../wsgi/file-wrapper.ts';
import { AsyncInput, type Input } from '../../wsgi/input.ts';
import type { Environ, ErrorStream } from '../../wsgi/types.ts';
import { SOFTWARE } from '../../wsgi/version.ts';
import { environOf } from './request.ts';

/** A request as routers and middleware leave it. */
export interface RoutedRequest extends IncomingMessage {
  /** The whole target, where `url` is what a router left of it. */
  readonly originalUrl?: string;
  /** Where Express mounted the handler. */
  readonly baseUrl?: string;
}

/** What all requests of a handler have in common. */
export interface HandlerFacts {
  readonly errors: ErrorStream;
  /** Entries to add to every environ. */
  readonly extra: readonly (readonly [key: string, value: string])[];
}

/**
 * The environ of a request of node:http.
 *
 * Headers are those of `request.headers`, so that what middleware changed in them counts.
 *
 * @param bodySize - bytes of a body that was received whole; null when the request has none, or none
 *   yet.
 */
export function requestEnviron(
  request: RoutedRequest,
  facts: HandlerFacts,
  input: Input,
  streaming: boolean,
  bodySize: number | null,
): Environ {
  const connection = factsOf(request.socket);
  const target = targetOf(request);
  const secure = isSecure(request);
  const environ: Environ = {
    REQUEST_METHOD: request.method ?? 'GET',
    SCRIPT_NAME: target.scriptName,
    PATH_INFO: target.pathInfo,
    QUERY_STRING: target.query,
    REQUEST_URI: target.whole,
    RAW_URI: target.whole,
    SERVER_NAME: connection.serverName,
    SERVER_PORT: connection.serverPort,
    SERVER_PROTOCOL: `HTTP/${request.httpVersion}`,
    SERVER_SOFTWARE: SOFTWARE,
    GATEWAY_INTERFACE: 'CGI/1.1',
    REMOTE_ADDR: connection.remoteAddress,
    REMOTE_PORT: connection.remotePort,
    'wsgi.version': [1, 0],
    'wsgi.url_scheme': secure ? 'https' : 'http',
    'wsgi.input': input,
    'wsgi.errors': facts.errors,
    'wsgi.multithread': true,
    'wsgi.multiprocess': false,
    'wsgi.run_once': false,
    'wsgi.input_terminated': true,
    'wsgi.file_wrapper': fileWrapper,
    'wizgi.input': new AsyncInput(input),
    'wizgi.streaming': streaming,
    // The driver's; here so that the object has all of its shape from the start.
    'wizgi.signal': NO_SIGNAL,
  };
  if (secure) environ['HTTPS'] = 'on';
  addOuterEntries(environ, request);
  addHeaders(environ, request);
  if (bodySize !== null && environ.CONTENT_LENGTH === undefined) {
    environ.CONTENT_LENGTH = String(bodySize);
  }
  for (const [key, value] of facts.extra) environ[key] = value;
  return environ;
}

const NO_SIGNAL = new AbortController().signal;

/** Facts of a connection that another gateway's environ knows better than a socket. */
const OUTER =
  /^(?:SERVER_NAME|SERVER_PORT|SERVER_PROTOCOL|REMOTE_(?:ADDR|PORT)|wsgi\.(?:errors|multi.*|run_once))$/;

/** Below a handler that runs in an application itself, what the gateway said is still true. */
function addOuterEntries(environ: Environ, request: IncomingMessage): void {
  const outer = environOf(request);
  if (outer === undefined) return;
  for (const [key, value] of Object.entries(outer)) {
    const isHeader = key.startsWith('HTTP_') || key.startsWith('CONTENT_');
    if (OUTER.test(key) || !(key in environ || isHeader)) environ[key] = value;
  }
}

/** HTTP_* mirrors the request's fields. (RFC 3875 §4.1.18) */
function addHeaders(environ: Environ, request: IncomingMessage): void {
  const { headers } = request;
  for (const name in headers) {
    const value = headers[name];
    const key = knownEnvironKey(name);
    if (key === null || value === undefined) continue;
    environ[key] = Array.isArray(value) ? value.join(', ') : String(value);
  }
  // HTTP/2's own name of it.
  environ.HTTP_HOST ??= headers[':authority'] as string | undefined;
  if (environ.HTTP_HOST === undefined) delete environ.HTTP_HOST;
}

const connections = new WeakMap<Socket, ConnectionFacts>();

function factsOf(socket: Socket): ConnectionFacts {
  const found = connections.get(socket);
  if (found !== undefined) return found;
  const facts = connectionFacts(socket, null);
  connections.set(socket, facts);
  return facts;
}

function isSecure(request: IncomingMessage): boolean {
  return (request.socket as Partial<{ encrypted: boolean }>).encrypted === true;
}

interface Target {
  readonly whole: string;
  readonly scriptName: string;
  readonly pathInfo: string;
  readonly query: string;
}

/** What a router has taken off the path is SCRIPT_NAME. */
function targetOf({ url = '/', originalUrl = url, baseUrl = '' }: RoutedRequest): Target {
  const [written, query] = split(url);
  const path = written === '*' ? '' : withoutAuthority(written);
  if (originalUrl === url) {
    return { whole: originalUrl, scriptName: '', pathInfo: decodePath(path), query };
  }
  const mount = mountOf(withoutAuthority(split(originalUrl)[0]), path, baseUrl);
  // Routers put a slash where nothing is left.
  const left = withoutAuthority(split(originalUrl)[0]) === mount ? '' : path;
  return {
    whole: originalUrl,
    scriptName: decodePath(mount.replace(/\/$/, '')),
    pathInfo: decodePath(left),
    query,
  };
}

function mountOf(whole: string, below: string, baseUrl: string): string {
  if (whole.endsWith(below)) return whole.slice(0, whole.length - below.length);
  return below === '/' ? whole : baseUrl;
}

function split(target: string): [path: string, query: string] {
  const mark = target.indexOf('?');
  return mark === -1 ? [target, ''] : [target.slice(0, mark), target.slice(mark + 1)];
}

/** An absolute form's path. (RFC 9112 §3.2.2) */
function withoutAuthority(target: string): string {
  if (target.startsWith('/')) return target;
  return /^[a-z][a-z0-9+.-]*:\/\/[^/]*(.*)$/is.exec(target)?.[1] || '/';
}
