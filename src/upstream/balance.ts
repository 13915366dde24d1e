import { ConfigurationError } from '../gateways/options.ts';
import { stderrLog } from '../gateways/stderr-log.ts';
import { unfailing } from '../gateways/unfailing-log.ts';
import { environKey } from '../wsgi/environ.ts';
import type { Environ } from '../wsgi/types.ts';
import { type UpstreamApplication, upstreamApplication } from './application.ts';
import { HealthChecks } from './checks.ts';
import { type Choice, consistentHash, leastConnections, roundRobin } from './choice.ts';
import { clockFor, UpstreamGroup } from './group.ts';
import { type BalanceOptions, resolveBalanceOptions } from './options.ts';
import { parseUpstreamUrl } from './target.ts';
import { Upstream } from './upstream.ts';

/** One of several upstreams. */
export interface WeightedUpstream {
  readonly url: string;
  /** Its share beside those of the others: 2 gets twice as much as 1. Default: 1. */
  readonly weight?: number;
}

/**
 * Distributes requests among several upstream servers, as {@link forward} sends them to one.
 *
 * An upstream that fails is out of use for a while; what is safe to repeat is given to another one.
 * When none is in use, the answer is 503.
 *
 * @example
 * balance(['http://10.0.0.1:8000', { url: 'http://10.0.0.2:8000', weight: 2 }], {
 *   method: 'least-connections',
 *   healthInterval: 5,
 *   healthPath: '/health',
 * });
 * @throws {ConfigurationError} for a URL or an option that is unusable.
 */
export function balance(
  upstreams: readonly (string | WeightedUpstream)[],
  options: BalanceOptions = {},
): UpstreamApplication {
  const { log: given = stderrLog, key, ...rest } = options;
  const resolved = resolveBalanceOptions(typeof key === 'string' ? { ...rest, key } : rest);
  const log = unfailing(given);
  const clock = clockFor(resolved);
  const health = {
    ...resolved,
    failTimeout: resolved.failTimeout * 1000,
    slowStart: resolved.slowStart * 1000,
    log,
  };
  const members = checkUpstreams(upstreams).map(
    ({ url, weight }) => new Upstream(parseUpstreamUrl(url), weight, resolved, health, clock),
  );
  const probing = { ...resolved, maxConnections: 0, keepAlive: 0 };
  const checked = members.map((upstream) => ({
    upstream,
    probe: new Upstream(upstream.target, 1, probing, health, clock),
  }));
  const choice = choiceOf(resolved.method, members, typeof key === 'function' ? key : resolved.key);
  const group = new UpstreamGroup(members, choice, resolved, log);
  const checks =
    resolved.healthInterval === 0
      ? null
      : new HealthChecks(checked, {
          healthInterval: resolved.healthInterval * 1000,
          healthPath: resolved.healthPath,
          healthTimeout: resolved.healthTimeout * 1000,
          log,
        });
  return upstreamApplication(group, resolved, () => checks?.close());
}

function checkUpstreams(
  upstreams: readonly (string | WeightedUpstream)[],
): Required<WeightedUpstream>[] {
  if (!Array.isArray(upstreams) || upstreams.length === 0) {
    throw new ConfigurationError('balance: there is no upstream; name one or more URLs');
  }
  const all = upstreams.map((upstream) =>
    typeof upstream === 'string' ? { url: upstream, weight: 1 } : { weight: 1, ...upstream },
  );
  const urls = all.map(({ url }) => url);
  const twice = urls.find((url, index) => urls.indexOf(url) !== index);
  if (twice !== undefined) {
    throw new ConfigurationError(`balance: ${twice} stands there twice; give it a weight instead`);
  }
  for (const { url, weight } of all) {
    if (Number.isFinite(weight) && weight > 0 && weight <= 1000) continue;
    throw new ConfigurationError(
      `balance: the weight of ${url} is ${JSON.stringify(weight)}; expected a number above 0, up to 1000`,
    );
  }
  return all;
}

function choiceOf(
  method: string,
  members: readonly Upstream[],
  key: NonNullable<BalanceOptions['key']>,
): Choice {
  if (key !== '' && method !== 'hash') {
    throw new ConfigurationError("balance: a key is only used with the method 'hash'");
  }
  switch (method) {
    case 'hash':
      return consistentHash(members, keyFunction(key));
    case 'least-connections':
      return leastConnections;
    default:
      return roundRobin;
  }
}

function keyFunction(key: NonNullable<BalanceOptions['key']>): (environ: Environ) => string {
  if (typeof key === 'function') return key;
  const name = key === '' ? 'REMOTE_ADDR' : environKey(key);
  if (name === null) {
    throw new ConfigurationError(
      `balance: the key ${JSON.stringify(key)} is no name of a request header`,
    );
  }
  return (environ) => String(environ[name] ?? '');
}
