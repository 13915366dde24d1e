/**
 * CGI responses: bytes in, events out. (RFC 3875 §6)
 *
 *     HEAD ─▶ CONTENT (length, or until the end) ─▶ ENDED
 *
 * Lines end with CRLF or LF. Refused, with status 502: an HTTP status line (RFC 3875 §5), a block that
 * is empty or does not end, folded lines, names that are no tokens, control characters, a Status other
 * than 200 to 999, repeated Status, Location, Content-Type or Content-Length, lengths that are not plain
 * digits, content that is shorter than its length. Content beyond its length, or where there can be
 * none, is left out; so are fields that concern a connection (RFC 3875 §6.3.4).
 */
import type { ClientEvent } from '../client-codec.ts';
import { InputBuffer } from '../input-buffer.ts';
import { latin1 } from '../latin1.ts';
import { ProtocolError } from '../protocol-error.ts';
import { type CgiLimits, DEFAULT_CGI_LIMITS } from './limits.ts';
import { readHead } from './response-head.ts';

const HEAD = 0;
const CONTENT = 1;
const ENDED = 2;

const LF = 0x0a;
const CR = 0x0d;

const END: ClientEvent = { type: 'end', reusable: false };

/**
 * Reads one response.
 *
 * Its end comes as soon as its content is complete, where there is a Content-Length: whether the
 * connection can be used again is for the protocol around it to say.
 */
export class CgiResponseParser {
  /** The path that the server is asked to answer instead, once the head has come. (RFC 3875 §6.2.2) */
  localRedirect: string | null = null;
  private readonly limits: CgiLimits;
  private readonly bodyless: boolean;
  private readonly input = new InputBuffer();
  private state = HEAD;
  /** Where the unfinished line starts, and how much was searched, counted from the start. */
  private lineAt = 0;
  private scanned = 0;
  /** Bytes of content to come. */
  private remaining = Number.POSITIVE_INFINITY;
  private ended = false;
  private error: ProtocolError | null = null;

  /** @param method - that of the request: responses to HEAD have no content. */
  constructor(limits: CgiLimits = DEFAULT_CGI_LIMITS, method = 'GET') {
    this.limits = limits;
    this.bodyless = method === 'HEAD';
  }

  /** Adds bytes of the response. They must not change afterwards. */
  push(bytes: Uint8Array): void {
    if (bytes.length > 0 && this.state !== ENDED) this.input.push(bytes);
  }

  /** No more comes. */
  end(): void {
    this.ended = true;
  }

  /**
   * The next event, or null when more bytes are needed for it, and after the end.
   *
   * @throws {ProtocolError} (status 502) when the input breaks a rule; again on every later call.
   */
  next(): ClientEvent | null {
    if (this.error !== null) throw this.error;
    try {
      if (this.state === HEAD) return this.head();
      return this.state === CONTENT ? this.content() : null;
    } catch (error) {
      if (error instanceof ProtocolError) this.error = error;
      throw error;
    }
  }

  private head(): ClientEvent | null {
    const { input, limits } = this;
    const length = this.headLength();
    if (length > limits.maxHeaderBytes) throw tooLarge();
    if (length === -1) {
      if (input.length >= limits.maxHeaderBytes) throw tooLarge();
      if (!this.ended) return null;
      throw new ProtocolError('bad-cgi-header', 502, 'the response ended before its header did');
    }
    const text = latin1(input.bytes, input.start, input.start + length);
    const { status, reason, headers, contentLength, localRedirect } = readHead(
      text,
      limits.maxFields,
    );
    input.start += length;
    this.localRedirect = localRedirect;
    this.state = CONTENT;
    if (this.bodyless || status === 204 || status === 304) this.remaining = 0;
    else if (contentLength !== null) this.remaining = contentLength;
    return { type: 'head', status, reason, headers };
  }

  /** The size of the header block with its empty line, or -1 when that is not there yet. */
  private headLength(): number {
    const { bytes, start, end } = this.input;
    for (let at = start + this.scanned; at < end; at++) {
      if (bytes[at] !== LF) continue;
      const line = start + this.lineAt;
      this.lineAt = at + 1 - start;
      if (at === line || (at === line + 1 && bytes[line] === CR)) return this.lineAt;
    }
    this.scanned = end - start;
    return -1;
  }

  private content(): ClientEvent | null {
    if (this.remaining === 0) return this.whole();
    const data = this.input.take(this.remaining);
    if (data.length > 0) {
      this.remaining -= data.length;
      return { type: 'data', data };
    }
    if (!this.ended) return null;
    if (this.remaining === Number.POSITIVE_INFINITY) return this.whole();
    throw new ProtocolError('incomplete-body', 502, 'the content is shorter than its length');
  }

  private whole(): ClientEvent {
    this.state = ENDED;
    this.input.take(this.input.length);
    this.input.forget();
    return END;
  }
}

function tooLarge(): ProtocolError {
  return new ProtocolError('header-too-large', 502, 'the header of the response is too large');
}
