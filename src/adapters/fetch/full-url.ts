import { decodePath } from '../../wsgi/environ.ts';
import { requestTarget } from '../../wsgi/request-target.ts';
import type { Environ } from '../../wsgi/types.ts';

/** What the URL Standard leaves as it is: no dot segments, nothing to escape. */
const PLAIN_TARGET =
  /^\/(?!\.)(?:[\w\-~!$&'()*+,;=:@]|\.|\/(?!\.)|%(?!2[eE]))*(?:\?[\w\-.~!$&()*+,;=:@%/?]*)?$/;
const PLAIN_HOST =
  /^(?:[a-z0-9-]+\.)*[a-z][a-z0-9-]*(?::\d{4,5})?$|^\d+\.\d+\.\d+\.\d+(?::\d{4,5})?$/;

/** What would make something else than a host of a host. */
const NO_HOST = /[^\x21-\x7e]|[/\\?#@]/;
/** What no URL keeps as it is: octets beyond ASCII, and what would begin a fragment. */
const UNWRITABLE = /[^\x21\x22\x24-\x7e]/;

let lastHost = '';
let lastHostIsPlain = false;

/**
 * The URL of a request, as a Request has it; null where its host is none.
 *
 * @param withMount - whether the path that the application is mounted at belongs to it.
 */
export function fullUrl(environ: Environ, withMount: boolean): string | null {
  const host = environ.HTTP_HOST || `${environ.SERVER_NAME}:${environ.SERVER_PORT}`;
  const target = writtenTarget(environ) ?? pathOf(requestTarget(environ, '', withMount));
  const url = `${environ['wsgi.url_scheme']}://${host}${target}`;
  if (isPlain(host) && PLAIN_TARGET.test(target)) return url;
  return NO_HOST.test(host) || !URL.canParse(url) ? null : new URL(url).href;
}

/** The target as the client wrote it, where nothing was mounted or changed on the way. */
function writtenTarget(environ: Environ): string | null {
  const raw = environ['REQUEST_URI'];
  if (typeof raw !== 'string' || environ.SCRIPT_NAME !== '' || !raw.startsWith('/')) return null;
  const mark = raw.indexOf('?');
  const path = mark === -1 ? raw : raw.slice(0, mark);
  const query = mark === -1 ? '' : raw.slice(mark + 1);
  if (query !== environ.QUERY_STRING || decodePath(path) !== environ.PATH_INFO) return null;
  return UNWRITABLE.test(raw) ? null : raw;
}

/** A URL has no form for what `OPTIONS *` asks for. */
function pathOf(target: string): string {
  return target === '*' ? '/*' : target;
}

function isPlain(host: string): boolean {
  if (host !== lastHost) {
    lastHost = host;
    lastHostIsPlain = PLAIN_HOST.test(host);
  }
  return lastHostIsPlain;
}
