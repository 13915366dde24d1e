/** Paths of requests, as they are sent on. */
import { decodePath } from './environ.ts';
import type { Environ } from './types.ts';

/**
 * The path and query of a request, percent-encoded as the client wrote them where that can be told.
 *
 * What middleware changed in SCRIPT_NAME, PATH_INFO or QUERY_STRING counts; `%2F` and the like stay
 * only where nothing was changed.
 *
 * @param base - what precedes the path.
 * @param withMount - whether SCRIPT_NAME belongs to it.
 */
export function requestTarget(environ: Environ, base: string, withMount: boolean): string {
  const { REQUEST_METHOD, SCRIPT_NAME, PATH_INFO, QUERY_STRING } = environ;
  const raw = environ['REQUEST_URI'];
  if (raw === '*' && REQUEST_METHOD === 'OPTIONS' && PATH_INFO === '') return '*';
  const path = rawPath(raw, SCRIPT_NAME, PATH_INFO, withMount);
  const target = base + (path.startsWith('/') || (path === '' && base !== '') ? path : `/${path}`);
  return QUERY_STRING ? `${target}?${quoteQuery(QUERY_STRING)}` : target;
}

/** Tells whether a path leads out of where it is put. */
export function climbs(path: string): boolean {
  return path.includes('..') && /(?:^|[\\/])\.\.(?:[\\/]|$)/.test(path);
}

function rawPath(raw: unknown, mount: string, path: string, withMount: boolean): string {
  if (typeof raw === 'string') {
    const mark = raw.indexOf('?');
    const written = withoutAuthority(mark === -1 ? raw : raw.slice(0, mark));
    if (mount === '' && written === path && !path.includes('%')) return quotePath(path);
    if (decodePath(written) === mount + path) {
      return quotePath(withMount ? written : afterMount(written, mount), '%');
    }
  }
  return quotePath(withMount ? mount + path : path);
}

/** An absolute form's path. (RFC 9112 §3.2.2) */
function withoutAuthority(target: string): string {
  if (target.startsWith('/')) return target;
  return /^[A-Za-z][A-Za-z0-9+.-]*:\/\/[^/]*(.*)$/s.exec(target)?.[1] || '/';
}

/** What follows the mount point in a path that is still encoded. */
function afterMount(written: string, mount: string): string {
  let at = 0;
  for (let decoded = 0; decoded < mount.length; decoded++) {
    at += /^%[0-9A-Fa-f]{2}/.test(written.slice(at, at + 3)) ? 3 : 1;
  }
  return written.slice(at);
}

/** Percent-encodes what no path may hold; `%` too, unless it is to be kept. */
export function quotePath(path: string, kept = ''): string {
  if (!/[^!$&-;=@-Z_a-z~]/.test(path)) return path;
  return path.replace(/[^!$&-;=@-Z_a-z~]/g, (octet) =>
    octet === kept ? octet : escapeOctet(octet),
  );
}

/** Browsers send more in queries than RFC 3986 allows; only what no request line can carry goes. */
function quoteQuery(query: string): string {
  return /^[\x21\x22\x24-\x7e]*$/.test(query)
    ? query
    : query.replace(/[^\x21\x22\x24-\x7e]/g, escapeOctet);
}

function escapeOctet(octet: string): string {
  return `%${octet.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`;
}
