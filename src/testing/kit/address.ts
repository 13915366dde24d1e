/** Where a server that is to be judged listens. */
import type { NetConnectOpts } from 'node:net';

export interface KitAddress {
  readonly url: string;
  readonly where: NetConnectOpts;
  /** The value of Host. */
  readonly host: string;
  /** The path at which the application is served, without a slash at its end. */
  readonly prefix: string;
}

/**
 * Reads a URL of a server: `http://127.0.0.1:8000/prefix`, or `http+unix:/run/app.sock`.
 *
 * @throws {TypeError} for anything else.
 */
export function kitAddress(url: string): KitAddress {
  const socket = /^(?:http\+)?unix:(?:\/\/)?(\/.+)$/.exec(url)?.[1];
  if (socket !== undefined) return { url, where: { path: socket }, host: 'localhost', prefix: '' };
  const parsed = URL.canParse(url) ? new URL(url) : null;
  if (parsed === null || parsed.protocol !== 'http:') {
    throw new TypeError(
      `${JSON.stringify(url)} is no URL of a server; expected http://HOST:PORT/PREFIX or http+unix:/PATH`,
    );
  }
  return {
    url,
    where: {
      host: parsed.hostname.replace(/^\[(.*)\]$/, '$1'),
      port: Number(parsed.port || 80),
    },
    host: parsed.host,
    prefix: parsed.pathname.replace(/\/$/, ''),
  };
}
