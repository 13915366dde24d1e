import { quotePath } from '../wsgi/request-target.ts';
import type { Environ } from '../wsgi/types.ts';
import { applicationUri } from '../wsgi/util.ts';
import type { UpstreamTarget } from './target.ts';

/**
 * Makes what turns an HTTP upstream's URL into this server's, for redirections.
 *
 * The upstream's own URL below `base` becomes the application's. A path below `base` gets the path
 * that the application is mounted at, unless the upstream has put it there itself.
 *
 * @param keepsPrefix - the upstream sees the path that the application is mounted at.
 */
export function locator(
  { protocol, authority, base }: UpstreamTarget,
  keepsPrefix: boolean,
): (environ: Environ, url: string) => string {
  const origin = `${protocol}://${authority}`;
  return (environ, url) => {
    const mount = keepsPrefix ? '' : quotePath(environ.SCRIPT_NAME);
    if (startsAt(url, origin)) {
      const path = url.slice(origin.length);
      if (!startsAt(path, base)) return url;
      const own = applicationUri({ ...environ, SCRIPT_NAME: '' }).replace(/\/$/, '');
      return own + mount + (path.slice(base.length) || '/');
    }
    if (!url.startsWith('/') || url.startsWith('//') || (base === '' && mount === '')) return url;
    if (mount !== '' && startsAt(url, mount)) return url;
    return startsAt(url, base) ? mount + url.slice(base.length) : url;
  };
}

/** Whether a prefix ends where a part of the URL does. */
function startsAt(url: string, prefix: string): boolean {
  if (!url.startsWith(prefix)) return false;
  return (
    prefix === '' || url.length === prefix.length || /[/?#]/.test(url[prefix.length] as string)
  );
}
