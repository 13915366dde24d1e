import type { Log } from '../wsgi/log.ts';
import type { Environ } from '../wsgi/types.ts';
import type { ForwardedRequest } from './forwarded-request.ts';
import type { Upstream } from './upstream.ts';

/** Where requests are sent, and what is told of how they fared. */
export interface Route {
  readonly log: Log;
  /** Milliseconds; 0: no limit. */
  readonly responseTimeout: number;
  readonly pauseTimeout: number;
  /** Further attempts. */
  readonly retries: number;
  /**
   * The upstream for a request.
   *
   * @param tried - those that failed it.
   * @throws {WsgiError} when there is none.
   */
  choose(environ: Environ, tried: readonly Upstream[]): Upstream;
  /** An upstream failed before it had answered. */
  failed(upstream: Upstream, reason: string): void;
  /** An upstream has begun an answer. */
  answered(upstream: Upstream): void;
  /** A request is over for an upstream that was chosen. */
  left(upstream: Upstream): void;
  /** The request is over. */
  closed(request: ForwardedRequest): void;
}
