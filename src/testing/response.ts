import { Headers } from '../wsgi/headers.ts';
import type { LogFields } from '../wsgi/log.ts';
import type { HeaderList } from '../wsgi/types.ts';

/** One line of the server's log. */
export interface LoggedLine {
  readonly level: 'error' | 'warn' | 'info' | 'debug';
  readonly message: string;
  readonly fields: LogFields;
}

/** What an application answered. */
export class TestResponse {
  /** The status code; 0 when the request ended before a response began. */
  readonly status: number;
  /** `'200 OK'`, verbatim. */
  readonly statusLine: string;
  readonly headers: Headers;
  /** The non-empty blocks as they were sent. */
  readonly chunks: readonly Uint8Array[];
  /** Whether a client would have seen the response end properly; false when it was cut. */
  readonly complete: boolean;
  /** What the application threw, or the error that names its breach of the contract. */
  readonly error: unknown;
  /** The text written to `wsgi.errors`, and the errors that the server logged. */
  readonly errors: string;
  /** Everything that the server logged. */
  readonly log: readonly LoggedLine[];

  constructor(parts: {
    readonly statusLine: string;
    readonly headers: HeaderList;
    readonly chunks: readonly Uint8Array[];
    readonly complete: boolean;
    readonly error: unknown;
    readonly errors: string;
    readonly log: readonly LoggedLine[];
  }) {
    this.status = Number(parts.statusLine.slice(0, 3));
    this.statusLine = parts.statusLine;
    this.headers = new Headers(parts.headers);
    this.chunks = parts.chunks;
    this.complete = parts.complete;
    this.error = parts.error;
    this.errors = parts.errors;
    this.log = parts.log;
  }

  /** The content. */
  bytes(): Uint8Array {
    return Buffer.concat(this.chunks);
  }

  /** The content as UTF-8. */
  text(): string {
    return Buffer.concat(this.chunks).toString();
  }

  /** The content as JSON. */
  json(): unknown {
    return JSON.parse(this.text());
  }
}
