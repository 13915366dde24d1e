import { readFileSync } from 'node:fs';
import { WsgiError } from '../wsgi/errors.ts';
import type { Crew } from './crew.ts';
import type { Worker } from './worker.ts';

/** What a watchdog looks for. */
export interface WatchdogOptions {
  /** Milliseconds without progress of a request, after which its worker is killed; 0: none. */
  readonly timeout: number;
  /** Bytes of resident memory beyond which a worker is replaced; 0: none. */
  readonly maxRss: number;
  /** Milliseconds that the other requests of such a worker have to finish. */
  readonly gracefulTimeout: number;
  /** Its successor has to wait for that. */
  readonly exclusive: boolean;
}

/** Milliseconds for those other requests while a successor, and with it everybody, waits. */
const PATIENCE = 2_000;
/** Milliseconds that a worker has to print its stacks before it is killed. */
const LAST_WORDS = 1_000;

/** Looks after workers at intervals: requests that take too long, memory that grows. */
export class Watchdog {
  private readonly crew: Crew;
  private readonly options: WatchdogOptions;
  private readonly interval: number;
  private readonly timer: NodeJS.Timeout;
  private last = performance.now();
  /** Workers that are to be killed, and when at the latest. */
  private readonly condemned = new Map<Worker, number>();

  constructor(crew: Crew, options: WatchdogOptions) {
    this.crew = crew;
    this.options = options;
    const { timeout } = options;
    this.interval = timeout === 0 ? 1_000 : Math.max(20, Math.min(1_000, timeout / 8));
    this.timer = setInterval(() => this.tick(), this.interval);
    this.timer.unref();
  }

  stop(): void {
    clearInterval(this.timer);
  }

  private tick(): void {
    const { crew } = this;
    const now = performance.now();
    // A process that was held up itself has no ground to blame others.
    crew.now += Math.min(now - this.last, 2 * this.interval);
    this.last = now;
    for (const worker of [...crew.workers]) {
      if (!crew.serves(worker)) continue;
      if (this.options.timeout > 0) this.checkTime(worker);
      if (this.options.maxRss > 0) this.checkMemory(worker);
    }
    for (const [worker, deadline] of this.condemned) {
      if (worker.awaited === 0 || crew.now > deadline) this.end(worker);
    }
  }

  private checkTime(worker: Worker): void {
    const { crew } = this;
    const { timeout, gracefulTimeout, exclusive } = this.options;
    worker.noteBegun();
    const overdue = worker.overdue(timeout);
    if (overdue.length === 0 && !worker.hangs(timeout)) return;
    crew.log.error('worker timeout: its Python stacks follow, then another one takes its place', {
      worker: worker.pid,
      seconds: timeout / 1000,
      requests: overdue.map((call) => call.describe()).join(', ') || 'none that had begun',
    });
    crew.condemn(worker, 'timeout');
    worker.dumpStacks();
    const error = new WsgiError(
      'response-timeout',
      `the application took more than ${timeout / 1000} s`,
    );
    for (const call of overdue) call.onEnd(error);
    // Its other threads may finish what they are at.
    const patience = exclusive ? Math.min(gracefulTimeout, PATIENCE) : gracefulTimeout;
    this.condemned.set(worker, crew.now + patience);
  }

  private end(worker: Worker): void {
    this.condemned.delete(worker);
    setTimeout(() => worker.kill(), LAST_WORDS);
  }

  private checkMemory(worker: Worker): void {
    const rss = residentMemory(worker.pid);
    if (rss <= this.options.maxRss || !this.crew.renew(worker, 'max-rss')) return;
    this.crew.log.warn('worker is replaced: it takes too much memory', {
      worker: worker.pid,
      bytes: rss,
    });
  }
}

/** Bytes of resident memory; 0 where the system does not tell. */
function residentMemory(pid: number): number {
  try {
    const line = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'latin1'));
    return Number(line?.[1] ?? 0) * 1024;
  } catch {
    return 0;
  }
}
