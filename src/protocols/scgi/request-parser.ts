/**
 * SCGI requests: bytes in, events out. (SCGI: A Simple Common Gateway Interface alternative, 2008)
 *
 *     netstring of variables ─▶ content, counted ─▶ DONE
 *
 * Refused: anything that is no netstring, whose length would have a leading zero, too; variables
 * without a name, a value or an end; those that come twice, unless they are fields of the request;
 * requests without CONTENT_LENGTH, unless told to tolerate it, and those without `SCGI=1`.
 *
 * Where the request is chunked and has no length, its end cannot be found: `length-required` (411).
 */
import { DEFAULT_META_LIMITS, type MetaRequestLimits } from '../cgi/limits.ts';
import { type MetaRequestEvent, MetaRequestParser } from '../cgi/request-parser.ts';
import { SCGI_HEAD, TOLERANT_SCGI_HEAD } from './head.ts';

export class ScgiRequestParser {
  private readonly parser: MetaRequestParser;

  /** @param tolerant - take requests without `SCGI=1` or CONTENT_LENGTH, too. */
  constructor(limits: MetaRequestLimits = DEFAULT_META_LIMITS, tolerant = false) {
    this.parser = new MetaRequestParser(tolerant ? TOLERANT_SCGI_HEAD : SCGI_HEAD, limits);
  }

  /** Whether the peer speaks SCGI, so that a refusal can be told it. */
  get understood(): boolean {
    return this.parser.understood;
  }

  /** Bytes that were pushed and not yet parsed. */
  get buffered(): number {
    return this.parser.buffered;
  }

  /** The request is complete, and nothing has come behind it. */
  get finished(): boolean {
    return this.parser.finished;
  }

  /** Adds bytes read from the connection. They must not change afterwards. */
  push(bytes: Uint8Array): void {
    this.parser.push(bytes);
  }

  /** The peer sends no more. */
  end(): void {
    this.parser.end();
  }

  /**
   * The next event, or null when more bytes are needed for it, and after the last one.
   *
   * @throws {ProtocolError} when the input breaks the protocol; again on every later call.
   */
  next(): MetaRequestEvent | null {
    return this.parser.next();
  }
}
