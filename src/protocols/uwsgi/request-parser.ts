/**
 * uwsgi requests: bytes in, events out. (uWSGI documentation, The uwsgi Protocol)
 *
 *     packet of variables ─▶ content, counted ─▶ DONE
 *
 * Refused: packets with a modifier1 other than 0, which ask uWSGI for other things than an answer;
 * those without variables; variables without a name, or beyond their packet; CONTENT_LENGTH twice.
 * modifier2 chooses among an application server's plugins and is ignored.
 *
 * Where the request is chunked and has no length, its end cannot be found: `length-required` (411).
 */
import { DEFAULT_META_LIMITS, type MetaRequestLimits } from '../cgi/limits.ts';
import { type MetaRequestEvent, MetaRequestParser } from '../cgi/request-parser.ts';
import { UWSGI_HEAD } from './head.ts';

export class UwsgiRequestParser {
  private readonly parser: MetaRequestParser;

  constructor(limits: MetaRequestLimits = DEFAULT_META_LIMITS) {
    this.parser = new MetaRequestParser(UWSGI_HEAD, limits);
  }

  /** Whether the peer speaks uwsgi, so that a refusal can be told it. */
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
