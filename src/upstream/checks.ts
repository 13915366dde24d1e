import { afterArrivals } from '../wsgi/arrivals.ts';
import type { Log } from '../wsgi/log.ts';
import { setupTestingDefaults } from '../wsgi/util.ts';
import { ForwardedRequest } from './forwarded-request.ts';
import type { Route } from './route.ts';
import type { Upstream } from './upstream.ts';

/** How upstreams are checked. Times are in milliseconds. */
export interface CheckOptions {
  readonly healthInterval: number;
  readonly healthPath: string;
  readonly healthTimeout: number;
  readonly log: Log;
}

/** An upstream, and another way to it: its own connections may all be taken, which is no illness. */
export interface Checked {
  readonly upstream: Upstream;
  readonly probe: Upstream;
}

/** Asks each upstream at intervals whether it does well. */
export class HealthChecks {
  private readonly all: readonly Checked[];
  private readonly options: CheckOptions;
  private readonly timer: NodeJS.Timeout;
  private readonly running = new Map<Upstream, () => void>();

  constructor(all: readonly Checked[], options: CheckOptions) {
    this.all = all;
    this.options = options;
    this.timer = setInterval(() => this.round(), options.healthInterval);
    // A program that does nothing else should end.
    this.timer.unref();
    this.round();
  }

  close(): void {
    clearInterval(this.timer);
    for (const stop of this.running.values()) stop();
  }

  private round(): void {
    for (const checked of this.all) {
      if (!this.running.has(checked.upstream)) this.check(checked);
    }
  }

  private check({ upstream, probe }: Checked): void {
    const { healthPath, healthTimeout, log } = this.options;
    let status = '';
    const environ = setupTestingDefaults({
      PATH_INFO: healthPath,
      HTTP_HOST: upstream.target.authority,
      SERVER_PROTOCOL: 'HTTP/1.1',
    });
    const request = new ForwardedRequest(
      environ,
      (given) => {
        status = given;
        return () => undefined;
      },
      null,
      only(probe, healthTimeout, log),
    );
    const finish = (reason: string | null) => {
      if (!this.running.delete(upstream)) return;
      stopTimer();
      request.close();
      upstream.health.checked(performance.now(), reason);
    };
    const stopTimer = afterArrivals(healthTimeout, () =>
      finish(`did not answer a check within ${healthTimeout / 1000} s`),
    );
    this.running.set(upstream, () => {
      this.running.delete(upstream);
      stopTimer();
      request.close();
    });
    request.start();
    request.next().then(
      () => finish(/^[23]/.test(status) ? null : `answered a check with ${status}`),
      (error: Error) => finish(error.message),
    );
  }
}

/** A way that leads to one upstream, and does not count for its health. */
function only(upstream: Upstream, timeout: number, log: Log): Route {
  return {
    log,
    responseTimeout: timeout,
    pauseTimeout: timeout,
    retries: 0,
    choose: () => upstream,
    failed: () => undefined,
    answered: () => undefined,
    left: () => undefined,
    closed: () => undefined,
  };
}
