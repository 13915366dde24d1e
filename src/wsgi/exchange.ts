import type { ResponseHead } from './response-head.ts';
import type { Chunk } from './types.ts';

/**
 * One request and its answer, as a gateway offers it to the driver.
 *
 * The driver has checked everything: statuses, headers, the declared length, bodies that must stay
 * empty. A gateway only puts head and content into its protocol's form. Calls come in this order:
 * either `respond` once, or `begin` (`beginHead`), any number of `send`, then `finish`; `cut` may end it at any
 * point after `begin`; `done` comes last, once.
 */
export interface Exchange {
  /**
   * A block for which `respond`, `begin` or `send` returned true is not looked at again, so that its
   * memory may be filled anew. Missing where blocks are kept.
   */
  readonly takesLoans?: boolean;

  /** The request line, for the log: method, target and protocol. */
  describe(): string;

  /**
   * Sends a whole answer; returns as `begin` does. `content` is null where none may be sent (HEAD,
   * 204, 304).
   */
  respond(head: ResponseHead, content: Chunk | null): boolean;

  /**
   * Sends the head with the first block.
   *
   * @returns false when the block is not handed over yet: the driver then asks the application for
   *   nothing until the gateway calls `Run.resume()`.
   */
  begin(head: ResponseHead, first: Chunk): boolean;

  /**
   * Sends the head alone, in place of `begin`; returns as that does. Missing where a head cannot go
   * out by itself.
   */
  beginHead?(head: ResponseHead): boolean;

  /** Sends a further non-empty block; returns as `begin` does. */
  send(block: Chunk): boolean;

  /** Ends an answer that `begin` began. */
  finish(): void;

  /**
   * Closes the connection behind what was sent, so that a client sees an unfinished answer as such.
   * Also comes after a finished answer, when the application broke its promises.
   */
  cut(): void;

  /**
   * The request is over: the answer was handed over whole or cut, and the application's `close()`
   * has settled.
   */
  done(): void;
}
