/** environ from meta-variables: what CGI, FastCGI, SCGI, uwsgi and AJP have in common. */
import type { Variables } from '../protocols/cgi/variables.ts';
import { ProtocolError } from '../protocols/protocol-error.ts';
import { decodePath, encodePath, isBelow } from '../wsgi/environ.ts';
import { fileWrapper } from '../wsgi/file-wrapper.ts';
import { AsyncInput, type Input } from '../wsgi/input.ts';
import type { Environ } from '../wsgi/types.ts';
import { SOFTWARE } from '../wsgi/version.ts';
import type { ServerFacts } from './gateway.ts';
import { addVariables } from './meta-variables.ts';
import type { ConnectionFacts } from './peer.ts';

const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
const SECURE = /^(?:on|1|yes)$/i;
const NO_SIGNAL = new AbortController().signal;

/** What a gateway says of a request's content, and of itself. */
export interface MetaOptions {
  /** The application is entered before its content has arrived. */
  readonly streaming: boolean;
  /** Bytes of content that was received whole; else null. */
  readonly bodySize: number | null;
  /** The process serves this one request. (PEP 3333, environ Variables) */
  readonly runOnce: boolean;
  /** Other processes may run the application. */
  readonly multiprocess: boolean;
  /** Entries that the protocol adds. */
  readonly extra: Readonly<Record<string, unknown>> | null;
}

/**
 * The environ of a request that came as meta-variables. (PEP 3333, environ Variables; RFC 3875 §4.1)
 *
 * The variables' values are taken as they are, decoded already; what a client could use to pass for the
 * server is dropped.
 *
 * @throws {ProtocolError} `bad-method` (400), `outside-script-name` (404).
 */
export function metaEnviron(
  variables: Variables,
  connection: ConnectionFacts,
  server: ServerFacts,
  input: Input,
  options: MetaOptions,
): Environ {
  const environ: Environ = {
    REQUEST_METHOD: '',
    SCRIPT_NAME: '',
    PATH_INFO: '',
    QUERY_STRING: '',
    REQUEST_URI: '',
    RAW_URI: '',
    SERVER_NAME: '',
    SERVER_PORT: '',
    SERVER_PROTOCOL: 'HTTP/1.1',
    SERVER_SOFTWARE: SOFTWARE,
    GATEWAY_INTERFACE: 'CGI/1.1',
    REMOTE_ADDR: '',
    REMOTE_PORT: '',
    'wsgi.version': [1, 0],
    'wsgi.url_scheme': 'http',
    'wsgi.input': input,
    'wsgi.errors': server.errors,
    'wsgi.multithread': server.multithread,
    'wsgi.multiprocess': options.multiprocess,
    'wsgi.run_once': options.runOnce,
    'wsgi.input_terminated': true,
    'wsgi.file_wrapper': fileWrapper,
    'wizgi.input': new AsyncInput(input),
    'wizgi.streaming': options.streaming,
    // The driver's; here so that the object has all of its shape from the start.
    'wizgi.signal': NO_SIGNAL,
  };
  addVariables(environ, variables);
  if (!TOKEN.test(environ.REQUEST_METHOD)) {
    throw new ProtocolError('bad-method', 400, 'REQUEST_METHOD is no method');
  }
  if (server.iisPathInfo) cutScriptName(environ);
  dividePath(environ, server);
  completeUri(environ);
  completeServer(environ, connection);
  if (options.bodySize !== null) environ.CONTENT_LENGTH ??= String(options.bodySize);
  for (const [key, value] of server.extra) environ[key] = value;
  for (const key in options.extra) environ[key] = options.extra[key];
  return environ;
}

function cutScriptName(environ: Environ): void {
  const { SCRIPT_NAME: script, PATH_INFO: path } = environ;
  const rest = path.startsWith(script) ? path.slice(script.length) : path;
  if (rest === '' || rest.startsWith('/')) environ.PATH_INFO = rest;
}

/** Where the mount point is known, SCRIPT_NAME ends there, wherever the front end divided the path. */
function dividePath(environ: Environ, { scriptName, mounted }: ServerFacts): void {
  const { SCRIPT_NAME: before, PATH_INFO: path } = environ;
  if (!mounted && (before !== '' || path !== '')) {
    // mod_proxy_uwsgi: "/w/" and "/".
    if (before.endsWith('/') && path.startsWith('/')) environ.SCRIPT_NAME = before.slice(0, -1);
    return;
  }
  const whole = before === '' && path === '' ? documentPath(environ) : joined(before, path);
  if (!isBelow(whole, scriptName)) {
    throw new ProtocolError('outside-script-name', 404, 'the path is outside the mount point');
  }
  environ.SCRIPT_NAME = scriptName;
  environ.PATH_INFO = whole.slice(scriptName.length);
}

function joined(scriptName: string, path: string): string {
  const doubled = scriptName.endsWith('/') && path.startsWith('/');
  return doubled ? scriptName + path.slice(1) : scriptName + path;
}

/** nginx's scgi_params have neither SCRIPT_NAME nor PATH_INFO. */
function documentPath(environ: Environ): string {
  const { DOCUMENT_URI: document, REQUEST_URI: target } = environ;
  if (typeof document === 'string' && document !== '') return document;
  // OPTIONS of the server itself has no path.
  if (target === '*') return '';
  const path = /^(?:[a-z]+:\/\/[^/?#]*)?([^?#]*)/i.exec(String(target));
  return decodePath(path?.[1] ?? '');
}

function completeUri(environ: Environ): void {
  if (environ.REQUEST_URI === '') {
    const path = encodePath(environ.SCRIPT_NAME + environ.PATH_INFO);
    const query = environ.QUERY_STRING === '' ? '' : `?${environ.QUERY_STRING}`;
    environ.REQUEST_URI = `${path}${query}`;
  }
  environ.RAW_URI = environ.REQUEST_URI as string;
}

function completeServer(environ: Environ, connection: ConnectionFacts): void {
  const { HTTPS: https, REQUEST_SCHEME: scheme } = environ;
  const secure = typeof https === 'string' ? SECURE.test(https) : scheme === 'https';
  if (secure) environ['wsgi.url_scheme'] = 'https';
  // HAProxy gives the host with its port.
  if (environ.SERVER_NAME.includes(':')) environ.SERVER_NAME = withoutPort(environ.SERVER_NAME);
  if (environ.SERVER_NAME === '') environ.SERVER_NAME = hostOf(environ) ?? connection.serverName;
  if (environ.SERVER_PORT === '') environ.SERVER_PORT = secure ? '443' : '80';
}

function withoutPort(name: string): string {
  return /^(.*[^:]):\d+$/.exec(name)?.[1] ?? name;
}

function hostOf({ HTTP_HOST: host }: Environ): string | null {
  return typeof host === 'string'
    ? (/^(\[[^\]]*\]|[^:]+)(?::\d*)?$/.exec(host)?.[1] ?? null)
    : null;
}
