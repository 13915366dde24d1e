import { addHeader, decodePath, isBelow, knownEnvironKey } from '../../wsgi/environ.ts';
import { fileWrapper } from '../../wsgi/file-wrapper.ts';
import { AsyncInput, type Input } from '../../wsgi/input.ts';
import type { Environ } from '../../wsgi/types.ts';
import { SOFTWARE } from '../../wsgi/version.ts';
import { clientAddress } from './client-address.ts';
import { HEADERS_ARE_TEXT, octetsOfText } from './header-octets.ts';
import type { FetchFacts } from './options.ts';
import { originParts, targetOf } from './request-url.ts';

/** What a runtime passes to a Fetch handler; `environ['wizgi.fetch']`. */
export interface FetchCall {
  readonly request: Request;
  /** The second argument: bindings on Cloudflare, the server in Bun, the connection's info in Deno. */
  readonly env: unknown;
  /** The third argument: the execution context on Cloudflare. */
  readonly context: unknown;
}

/**
 * The environ of a Fetch request. (PEP 3333, environ Variables; RFC 3875 §4.1)
 *
 * @param bodySize - bytes of a body that was received whole; else null.
 */
export function requestEnviron(
  call: FetchCall,
  facts: FetchFacts,
  input: Input,
  bodySize: number | null,
): Environ {
  const { request } = call;
  const { url } = request;
  const origin = originParts(url);
  const target = targetOf(url);
  const mark = target.indexOf('?');
  const path = decodePath(mark === -1 ? target : target.slice(0, mark));
  const trusted = facts.addressHeader === null ? null : request.headers.get(facts.addressHeader);
  // Asking the runtime costs Bun more than anything else here.
  const peer = trusted ? { address: trusted.trim(), port: '' } : clientAddress(request, call.env);
  const environ: Environ = {
    REQUEST_METHOD: request.method,
    SCRIPT_NAME: facts.scriptName,
    PATH_INFO: facts.scriptName === '' ? path : path.slice(facts.scriptName.length),
    QUERY_STRING: mark === -1 ? '' : target.slice(mark + 1),
    REQUEST_URI: target,
    RAW_URI: target,
    SERVER_NAME: origin.name,
    SERVER_PORT: origin.port,
    // A Request does not say; what a later version of HTTP needs is the runtime's business.
    SERVER_PROTOCOL: 'HTTP/1.1',
    SERVER_SOFTWARE: SOFTWARE,
    GATEWAY_INTERFACE: 'CGI/1.1',
    REMOTE_ADDR: peer.address,
    REMOTE_PORT: peer.port,
    'wsgi.version': [1, 0],
    'wsgi.url_scheme': origin.scheme,
    'wsgi.input': input,
    'wsgi.errors': facts.errors,
    'wsgi.multithread': true,
    // Runtimes start as many instances as they like.
    'wsgi.multiprocess': true,
    'wsgi.run_once': false,
    'wsgi.input_terminated': true,
    'wsgi.file_wrapper': fileWrapper,
    'wizgi.input': new AsyncInput(input),
    'wizgi.streaming': facts.streaming,
    'wizgi.fetch': call,
  };
  addHeaders(environ, request.headers);
  // Requests that were made in this process have no Host.
  environ.HTTP_HOST ??= origin.authority;
  if (bodySize !== null) environ.CONTENT_LENGTH = String(bodySize);
  if (origin.scheme === 'https') environ['HTTPS'] = 'on';
  for (const [key, value] of facts.extra) environ[key] = value;
  return environ;
}

/** Tells whether a request's path lies at or below the mount point. */
export function isMounted(request: Request, scriptName: string): boolean {
  if (scriptName === '') return true;
  const target = targetOf(request.url);
  const mark = target.indexOf('?');
  const path = decodePath(mark === -1 ? target : target.slice(0, mark));
  return isBelow(path, scriptName);
}

function addHeaders(environ: Environ, headers: Headers): void {
  headers.forEach((value, name) => {
    const key = knownEnvironKey(name);
    if (key !== null) addHeader(environ, key, HEADERS_ARE_TEXT ? octetsOfText(value) : value);
  });
}
