/** Letting go of what an application returned. (PEP 3333, Specification Details) */
import { isThenable } from './iteration.ts';
import type { Body } from './types.ts';

/** What may be left before its end. */
interface Leavable {
  return?(): unknown;
}

/** How long `return()`, and then `close()`, may take before they are given up, in milliseconds. */
export const RELEASE_TIMEOUT = 2_000;

/**
 * Calls `return()` of an iterator that has not ended, then `close()` of the body, then `done`.
 *
 * At once if both are synchronous. Promises are waited for, but not for ever: an asynchronous
 * generator queues `return()` behind a `next()` that may never settle.
 */
export function releaseBody(
  iterator: Leavable | null,
  body: Body | null,
  report: (error: unknown) => void,
  done: () => void,
): void {
  const close = () => {
    if (body === null) done();
    else attempt(() => body.close?.(), report, done);
  };
  if (iterator === null) close();
  else attempt(() => iterator.return?.(), report, close);
}

/** Releases a result that came when nobody waited for it any more, and was never iterated. */
export function discardBody(result: unknown, report: (error: unknown) => void): void {
  if (typeof result !== 'object' || result === null) return;
  const body = result as Body & { return?: () => unknown; destroy?: () => unknown };
  // A Node stream that was never iterated has no iterator to return: it is destroyed.
  attempt(
    () => body.return?.() ?? body.destroy?.(),
    report,
    () =>
      attempt(
        () => body.close?.(),
        report,
        () => undefined,
      ),
  );
}

/** Goes on when the promise settles, or when that takes too long. */
export function settle(promise: PromiseLike<unknown>, next: () => void): void {
  let pending = true;
  const once = () => {
    if (!pending) return;
    pending = false;
    clearTimeout(timer);
    next();
  };
  const timer = setTimeout(once, RELEASE_TIMEOUT);
  promise.then(once, once);
}

function attempt(action: () => unknown, report: (error: unknown) => void, next: () => void): void {
  let result: unknown;
  try {
    result = action();
  } catch (error) {
    report(error);
  }
  if (isThenable(result)) settle(Promise.resolve(result).catch(report), next);
  else next();
}
