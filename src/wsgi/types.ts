/**
 * The contract between gateways and applications: PEP 3333 in TypeScript.
 *
 * The words are PEP 3333's own: application, environ, startResponse, gateway, middleware.
 */

/** A block of the response body. A string is sent as UTF-8. (PEP 3333, Unicode Issues) */
export type Chunk = Uint8Array | string;

/**
 * What an application returns: an iterable of blocks.
 *
 * A block belongs to the server until the next block is asked for, or until `close()` is called.
 *
 * `close()`, where present, is called exactly once when the request is over, however it ended; a
 * promise that it returns is waited for, within a bound. (PEP 3333, Specification Details)
 */
export type Body = (Iterable<Chunk> | AsyncIterable<Chunk>) & {
  close?: () => void | PromiseLike<void>;
};

/** Response headers, in order, duplicates kept. Code units above U+00FF are refused. */
export type HeaderList = [name: string, value: string][];

/**
 * PEP 3333's legacy push interface.
 *
 * Returns a promise only when the client reads more slowly than the application writes; awaiting it
 * bounds memory, ignoring it is safe.
 *
 * @throws {WsgiError} after iteration began, after the response ended, when the client is gone, or
 *   when the block would exceed the declared Content-Length. (PEP 3333, The write() Callable)
 */
export type Write = (chunk: Chunk) => void | Promise<void>;

/**
 * Begins the response. Nothing is sent until the first non-empty block.
 *
 * @param status - three digits, one space and a reason: `'200 OK'`. Codes 200 to 999.
 * @param headers - name and value pairs; hop-by-hop headers are the server's business and refused.
 * @param error - the caught value when an error response replaces an earlier one (PEP's `exc_info`).
 *   If headers were sent already, that same value is thrown again.
 * @throws {WsgiError} on a malformed status or header, and on a second call without `error`.
 *   (PEP 3333, The start_response() Callable)
 */
export type StartResponse = (status: string, headers: HeaderList, error?: unknown) => Write;

/** A WSGI application. (PEP 3333, The Application/Framework Side) */
export type Application = (environ: Environ, startResponse: StartResponse) => Body | Promise<Body>;

/** An application written as a class: each instance is the response's iterable. */
export type ApplicationClass = new (environ: Environ, startResponse: StartResponse) => Body;

/** An application written as an object with a `call` method. */
export interface ApplicationObject {
  call(environ: Environ, startResponse: StartResponse): Body | Promise<Body>;
}

/** Every form in which an application may be handed to a server. */
export type ApplicationLike = Application | ApplicationClass | ApplicationObject;

/** Takes an application, gives an application. (PEP 3333, Middleware) */
export type Middleware = (app: Application) => Application;

/**
 * `wsgi.input`: the request body as a synchronous stream.
 *
 * Ends by itself at the end of the body; never waits. (PEP 3333, Input and Error Streams)
 */
export interface InputStream extends Iterable<Uint8Array> {
  /** Reads `size` bytes, fewer only at the end. Without size, null or negative: the rest. */
  read(size?: number | null): Uint8Array;
  /** Reads to and including the next LF, at most `size` bytes. Empty at the end. */
  readline(size?: number | null): Uint8Array;
  /** Reads the remaining lines, or lines until at least `hint` bytes were read. */
  readlines(hint?: number | null): Uint8Array[];
}

/**
 * `wizgi.input`: the same cursor as `wsgi.input`, read asynchronously.
 *
 * Iteration gives blocks as they arrive. A pending read rejects when the client leaves.
 */
export interface AsyncInputStream extends AsyncIterable<Uint8Array> {
  read(size?: number | null): Promise<Uint8Array>;
  readline(size?: number | null): Promise<Uint8Array>;
  readlines(hint?: number | null): Promise<Uint8Array[]>;
}

/** `wsgi.errors`: a text stream into the server's log. (PEP 3333, Input and Error Streams) */
export interface ErrorStream {
  write(text: string): void;
  writelines(lines: Iterable<string>): void;
  flush(): void;
}

/** Something with an open file descriptor, as a `FileHandle` of `node:fs/promises`. */
export interface OpenFile {
  readonly fd: number;
  close?(): void | PromiseLike<void>;
}

/** Something to read from: `size` bytes at most, nothing at the end. */
export interface ReadableFile {
  read(size: number): Uint8Array | null;
  close?(): void | PromiseLike<void>;
}

/** What `wsgi.file_wrapper` accepts. Where there are both, `fd` is used and `read` is not. */
export type FileLike = OpenFile | ReadableFile;

/** `wsgi.file_wrapper`. (PEP 3333, Optional Platform-Specific File Handling) */
export type FileWrapperFactory = (file: FileLike, blockSize?: number) => Body;

/**
 * The request: CGI variables, `wsgi.*` values, and the server's extensions under `wizgi.`.
 *
 * A fresh, mutable, ordinary object for every request. (PEP 3333, environ Variables)
 */
export interface Environ {
  REQUEST_METHOD: string;
  SCRIPT_NAME: string;
  PATH_INFO: string;
  QUERY_STRING: string;
  CONTENT_TYPE?: string;
  CONTENT_LENGTH?: string;
  SERVER_NAME: string;
  SERVER_PORT: string;
  SERVER_PROTOCOL: string;
  'wsgi.version': [1, 0];
  'wsgi.url_scheme': string;
  'wsgi.input': InputStream;
  'wsgi.errors': ErrorStream;
  'wsgi.multithread': boolean;
  'wsgi.multiprocess': boolean;
  'wsgi.run_once': boolean;
  'wsgi.input_terminated'?: boolean;
  'wsgi.file_wrapper'?: FileWrapperFactory;
  /** Aborts when the client leaves or the server gives up on the request. */
  'wizgi.signal'?: AbortSignal;
  'wizgi.input'?: AsyncInputStream;
  /** True when the application was entered before the request body had arrived. */
  'wizgi.streaming'?: boolean;
  [header: `HTTP_${string}`]: string | undefined;
  [key: string]: unknown;
}
