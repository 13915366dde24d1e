import { remembered } from './remembered.ts';
import type { Environ } from './types.ts';

const DROPPED = new Set(['proxy', 'transfer-encoding']);

/**
 * The environ key that carries a request header, or null when the header must not reach the
 * application.
 *
 * Dropped are names that hold anything but letters, digits and hyphens, because `X_Y` would stand in
 * for `X-Y` (RFC 9110 §17.10); `Proxy`, which programs take for a setting (httpoxy); and
 * `Transfer-Encoding`, which is no longer true of the decoded body. (RFC 3875 §4.1.18)
 */
export function environKey(name: string): string | null {
  if (!/^[A-Za-z0-9-]+$/.test(name) || DROPPED.has(name.toLowerCase())) return null;
  const key = name.toUpperCase().replaceAll('-', '_');
  return key === 'CONTENT_TYPE' || key === 'CONTENT_LENGTH' ? key : `HTTP_${key}`;
}

/** As {@link environKey}, for names that come with every request. */
export const knownEnvironKey = remembered(environKey);

/** Adds a request header; one that repeats is joined to one value. (RFC 3875 §4.1.18; RFC 6265 §5.4) */
export function addHeader(environ: Environ, key: string, value: string): void {
  const before = environ[key];
  if (before === undefined) environ[key] = value;
  else environ[key] = `${before}${key === 'HTTP_COOKIE' ? '; ' : ', '}${value}`;
}

/** Tells whether a decoded path lies at or below a mount point, which is empty or has no slash at its end. */
export function isBelow(path: string, mount: string): boolean {
  if (mount === '') return true;
  return path.startsWith(mount) && (path.length === mount.length || path[mount.length] === '/');
}

/** Percent-decodes a path once, octets as Latin-1; malformed escapes stay as they are. */
export function decodePath(path: string): string {
  if (!path.includes('%')) return path;
  return path.replace(/%([0-9A-Fa-f]{2})/g, (_, digits: string) =>
    String.fromCharCode(Number.parseInt(digits, 16)),
  );
}

/** Percent-encodes the octets of a path, all but unreserved characters and `/;=,`. */
export function encodePath(path: string): string {
  return path.replace(/[^\w.~/;=,-]/g, (octet) => {
    return `%${octet.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`;
  });
}
