import { getEventListeners } from 'node:events';

/**
 * The source of `wizgi.signal` for the requests that follow one another on a connection.
 *
 * Making an AbortSignal costs more than all the rest of a small request, so one that nobody listened
 * to serves the next request too. One that has a listener is not given out again: what a finished
 * request left behind must not hear of a later one.
 */
export class AbortSource {
  private controller: AbortController | null = null;

  /** The signal of the request that begins now. */
  signal(): AbortSignal {
    if (this.controller !== null && getEventListeners(this.controller.signal, 'abort').length > 0) {
      this.controller = null;
    }
    this.controller ??= new AbortController();
    return this.controller.signal;
  }

  /** Aborts the signal given out last, and gives out a new one from then on. */
  abort(reason: unknown): void {
    const controller = this.controller;
    this.controller = null;
    controller?.abort(reason);
  }
}
