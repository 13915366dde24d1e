import type { Environ, HeaderList } from '../wsgi/types.ts';

/** What is known of a request when its answer is over, for an access log. */
export interface AccessEntry {
  /** The peer's address; empty for Unix sockets. */
  readonly remoteAddress: string;
  readonly method: string;
  /** The request target as received. */
  readonly target: string;
  /** As in SERVER_PROTOCOL: `HTTP/1.1`. */
  readonly protocol: string;
  /** `'200 OK'`; of an answer that was cut, the status that was sent. */
  readonly status: string;
  readonly responseHeaders: HeaderList;
  /** Bytes of content handed to the transport, without framing. */
  readonly bytes: number;
  /** When the request's head was complete, in milliseconds of `Date.now()`. */
  readonly started: number;
  /** Milliseconds from then to the end of the answer. */
  readonly duration: number;
  /** As the application left it; null when the server refused the request itself. */
  readonly environ: Environ | null;
}

/** Receives an entry for each answer. */
export type AccessLog = (entry: AccessEntry) => void;
