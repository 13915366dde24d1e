import type { Pieces } from './answer.ts';
import type { Variables } from './cgi/variables.ts';

/** What a server says to its client. */
export type ClientEvent =
  | {
      readonly type: 'head';
      readonly status: number;
      readonly reason: string;
      readonly headers: readonly (readonly [name: string, value: string])[];
    }
  /** A piece of content; the bytes are valid until the next `push`. */
  | { readonly type: 'data'; readonly data: Uint8Array }
  /** The server asks for content: this many bytes at most. Only where its protocol has that. */
  | { readonly type: 'want'; readonly size: number }
  /** What the application wrote to its log. Only where its protocol has that. */
  | { readonly type: 'log'; readonly text: string }
  /** The answer is whole. */
  | {
      readonly type: 'end';
      /** The connection can carry another request. */
      readonly reusable: boolean;
    };

/**
 * The client side of a protocol: one request at a time on one connection, as bytes, and its answer,
 * as events. The same for all protocols, so that whoever forwards requests need not know which.
 */
export interface ClientCodec {
  /** Content is sent only when the server asks for it, by `want`. */
  readonly pulls: boolean;
  /**
   * Begins a request.
   *
   * @param variables - its meta-variables, CONTENT_LENGTH and the HTTP_ ones among them.
   * @throws {ProtocolError} when the protocol cannot carry it.
   */
  begin(variables: Variables): Pieces;
  /** A piece of its content, which is not empty. */
  content(data: Uint8Array): Pieces;
  contentEnd(): Pieces;
  /** Adds bytes read from the connection. They must not change afterwards. */
  push(bytes: Uint8Array): void;
  /** The server sends no more. */
  end(): void;
  /**
   * The next event, or null when more bytes are needed for it.
   *
   * @throws {ProtocolError} (status 502) when the input breaks the protocol; again on every later call.
   */
  next(): ClientEvent | null;
}
