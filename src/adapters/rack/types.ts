/** Rack 3 in TypeScript: the words and shapes of its specification, snake_case included. */
import type { Chunk } from '../../wsgi/types.ts';

/**
 * The request: CGI variables, `rack.*` values, and what servers and middleware add under names with a dot.
 *
 * A fresh, mutable, ordinary object for every request. SCRIPT_NAME and PATH_INFO are percent-encoded, as
 * servers of Rack pass them on. (Rack SPEC, The Environment)
 */
export interface RackEnv {
  REQUEST_METHOD: string;
  SCRIPT_NAME: string;
  PATH_INFO: string;
  QUERY_STRING: string;
  SERVER_NAME: string;
  SERVER_PORT?: string;
  SERVER_PROTOCOL: string;
  CONTENT_TYPE?: string;
  CONTENT_LENGTH?: string;
  'rack.url_scheme': string;
  'rack.input'?: RackInput;
  'rack.errors': RackErrors;
  /** Called, the last one first, when the answer was sent or is given up. */
  'rack.response_finished'?: RackFinished[];
  [header: `HTTP_${string}`]: string | undefined;
  [key: string]: unknown;
}

/**
 * The request's content. (Rack SPEC, The Input Stream)
 *
 * Iterated asynchronously, it waits for what has not arrived, which the methods cannot.
 */
export interface RackInput extends AsyncIterable<Uint8Array> {
  /** Reads `length` bytes, fewer only before the end, where it gives null; without a length, the rest. */
  read(length?: number | null): Uint8Array | null;
  /** The next line with its LF, null at the end. */
  gets(): Uint8Array | null;
  each(take: (line: Uint8Array) => void): void;
  close?(): void;
}

/** Text into the server's log. (Rack SPEC, The Error Stream) */
export interface RackErrors {
  puts(text: unknown): void;
  write(text: string): void;
  flush(): void;
}

/** An entry of `rack.response_finished`; an error comes without status and headers. */
export type RackFinished = (
  env: RackEnv,
  status: number | null,
  headers: RackHeaders | null,
  error: unknown,
) => void;

/**
 * Headers of an answer. Names are lower-case; a header that repeats has an array. An object, a Map, or
 * pairs. (Rack SPEC, The Headers)
 */
export type RackHeaders =
  | Readonly<Record<string, string | readonly string[]>>
  | Iterable<readonly [name: string, value: string | readonly string[]]>;

/** What a body of any form may have, beside its content. */
export interface RackBodyExtras {
  /** Called once when the answer is over, however it ended. */
  close?(): void | PromiseLike<void>;
  /** The path of a file with the same content, which is sent in the body's place. */
  to_path?(): string;
}

/** Gives its content block by block; a promise that `take` returns asks for patience. */
export interface RackEnumerable {
  each(take: (block: Chunk) => void | Promise<void>): unknown;
}

/** Writes its content itself; the answer ends with `stream.close()`, or with the promise it returned. */
export type RackStreamingBody = (stream: RackStream) => unknown;

/** The content of an answer: blocks, something with `each`, or a function. (Rack SPEC, The Body) */
export type RackBody = (
  | Iterable<Chunk>
  | AsyncIterable<Chunk>
  | RackEnumerable
  | { to_ary(): readonly Chunk[] }
  | { to_path(): string }
  | { call(stream: RackStream): unknown }
  | RackStreamingBody
) &
  RackBodyExtras;

/** What a streaming body writes to, and reads the request's content from. (Rack SPEC, Streaming Body) */
export interface RackStream {
  read(length?: number | null): Uint8Array | null;
  /** Sends a block; a promise, which it returns only under back-pressure, bounds memory when awaited. */
  write(block: Chunk): void | Promise<void>;
  flush(): void;
  close(): void;
  close_read(): void;
  close_write(): void;
  readonly closed: boolean;
}

/** Status, headers, body. */
export type RackResponse = readonly [status: number, headers: RackHeaders, body: RackBody];

/** A Rack application as a function. */
export type RackApp = (env: RackEnv) => RackResponse | Promise<RackResponse>;

/** A Rack application as an object. */
export interface RackAppObject {
  call(env: RackEnv): RackResponse | Promise<RackResponse>;
}
