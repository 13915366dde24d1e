import { Clock } from '../gateways/clock.ts';
import type { WsgiError } from '../wsgi/errors.ts';
import type { Log } from '../wsgi/log.ts';
import type { Environ } from '../wsgi/types.ts';
import type { Choice } from './choice.ts';
import { noCapacity } from './failure.ts';
import type { ForwardedRequest } from './forwarded-request.ts';
import type { ResolvedForwardOptions } from './options.ts';
import type { Route } from './route.ts';
import type { Upstream } from './upstream.ts';

/** The upstreams that an application forwards to, one or several, and the requests that they have. */
export class UpstreamGroup implements Route {
  readonly log: Log;
  readonly responseTimeout: number;
  readonly pauseTimeout: number;
  readonly retries: number;
  readonly upstreams: readonly Upstream[];
  private readonly choice: Choice;
  private readonly gracefulTimeout: number;
  private readonly requests = new Set<ForwardedRequest>();
  private closing: Promise<void> | null = null;
  private whenEmpty: (() => void) | null = null;

  constructor(
    upstreams: readonly Upstream[],
    choice: Choice,
    options: ResolvedForwardOptions,
    log: Log,
  ) {
    this.upstreams = upstreams;
    this.choice = choice;
    this.log = log;
    this.responseTimeout = options.responseTimeout * 1000;
    this.pauseTimeout = options.pauseTimeout * 1000;
    this.retries = options.retries;
    this.gracefulTimeout = options.gracefulTimeout * 1000;
  }

  /** A request is on its way. */
  opened(request: ForwardedRequest): void {
    this.requests.add(request);
  }

  closed(request: ForwardedRequest): void {
    this.requests.delete(request);
    if (this.requests.size === 0) this.whenEmpty?.();
  }

  choose(environ: Environ, tried: readonly Upstream[]): Upstream {
    if (this.closing !== null && tried.length === 0) throw noCapacity('forwarding was ended');
    const now = performance.now();
    const usable = this.upstreams.filter(
      (upstream) => upstream.health.usable(now) && !tried.includes(upstream),
    );
    const [only] = usable;
    if (only === undefined) throw this.nobody();
    const upstream = usable.length === 1 ? only : this.choice(usable, environ, now);
    upstream.active++;
    upstream.health.chosen();
    return upstream;
  }

  failed({ health }: Upstream, reason: string): void {
    health.failed(performance.now(), reason);
  }

  answered({ health }: Upstream): void {
    health.succeeded(performance.now());
  }

  left(upstream: Upstream): void {
    upstream.active--;
    upstream.health.left();
  }

  /** Takes no more requests; lets those under way finish within the time for that. */
  close(): Promise<void> {
    this.closing ??= new Promise((resolve) => {
      for (const { pool } of this.upstreams) pool.close();
      if (this.requests.size === 0) {
        resolve();
        return;
      }
      const timer = setTimeout(() => {
        for (const request of [...this.requests])
          request.giveUp(noCapacity('forwarding was ended'));
      }, this.gracefulTimeout);
      this.whenEmpty = () => {
        clearTimeout(timer);
        resolve();
      };
    });
    return this.closing;
  }

  private nobody(): WsgiError {
    const names = this.upstreams.map(({ name }) => name).join(', ');
    return noCapacity(`no upstream is in use: ${names}`);
  }
}

/** The clock of the times that the options name. */
export function clockFor(options: ResolvedForwardOptions): Clock {
  const { connectTimeout, responseTimeout, pauseTimeout, keepAlive, queueTimeout } = options;
  const times = [connectTimeout, responseTimeout, pauseTimeout, keepAlive, queueTimeout];
  return new Clock(times.map((seconds) => seconds * 1000));
}
