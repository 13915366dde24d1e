import { ConfigurationError } from '../gateways/options.ts';

/** The protocols that upstream servers are spoken to in. */
export type UpstreamProtocol = 'http' | 'https' | 'fastcgi' | 'scgi' | 'uwsgi' | 'ajp';

/** Where an upstream server is. */
export interface UpstreamTarget {
  /** As it was written. */
  readonly text: string;
  readonly protocol: UpstreamProtocol;
  readonly address: UpstreamAddress;
  /** For Host: `example.com`, `127.0.0.1:8000`; `localhost` of Unix sockets. */
  readonly authority: string;
  /** What precedes the paths of requests, without a slash at its end; empty for the root. */
  readonly base: string;
}

export type UpstreamAddress =
  | { readonly kind: 'tcp'; readonly host: string; readonly port: number }
  | { readonly kind: 'unix'; readonly path: string };

/** Ports that need not be said; the other protocols have none that all servers agree upon. */
const DEFAULT_PORTS: Readonly<Record<UpstreamProtocol, number | null>> = {
  http: 80,
  https: 443,
  fastcgi: null,
  scgi: null,
  uwsgi: null,
  ajp: 8009,
};

const PROTOCOLS = Object.keys(DEFAULT_PORTS);

const FORMS =
  "expected a URL such as 'http://127.0.0.1:8000', 'fastcgi://127.0.0.1:9000' or 'fastcgi+unix:/run/php-fpm.sock'";

/** Tells whether a text has the form of an upstream's URL, of whatever scheme. */
export function isUpstreamUrl(text: string): boolean {
  return /^[a-z][a-z0-9]*(?::\/\/|\+unix:)/i.test(text);
}

/** Takes apart the URLs of several upstreams, which are separated by commas. */
export function splitUpstreamUrls(text: string): string[] {
  return text.split(/,(?=[a-z][a-z0-9]*(?::\/\/|\+unix:))/i);
}

/**
 * Reads an upstream's URL: `PROTOCOL://HOST[:PORT]`, `PROTOCOL+unix:PATH`; for http and https with a
 * path, which stands behind a further colon for Unix sockets: `http+unix:/run/app.sock:/base`.
 *
 * @throws {ConfigurationError} when it has none of these forms.
 */
export function parseUpstreamUrl(text: string): UpstreamTarget {
  const match = /^([A-Za-z][A-Za-z0-9]*)(?:(\+unix):(?:\/\/(?=\/))?|:\/\/)(.+)$/.exec(text);
  if (match === null) throw new ConfigurationError(`upstream '${text}': ${FORMS}`);
  const [, scheme = '', unix, rest = ''] = match;
  const protocol = scheme.toLowerCase();
  if (!isProtocol(protocol)) {
    throw new ConfigurationError(
      `upstream '${text}': '${scheme}' is not spoken; the protocols are ${PROTOCOLS.join(', ')}`,
    );
  }
  return unix === undefined ? parseTcp(text, protocol, rest) : parseUnix(text, protocol, rest);
}

function isProtocol(name: string): name is UpstreamProtocol {
  return PROTOCOLS.includes(name);
}

function parseTcp(text: string, protocol: UpstreamProtocol, rest: string): UpstreamTarget {
  if (rest.split('/', 1)[0]?.includes('@')) {
    throw new ConfigurationError(
      `upstream '${text.replace(/\/\/.*@/, '//…@')}': credentials cannot stand in the URL`,
    );
  }
  const match = /^(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+)(?::(\d{1,5}))?(\/[\x21-\x7e]*)?$/.exec(rest);
  const [, host = '', digits, path = ''] = match ?? [];
  const port = digits === undefined ? DEFAULT_PORTS[protocol] : Number(digits);
  if (match === null || (port !== null && port > 65535)) {
    throw new ConfigurationError(`upstream '${text}': ${FORMS}`);
  }
  if (port === null) {
    throw new ConfigurationError(
      `upstream '${text}': the port is missing, as in '${protocol}://${host}:9000'`,
    );
  }
  return {
    text,
    protocol,
    address: { kind: 'tcp', host: host.replace(/^\[|\]$/g, ''), port },
    authority: port === DEFAULT_PORTS[protocol] ? host : `${host}:${port}`,
    base: baseOf(text, protocol, path),
  };
}

function parseUnix(text: string, protocol: UpstreamProtocol, rest: string): UpstreamTarget {
  const [path = '', base = ''] = rest.split(/:(?=\/)/, 2);
  return {
    text,
    protocol,
    address: { kind: 'unix', path },
    authority: 'localhost',
    base: baseOf(text, protocol, base),
  };
}

function baseOf(text: string, protocol: UpstreamProtocol, path: string): string {
  const base = path.replace(/\/+$/, '');
  if (base === '') return '';
  if (protocol !== 'http' && protocol !== 'https') {
    throw new ConfigurationError(
      `upstream '${text}': a path means nothing in ${protocol}; mount the application at one instead`,
    );
  }
  if (!/^\/[\x21-\x7e]+$/.test(base) || /[?#]/.test(base)) {
    throw new ConfigurationError(
      `upstream '${text}': '${path}' cannot precede the paths of requests`,
    );
  }
  return base;
}
