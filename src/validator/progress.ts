import { byteLength } from '../wsgi/blocks.ts';
import { WsgiError } from '../wsgi/errors.ts';
import type { Environ } from '../wsgi/types.ts';
import type { Inspection } from './inspection.ts';
import { Inner, Outer } from './nesting.ts';
import { ValidationError } from './rule.ts';
import { blockRules, contentRules, failureRules } from './rules/body.ts';
import { isPair, valuesOf } from './rules/head.ts';
import { nestedRules } from './rules/middleware.ts';
import { startStateRules } from './rules/start-response.ts';
import { showError } from './show.ts';

/** How far a response has come: what the checks of its parts have in common. */
export class Progress {
  readonly inspection: Inspection;
  /** For validators around applications further in. */
  readonly outer = new Outer();
  /** Calls of startResponse. */
  starts = 0;
  /** Content was given, and more was asked for. */
  committed = false;
  /** The application has returned its iterable. */
  returned = false;
  /** The request is over. */
  over = false;
  /** startResponse threw the error that it was given. */
  rethrown = false;
  private readonly headOnly: boolean;
  private readonly signal: AbortSignal | undefined;
  private readonly inner: Inner | null;
  /** What the server threw at the application. */
  private readonly serverErrors = new WeakSet<object>();
  private code = 0;
  private hasType = false;
  private declared: number | null = null;
  private given = 0;

  constructor(inspection: Inspection, environ: Environ) {
    this.inspection = inspection;
    this.headOnly = environ.REQUEST_METHOD === 'HEAD';
    this.signal = environ['wizgi.signal'];
    const around = Outer.exchange(environ, this.outer);
    this.inner = around === null ? null : new Inner(around);
  }

  /** startResponse has taken a status and headers. */
  accept(status: unknown, headers: unknown): void {
    this.code = typeof status === 'string' ? Number.parseInt(status, 10) || 0 : 0;
    const pairs = Array.isArray(headers) ? headers.filter(isPair) : [];
    this.hasType = valuesOf(pairs, 'content-type').length > 0;
    const [length] = valuesOf(pairs, 'content-length');
    this.declared = length !== undefined && /^ *\d+ *$/.test(length) ? Number(length) : null;
  }

  /** The application gives a block. */
  block(block: unknown): void {
    const { inspection } = this;
    inspection.check(startStateRules, this.startState(false));
    inspection.check(blockRules, { block });
    const size = isBlock(block) ? byteLength(block) : 0;
    if (size === 0) return;
    this.given += size;
    inspection.check(contentRules, this.content(false));
  }

  /** The block came from an iterable. */
  yielded(): void {
    if (this.inner !== null) this.inspection.check(nestedRules, this.inner.gave());
  }

  /** The next block is asked for. */
  asks(): void {
    this.outer.step++;
    this.outer.asked = true;
    this.committed ||= this.given > 0;
  }

  /** It came, or nothing more does. */
  asked(): void {
    this.outer.asked = false;
  }

  /** The iterable came to its end. */
  end(): void {
    this.inspection.check(startStateRules, this.startState(true));
    this.inspection.check(contentRules, this.content(true));
  }

  /** What is left of the declared length, beyond which no file is read; or null. */
  get room(): number | null {
    return this.declared === null ? null : Math.max(0, this.declared - this.given);
  }

  /** Runs what belongs to the server, and remembers what it throws. */
  serverSide<T>(action: () => T): T {
    try {
      return action();
    } catch (error) {
      if (typeof error === 'object' && error !== null) this.serverErrors.add(error);
      throw error;
    }
  }

  /** The application threw; who collects findings hears of what is its own. */
  failed(error: unknown): void {
    this.rethrown = false;
    if (!this.inspection.lenient || this.signal?.aborted || this.isServers(error)) return;
    const [rule] = failureRules;
    if (rule !== undefined) this.inspection.find(rule, `it threw ${showError(error)}`, error);
  }

  private isServers(error: unknown): boolean {
    if (error instanceof ValidationError) return true;
    // A condition of the request, such as that its client is gone, which an application lets go up.
    if (error instanceof WsgiError && error.code !== 'no-answer') return true;
    return typeof error === 'object' && error !== null && this.serverErrors.has(error);
  }

  private startState(ended: boolean) {
    const { rethrown: swallowed } = this;
    this.rethrown = false;
    return { started: this.starts > 0, ended, swallowed };
  }

  private content(ended: boolean) {
    const { code, hasType, headOnly, given, declared } = this;
    return { code, hasType, headOnly, given, declared, ended };
  }
}

function isBlock(block: unknown): boolean {
  return typeof block === 'string' || block instanceof Uint8Array;
}
