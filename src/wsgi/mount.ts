import { asApplication, isStreaming, streaming } from './application.ts';
import { isBelow } from './environ.ts';
import { carryHosted } from './hosted.ts';
import type { Application, ApplicationLike, Body, StartResponse } from './types.ts';

/**
 * Puts applications side by side, each below a path prefix.
 *
 * The longest prefix wins, and ends where a segment does: `/api` takes `/api` and `/api/x`, not
 * `/apis`. It is moved from PATH_INFO to SCRIPT_NAME; what the application returns is passed on as
 * it is. Where none fits, the answer is 404. The result is marked as streaming when all of the
 * applications are. (PEP 3333, URL Reconstruction)
 *
 * @param applications - by prefix, percent-decoded; `'/'` takes what the others leave.
 * @example mount({ '/api': api, '/': site })
 * @throws {TypeError} when there is no prefix, when one is unusable or stands there twice, or when a
 *   value is no application.
 */
export function mount(applications: Readonly<Record<string, ApplicationLike>>): Application {
  const mounts = Object.entries(applications)
    .map(([prefix, app]) => ({ prefix: octetsOf(prefix), app: asApplication(app) }))
    .sort((one, other) => other.prefix.length - one.prefix.length);
  checkPrefixes(mounts.map(({ prefix }) => prefix));
  const application: Application = (environ, startResponse) => {
    const path = environ.PATH_INFO;
    for (const { prefix, app } of mounts) {
      if (!isBelow(path, prefix)) continue;
      environ.SCRIPT_NAME += prefix;
      environ.PATH_INFO = path.slice(prefix.length);
      return app(environ, startResponse);
    }
    return notFound(startResponse);
  };
  carryHosted(Object.values(applications), application);
  return mounts.every(({ app }) => isStreaming(app)) ? streaming(application) : application;
}

/** A prefix as it begins a PATH_INFO: octets as characters, without the slash at its end. */
function octetsOf(prefix: string): string {
  if (!/^\/(?:[^/].*)?$/s.test(prefix)) {
    throw new TypeError(`mount: the prefix ${JSON.stringify(prefix)} must be a path, as in '/api'`);
  }
  return Buffer.from(prefix.replace(/\/+$/, ''), 'utf8').toString('latin1');
}

function checkPrefixes(prefixes: readonly string[]): void {
  if (prefixes.length === 0) throw new TypeError('mount: there is no application to mount');
  const twice = prefixes.find((prefix, index) => prefixes.indexOf(prefix) !== index);
  if (twice === undefined) return;
  throw new TypeError(`mount: there are two applications at ${JSON.stringify(twice || '/')}`);
}

function notFound(startResponse: StartResponse): Body {
  startResponse('404 Not Found', [['Content-Type', 'text/plain; charset=utf-8']]);
  return ['Not Found\n'];
}
