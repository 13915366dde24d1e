import type { RequestOptions } from '../testing/index.ts';
import { UserError } from './user-error.ts';

/** A request that `wizgi check` sends. */
export interface CheckRequest {
  /** How reports call it. */
  readonly label: string;
  readonly method: string;
  /** A path with its query, as a client sends it. */
  readonly target: string;
  /** Scheme and authority, where others than usual. */
  readonly baseUrl?: string;
  readonly options?: RequestOptions;
  /** Whether the client goes away once the answer has begun. */
  readonly leaves?: boolean;
}

const FORM: RequestOptions = { form: { name: 'wizgi', text: 'café & more' } };
/** Methods whose requests carry a form, where no other content is asked for. */
const WITH_CONTENT = ['POST', 'PUT', 'PATCH'];

/** What is sent where no URL is given: what clients, caches and scanners send to any server. */
export function usualRequests(prefix: string): readonly CheckRequest[] {
  const root = `${prefix}/`;
  const on = (label: string, method: string, target: string, options: RequestOptions = {}) => ({
    label,
    method,
    target,
    options,
  });
  return [
    ...ofPage(root),
    on('GET / over HTTP/1.0', 'GET', root, { protocol: 'HTTP/1.0' }),
    on('GET / if it has changed', 'GET', root, { headers: { 'If-None-Match': '*' } }),
    on('GET / in part', 'GET', root, { headers: { Range: 'bytes=0-3' } }),
    on('GET of what is not there', 'GET', `${prefix}/wizgi-check/not-there?a=1&b=%C3%A9`),
    on('GET of a path that is no UTF-8', 'GET', `${prefix}/caf%E9/%FF//..%2F`),
    on('POST / with a form', 'POST', root, FORM),
    on('POST / with content of unknown length', 'POST', root, {
      headers: { 'Content-Type': 'application/octet-stream' },
      body: pieces(),
    }),
    on('OPTIONS /', 'OPTIONS', root),
  ];
}

/**
 * Reads a URL of the command line: a path or an absolute URL, which is asked for with GET and HEAD, or
 * one behind its method, as in `POST:/login`.
 *
 * @throws {UserError} for what is no URL.
 */
export function requestsFor(text: string): readonly CheckRequest[] {
  const match = /^(?!https?:)([A-Za-z]+):(.*)$/s.exec(text);
  const [, method, address = ''] = match ?? [text, undefined, text];
  if (!/^(?:\/|https?:\/\/)/.test(address)) throw unusable(text);
  const { target, ...origin } = splitAddress(address, text);
  if (method === undefined)
    return ofPage(target, address).map((request) => ({ ...request, ...origin }));
  const verb = method.toUpperCase();
  const options = WITH_CONTENT.includes(verb) ? FORM : {};
  return [{ label: `${verb} ${address}`, method: verb, target, options, ...origin }];
}

function ofPage(target: string, shown = target): readonly CheckRequest[] {
  return [
    { label: `GET ${shown}`, method: 'GET', target },
    { label: `HEAD ${shown}`, method: 'HEAD', target },
    { label: `GET ${shown}, left early`, method: 'GET', target, leaves: true },
  ];
}

function splitAddress(address: string, text: string): { target: string; baseUrl?: string } {
  if (address.startsWith('/')) return { target: address };
  if (!URL.canParse(address)) throw unusable(text);
  const { origin, pathname, search } = new URL(address);
  return { target: pathname + search, baseUrl: origin };
}

function unusable(text: string): UserError {
  return new UserError(
    `${JSON.stringify(text)} is no URL to check; expected a path, as in /login, an absolute URL, or either with a method, as in POST:/login`,
  );
}

async function* pieces(): AsyncGenerator<Uint8Array> {
  for (let count = 0; count < 4; count++) yield Buffer.alloc(20_000, 'content ');
}
