import { ConfigurationError } from './options.ts';

/** An address to listen on. */
export type Bind =
  | { readonly kind: 'tcp'; readonly host: string; readonly port: number }
  | { readonly kind: 'unix'; readonly path: string }
  | { readonly kind: 'fd'; readonly fd: number };

const FORMS = "'HOST:PORT', 'unix:PATH' or 'fd://N', as in '127.0.0.1:8000'";

/**
 * Reads an address: `[http://]HOST:PORT`, `[http+]unix:PATH`, `fd://N`.
 *
 * An IPv6 host stands in brackets; without a host, as in `:8000`, all interfaces are meant.
 *
 * @throws {ConfigurationError} when it has none of these forms.
 */
export function parseBind(text: string): Bind {
  const scheme = /^([a-z][a-z0-9]*)(?::\/\/|\+)/.exec(text)?.[1] ?? 'http';
  if (scheme === 'fd') return parseDescriptor(text);
  if (scheme !== 'http') {
    throw new ConfigurationError(`bind '${text}': '${scheme}' is not served; the protocol is http`);
  }
  const address = text.replace(/^http(?::\/\/|\+)/, '').replace(/(?<=:\d+)\/$/, '');
  if (address.startsWith('unix:')) return parsePath(text, address.slice('unix:'.length));
  return parseHostPort(text, address);
}

/** How an address is shown: as a URL where it is one. */
export function formatTcp(host: string, port: number): string {
  return `http://${host.includes(':') ? `[${host}]` : host}:${port}`;
}

function parseDescriptor(text: string): Bind {
  const match = /^fd:\/\/(\d+)$/.exec(text);
  if (match === null)
    throw new ConfigurationError(`bind '${text}': expected fd://N, as in 'fd://3'`);
  return { kind: 'fd', fd: Number(match[1]) };
}

function parsePath(text: string, path: string): Bind {
  if (path === '')
    throw new ConfigurationError(`bind '${text}': the path of the socket is missing`);
  return { kind: 'unix', path };
}

function parseHostPort(text: string, address: string): Bind {
  const match = /^(?:\[([0-9A-Fa-f:.]+)\]|([^:[\]/]*)):(\d{1,5})$/.exec(address);
  const port = Number(match?.[3]);
  if (match === null || port > 65535) {
    throw new ConfigurationError(`bind '${text}': expected ${FORMS}`);
  }
  return { kind: 'tcp', host: match[1] ?? match[2] ?? '', port };
}
