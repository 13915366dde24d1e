import { ConfigurationError } from './options.ts';
import { protocols, type Scheme } from './protocol.ts';

/** An address to listen on, and the protocol that is spoken there. */
export type Bind = { readonly protocol: Scheme } & (
  | { readonly kind: 'tcp'; readonly host: string; readonly port: number }
  | { readonly kind: 'unix'; readonly path: string }
  | { readonly kind: 'fd'; readonly fd: number }
);

const FORMS = "'HOST:PORT', 'unix:PATH' or 'fd://N', as in '127.0.0.1:8000'";

/**
 * Reads an address: `[PROTOCOL://]HOST:PORT`, `[PROTOCOL+]unix:PATH`, `[PROTOCOL+]fd://N`; the protocol
 * is http unless it is said.
 *
 * An IPv6 host stands in brackets; without a host, as in `:8000`, all interfaces are meant.
 *
 * @throws {ConfigurationError} when it has none of these forms.
 */
export function parseBind(text: string): Bind {
  const match = /^(?!(?:fd|unix):)([a-z][a-z0-9]*)(?::\/\/|\+(?=(?:unix:|fd:\/\/)))/.exec(text);
  const protocol = schemeOf(match?.[1] ?? 'http', text);
  const address = text.slice(match?.[0].length ?? 0);
  if (address.startsWith('fd://')) return { protocol, ...parseDescriptor(text, address) };
  if (address.startsWith('unix:')) {
    return { protocol, ...parsePath(text, address.slice('unix:'.length)) };
  }
  return { protocol, ...parseHostPort(text, address.replace(/(?<=:\d+)\/$/, '')) };
}

/** How an address is shown. */
export function formatTcp(protocol: Scheme, host: string, port: number): string {
  return `${protocol}://${host.includes(':') ? `[${host}]` : host}:${port}`;
}

/** How an address is shown that is no URL: `unix:/run/app.sock`, `scgi+fd://3`. */
export function formatLocal(protocol: Scheme, address: string): string {
  return protocol === 'http' ? address : `${protocol}+${address}`;
}

function schemeOf(scheme: string, text: string): Scheme {
  if (Object.hasOwn(protocols, scheme)) return scheme as Scheme;
  const known = Object.keys(protocols);
  throw new ConfigurationError(
    `bind '${text}': '${scheme}' is not served; the protocols are ${known.slice(0, -1).join(', ')} and ${known.at(-1)}`,
  );
}

function parseDescriptor(text: string, address: string): { kind: 'fd'; fd: number } {
  const match = /^fd:\/\/(\d+)$/.exec(address);
  if (match === null)
    throw new ConfigurationError(`bind '${text}': expected fd://N, as in 'fd://3'`);
  return { kind: 'fd', fd: Number(match[1]) };
}

function parsePath(text: string, path: string): { kind: 'unix'; path: string } {
  if (path === '')
    throw new ConfigurationError(`bind '${text}': the path of the socket is missing`);
  return { kind: 'unix', path };
}

function parseHostPort(text: string, address: string): { kind: 'tcp'; host: string; port: number } {
  const match = /^(?:\[([0-9A-Fa-f:.]+)\]|([^:[\]/]*)):(\d{1,5})$/.exec(address);
  const port = Number(match?.[3]);
  if (match === null || port > 65535) {
    throw new ConfigurationError(`bind '${text}': expected ${FORMS}`);
  }
  return { kind: 'tcp', host: match[1] ?? match[2] ?? '', port };
}
