import { checkOptions } from '../wsgi/check-options.ts';
import { addHeader, decodePath, environKey } from '../wsgi/environ.ts';
import { fileWrapper } from '../wsgi/file-wrapper.ts';
import { Input } from '../wsgi/input.ts';
import type { Environ, ErrorStream, HeaderList, InputStream } from '../wsgi/types.ts';
import { SOFTWARE } from '../wsgi/version.ts';

/** Request headers: an object, whose arrays stand for repeated headers, or a list of pairs. */
export type RequestHeaders = Readonly<Record<string, string | readonly string[]>> | HeaderList;

/** What {@link testEnviron} can be told about the request. */
export interface EnvironOptions {
  /** @default 'GET' */
  readonly method?: string;
  readonly headers?: RequestHeaders;
  /** The path that the application is mounted at; the target must lie within it. @default '' */
  readonly scriptName?: string;
  /** Scheme, host and port that the client used. @default 'http://localhost' */
  readonly baseUrl?: string;
  /** SERVER_PROTOCOL. @default 'HTTP/1.1' */
  readonly protocol?: string;
  /** REMOTE_ADDR. @default '127.0.0.1' */
  readonly remoteAddress?: string;
  /** `wsgi.input`. @default an empty stream */
  readonly input?: InputStream;
  /** `wsgi.errors`. @default a stream that drops everything */
  readonly errors?: ErrorStream;
  /** Further keys, which replace those of the same name. */
  readonly environ?: Readonly<Record<string, unknown>>;
}

const ENVIRON_OPTIONS = [
  'method',
  'headers',
  'scriptName',
  'baseUrl',
  'protocol',
  'remoteAddress',
  'input',
  'errors',
  'environ',
];

const SILENT: ErrorStream = {
  write: () => undefined,
  writelines: () => undefined,
  flush: () => undefined,
};

/**
 * Makes the environ of a request, as a server would, with every key that PEP 3333 requires.
 *
 * The target is what a client sends: a path with its query, the mount path included. Characters that
 * no client may send are escaped as UTF-8, so `'/café'` is `'/caf%C3%A9'`.
 *
 * @throws {TypeError} when the target lies outside `scriptName`, or a header cannot be sent.
 *
 * @example
 * const environ = testEnviron('/caf%C3%A9?x=1', { headers: { Accept: 'text/html' } });
 * environ.PATH_INFO; // '/caf\u00c3\u00a9'
 * app(environ, startResponse);
 */
export function testEnviron(target = '/', options: EnvironOptions = {}): Environ {
  checkOptions('testEnviron', options, ENVIRON_OPTIONS);
  const origin = parseBaseUrl(options.baseUrl ?? 'http://localhost');
  const { authority, rawPath } = splitTarget(escapeTarget(target));
  const mark = rawPath.indexOf('?');
  const [scriptName, pathInfo] = splitMount(
    decodePath(mark === -1 ? rawPath : rawPath.slice(0, mark)),
    options.scriptName ?? '',
  );
  const environ: Environ = {
    REQUEST_METHOD: options.method ?? 'GET',
    SCRIPT_NAME: scriptName,
    PATH_INFO: pathInfo,
    QUERY_STRING: mark === -1 ? '' : rawPath.slice(mark + 1),
    SERVER_NAME: origin.name,
    SERVER_PORT: origin.port,
    SERVER_PROTOCOL: options.protocol ?? 'HTTP/1.1',
    SERVER_SOFTWARE: SOFTWARE,
    GATEWAY_INTERFACE: 'CGI/1.1',
    REMOTE_ADDR: options.remoteAddress ?? '127.0.0.1',
    REMOTE_PORT: '50000',
    REQUEST_URI: rawPath,
    RAW_URI: rawPath,
    'wsgi.version': [1, 0],
    'wsgi.url_scheme': origin.scheme,
    'wsgi.input': options.input ?? new Input(),
    'wsgi.errors': options.errors ?? SILENT,
    'wsgi.multithread': true,
    'wsgi.multiprocess': false,
    'wsgi.run_once': false,
    'wsgi.input_terminated': true,
    'wsgi.file_wrapper': fileWrapper,
  };
  if (origin.scheme === 'https') environ['HTTPS'] = 'on';
  addHeaders(environ, headerPairs(options.headers));
  if (authority !== null) environ['HTTP_HOST'] = authority;
  environ['HTTP_HOST'] ??= origin.host;
  return Object.assign(environ, options.environ);
}

/** Gives request headers as a list of pairs. */
export function headerPairs(headers: RequestHeaders = {}): HeaderList {
  if (Array.isArray(headers)) return headers as HeaderList;
  return Object.entries(headers).flatMap(([name, value]) =>
    (typeof value === 'string' ? [value] : value).map((one): [string, string] => [name, one]),
  );
}

function addHeaders(environ: Environ, headers: HeaderList): void {
  for (const [name, raw] of headers) {
    const key = environKey(name);
    if (key === null) continue;
    if (typeof raw !== 'string' || /[^\t\x20-\x7e\x80-\xff]/.test(raw)) {
      throw new TypeError(
        `header '${name}' has a value that no client can send; give other text than Latin-1 as its UTF-8 bytes`,
      );
    }
    addHeader(environ, key, raw.replace(/^[ \t]+|[ \t]+$/g, ''));
  }
}

interface Origin {
  readonly scheme: string;
  readonly host: string;
  readonly name: string;
  readonly port: string;
}

function parseBaseUrl(text: string): Origin {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url === null || !/^https?:$/.test(url.protocol) || url.pathname !== '/') {
    throw new TypeError(`bad baseUrl '${text}'; expected one as in 'http://localhost:8000'`);
  }
  const scheme = url.protocol.slice(0, -1);
  const port = url.port || (scheme === 'https' ? '443' : '80');
  return { scheme, host: url.host, name: url.hostname, port };
}

/** Sets apart the authority of an absolute-form target. (RFC 9112 §3.2.2) */
function splitTarget(target: string): { authority: string | null; rawPath: string } {
  const match = /^https?:\/\/([^/?#]*)(.*)$/i.exec(target);
  if (match !== null) {
    const rest = match[2] ?? '';
    return { authority: match[1] ?? '', rawPath: rest.startsWith('/') ? rest : `/${rest}` };
  }
  if (target !== '*' && !target.startsWith('/')) {
    throw new TypeError(`bad target '${target}'; it begins with '/'`);
  }
  return { authority: null, rawPath: target };
}

function escapeTarget(target: string): string {
  return target.replace(/[^\x21-\x7e]+/g, (text) =>
    Array.from(
      new TextEncoder().encode(text),
      (byte) => `%${byte.toString(16).toUpperCase().padStart(2, '0')}`,
    ).join(''),
  );
}

function splitMount(path: string, mount: string): [scriptName: string, pathInfo: string] {
  const prefix = mount.replace(/\/+$/, '');
  if (path === '*') return [prefix, ''];
  if (prefix === '') return ['', path];
  if (!prefix.startsWith('/')) throw new TypeError(`scriptName '${mount}' must begin with '/'`);
  if (path !== prefix && !path.startsWith(`${prefix}/`)) {
    throw new TypeError(`the target '${path}' lies outside the mount path '${prefix}'`);
  }
  return [prefix, path.slice(prefix.length)];
}
