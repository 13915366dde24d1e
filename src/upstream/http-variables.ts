import type { Variables } from '../protocols/cgi/variables.ts';
import { requestTarget } from '../wsgi/request-target.ts';
import type { Environ } from '../wsgi/types.ts';
import type { ContentLength } from './content.ts';
import {
  FORWARDING_VARIABLES,
  type ForwardingOptions,
  forwardingFields,
} from './forwarding-fields.ts';
import type { UpstreamTarget } from './target.ts';

/** Makes the variables of a request to an upstream. */
export type MakeVariables = (environ: Environ, length: ContentLength) => Variables;

/** How requests to HTTP upstreams are made. */
export interface HttpVariablesOptions extends ForwardingOptions {
  /** `client`, `upstream`, a name, or empty for what suits the protocol. */
  readonly host: string;
  readonly keepPrefix: boolean;
}

/**
 * Fields of the request that are not passed on as they are: those that concern the connection that
 * they came on (RFC 9110 §7.6.1), and those that are written anew.
 */
const LEFT_OUT: ReadonlySet<string> = new Set([
  'HTTP_HOST',
  'HTTP_CONNECTION',
  'HTTP_KEEP_ALIVE',
  'HTTP_PROXY',
  'HTTP_PROXY_AUTHORIZATION',
  'HTTP_PROXY_CONNECTION',
  'HTTP_TE',
  'HTTP_TRAILER',
  'HTTP_TRANSFER_ENCODING',
  'HTTP_UPGRADE',
  'HTTP_HTTP2_SETTINGS',
  'HTTP_VIA',
  'HTTP_EXPECT',
  ...FORWARDING_VARIABLES,
]);

/** The request to an HTTP upstream, as variables for `Http1Client`. */
export function httpVariables(
  target: UpstreamTarget,
  options: HttpVariablesOptions,
): MakeVariables {
  const addForwarding = forwardingFields(options, !options.keepPrefix);
  const hostOf = hostPolicy(target, options.host);
  return (environ, length) => {
    const names = ['REQUEST_METHOD', 'REQUEST_URI', 'HTTP_HOST'];
    const values = [
      environ.REQUEST_METHOD,
      requestTarget(environ, target.base, options.keepPrefix),
      hostOf(environ),
    ];
    addContent(names, values, environ, length);
    const nominated = nominatedFields(environ['HTTP_CONNECTION']);
    for (const name in environ) {
      if (!name.startsWith('HTTP_') || LEFT_OUT.has(name)) continue;
      const value = environ[name];
      if (typeof value !== 'string' || nominated?.has(name)) continue;
      names.push(name);
      values.push(value);
    }
    if (length !== 0 && environ['wizgi.streaming'] === true) addExpect(names, values, environ);
    addForwarding(environ, names, values);
    if (options.via === '') addVia(names, values, environ);
    return { names, values };
  };
}

function hostPolicy({ protocol, authority }: UpstreamTarget, host: string): (e: Environ) => string {
  const policy = host || (protocol === 'https' ? 'upstream' : 'client');
  if (policy === 'upstream') return () => authority;
  // A client of HTTP/1.0 need not say any.
  if (policy === 'client') return (environ) => (environ['HTTP_HOST'] as string) || authority;
  return () => policy;
}

function addContent(
  names: string[],
  values: string[],
  environ: Environ,
  length: ContentLength,
): void {
  const type = environ.CONTENT_TYPE;
  if (type !== undefined && type !== '') {
    names.push('CONTENT_TYPE');
    values.push(type);
  }
  if (length === null) {
    names.push('HTTP_TRANSFER_ENCODING');
    values.push('chunked');
  } else if (length > 0 || environ.CONTENT_LENGTH === '0') {
    names.push('CONTENT_LENGTH');
    values.push(String(length));
  }
}

/** The client waits for the upstream's word, not for this server's. (RFC 9110 §10.1.1) */
function addExpect(names: string[], values: string[], environ: Environ): void {
  const expect = environ['HTTP_EXPECT'];
  if (typeof expect !== 'string' || expect.toLowerCase() !== '100-continue') return;
  names.push('HTTP_EXPECT');
  values.push(expect);
}

function addVia(names: string[], values: string[], environ: Environ): void {
  const via = environ['HTTP_VIA'];
  if (typeof via !== 'string') return;
  names.push('HTTP_VIA');
  values.push(via);
}

/** Further fields that concern one connection only, because Connection names them. */
export function nominatedFields(connection: unknown): ReadonlySet<string> | null {
  if (typeof connection !== 'string' || connection === 'keep-alive' || connection === 'close') {
    return null;
  }
  const fields = connection.split(',').map((name) => name.trim().toUpperCase());
  return new Set(fields.map((name) => `HTTP_${name.replaceAll('-', '_')}`));
}
