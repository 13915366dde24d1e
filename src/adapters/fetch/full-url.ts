import { requestTarget } from '../../wsgi/request-target.ts';
import type { Environ } from '../../wsgi/types.ts';

/** What the URL Standard leaves as it is: no dot segments, nothing to escape. */
const PLAIN_TARGET =
  /^\/(?!\.)(?:[\w\-~!$&'()*+,;=:@]|\.|\/(?!\.)|%(?!2[eE]))*(?:\?[\w\-.~!$&()*+,;=:@%/?]*)?$/;
const PLAIN_HOST =
  /^(?:[a-z0-9-]+\.)*[a-z][a-z0-9-]*(?::\d{4,5})?$|^\d+\.\d+\.\d+\.\d+(?::\d{4,5})?$/;

let lastHost = '';
let lastHostIsPlain = false;

/**
 * The URL of a request, as a Request has it; null where its host is none.
 *
 * @param withMount - whether the path that the application is mounted at belongs to it.
 */
export function fullUrl(environ: Environ, withMount: boolean): string | null {
  const host = environ.HTTP_HOST || `${environ.SERVER_NAME}:${environ.SERVER_PORT}`;
  const written = requestTarget(environ, '', withMount);
  const target = written === '*' ? '/*' : written;
  const url = `${environ['wsgi.url_scheme']}://${host}${target}`;
  if (isPlain(host) && PLAIN_TARGET.test(target)) return url;
  // Anything of these would make something else than a host of it.
  return /[/\\?#@]/.test(host) || !URL.canParse(url) ? null : new URL(url).href;
}

function isPlain(host: string): boolean {
  if (host !== lastHost) {
    lastHost = host;
    lastHostIsPlain = PLAIN_HOST.test(host);
  }
  return lastHostIsPlain;
}
