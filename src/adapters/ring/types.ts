/** Ring in TypeScript: its specification's keys, as strings in kebab-case, on ordinary objects. */
import type { Chunk, Environ, OpenFile } from '../../wsgi/types.ts';

/** A request. (Ring Spec, Request Maps) */
export interface RingRequest {
  'request-method': string;
  scheme: string;
  /** The whole path, percent-encoded; `*` for OPTIONS of the server itself. */
  uri: string;
  'query-string'?: string;
  protocol: string;
  'server-name': string;
  'server-port': number;
  'remote-addr': string;
  /** Names are lower-case; the values of one that repeats are joined. */
  headers: Readonly<Record<string, string>>;
  /** Present where the request has content; see {@link RingRequestBody} for that of `fromRing`. */
  body?: RingContent | null;
  /** The part of `uri` that the application is mounted at, as Ring's servlets give it. */
  context?: string;
  /** What of `uri` follows `context`. */
  'path-info'?: string;
  /** The environ that the request was made of, for what Ring has no key for. */
  'wizgi/environ'?: Environ;
  /** What middleware adds. */
  [key: string]: unknown;
}

/** The content of a request. */
export type RingContent = string | Uint8Array | Iterable<Chunk> | AsyncIterable<Chunk>;

/** The content of a request that a gateway received: an input stream, iterable both ways. */
export interface RingRequestBody extends Iterable<Uint8Array>, AsyncIterable<Uint8Array> {
  /** Reads `size` bytes, fewer only at the end. Without a size: the rest. */
  read(size?: number | null): Uint8Array;
}

/**
 * The content of an answer: text (sent as UTF-8), bytes, blocks, a `file:` URL or something with an open
 * descriptor, or nothing.
 */
export type RingBody =
  | string
  | Uint8Array
  | Iterable<Chunk>
  | AsyncIterable<Chunk>
  | URL
  | OpenFile;

/** An answer. (Ring Spec, Response Maps) */
export interface RingResponse {
  readonly status: number;
  /** A header that repeats has an array. */
  readonly headers: Readonly<Record<string, string | readonly string[]>>;
  readonly body?: RingBody | null;
}

/** A synchronous handler; one that gives a promise is waited for. (Ring Spec, Handlers) */
export type RingHandler = (request: RingRequest) => RingResponse | Promise<RingResponse>;

/** An asynchronous handler. Its result is ignored. (Ring Spec, Asynchronous API) */
export type RingAsyncHandler = (
  request: RingRequest,
  respond: (response: RingResponse) => void,
  raise: (error: unknown) => void,
) => unknown;
