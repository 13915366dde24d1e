import type { Log } from '../wsgi/log.ts';

/** When an upstream is out of use, and when it is back. Times are in milliseconds. */
export interface HealthOptions {
  readonly maxFails: number;
  readonly failTimeout: number;
  readonly slowStart: number;
  readonly rise: number;
  readonly fall: number;
  readonly log: Log;
}

/** The least part of its share that an upstream has at the beginning of its slow start. */
const LEAST = 0.05;

/**
 * Whether an upstream is to be used, by how requests to it fare and, where there are any, by checks.
 *
 * Failures in a row put it out of use for a while; then one request tries it, and decides. Checks put
 * it out of use, and into it, as their thresholds say.
 */
export class Health {
  private readonly name: string;
  private readonly options: HealthOptions;
  private fails = 0;
  /** When it may be tried again; 0 while it is in use. */
  private outUntil = 0;
  /** A request is trying it. */
  private trial = false;
  /** Checks in a row: good ones above 0, bad ones below. */
  private checks = 0;
  private checkedOut = false;
  private backSince = Number.NEGATIVE_INFINITY;

  constructor(name: string, options: HealthOptions) {
    this.name = name;
    this.options = options;
  }

  /** Tells whether a request may be given to it. */
  usable(now: number): boolean {
    if (this.checkedOut) return false;
    return this.outUntil === 0 || (now >= this.outUntil && !this.trial);
  }

  /** A request was given to it. */
  chosen(): void {
    if (this.outUntil !== 0) this.trial = true;
  }

  /** That request is over, whatever came of it. */
  left(): void {
    this.trial = false;
  }

  /** The part of its share that it may have, up to 1. */
  readiness(now: number): number {
    const { slowStart } = this.options;
    const elapsed = now - this.backSince;
    return slowStart === 0 || elapsed >= slowStart ? 1 : Math.max(LEAST, elapsed / slowStart);
  }

  succeeded(now: number): void {
    this.fails = 0;
    if (this.outUntil === 0) return;
    this.outUntil = 0;
    this.back(now);
  }

  failed(now: number, reason: string): void {
    const { maxFails, failTimeout, log } = this.options;
    const before = this.outUntil;
    if (before === 0 && ++this.fails < maxFails) return;
    if (failTimeout === 0) return;
    this.outUntil = now + failTimeout;
    if (before === 0) {
      log.warn('upstream out of use', {
        upstream: this.name,
        reason,
        seconds: failTimeout / 1000,
      });
    }
  }

  /** A check was answered, or not. */
  checked(now: number, reason: string | null): void {
    const { rise, fall, log } = this.options;
    this.checks = reason === null ? Math.max(0, this.checks) + 1 : Math.min(0, this.checks) - 1;
    if (reason === null && this.checkedOut && this.checks >= rise) {
      this.checkedOut = false;
      this.outUntil = this.fails = 0;
      this.back(now);
    } else if (reason !== null && !this.checkedOut && -this.checks >= fall) {
      this.checkedOut = true;
      log.warn('upstream out of use', { upstream: this.name, reason });
    }
  }

  private back(now: number): void {
    this.backSince = now;
    this.options.log.info('upstream back in use', { upstream: this.name });
  }
}
