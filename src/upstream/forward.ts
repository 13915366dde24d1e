import { stderrLog } from '../gateways/stderr-log.ts';
import { unfailing } from '../gateways/unfailing-log.ts';
import { type UpstreamApplication, upstreamApplication } from './application.ts';
import { roundRobin } from './choice.ts';
import { clockFor, UpstreamGroup } from './group.ts';
import { type ForwardOptions, resolveForwardOptions } from './options.ts';
import { parseUpstreamUrl } from './target.ts';
import { Upstream } from './upstream.ts';

/**
 * Forwards requests to an upstream server.
 *
 * The result is an ordinary application: middleware wraps it, `mount` puts it beside others, every
 * gateway serves it. Both directions are streamed.
 *
 * @param url - `http://HOST:PORT/PATH`, `https://…`, `fastcgi://HOST:PORT`, `scgi://…`, `uwsgi://…`,
 *   `ajp://…`, and each as `PROTOCOL+unix:PATH`.
 * @example
 * const site = forward('http://127.0.0.1:3000');
 * await serve(mount({ '/blog': forward('fastcgi+unix:/run/php-fpm.sock', { root: '/var/www' }), '/': site }));
 * @throws {ConfigurationError} for a URL or an option that is unusable.
 */
export function forward(url: string, options: ForwardOptions = {}): UpstreamApplication {
  const { log: given = stderrLog, ...rest } = options;
  const resolved = resolveForwardOptions(rest);
  const log = unfailing(given);
  // The only one there is stays in use, however it does.
  const health = { maxFails: 1, failTimeout: 0, slowStart: 0, rise: 1, fall: 1, log };
  const upstream = new Upstream(parseUpstreamUrl(url), 1, resolved, health, clockFor(resolved));
  const group = new UpstreamGroup([upstream], roundRobin, resolved, log);
  return upstreamApplication(group, resolved, () => undefined);
}
