/**
 * AJP/1.3 requests, as a web server sends them: bytes in, events out. (AJPv13 reference)
 *
 *     START ─▶ head ─▶ CONTENT ─▶ end ─▶ START …
 *       └─ CPing ─▶ ping
 *
 * One request at a time on a connection, which lasts. Content comes in packets, each of them due once:
 * the first one unasked when the head says a length, all others for a {@link AjpRequestParser.ask}.
 *
 * Refused: packets over the limit, of another kind than is due, or that hold more than their kind
 * allows; the commands to shut down and to prove a login, which have no safe form.
 */
import { ProtocolError } from '../protocol-error.ts';
import { CPING, FORWARD_REQUEST, GET_BODY_CHUNK, PING, SHUTDOWN } from './codes.ts';
import { type ForwardRequest, readForwardRequest } from './forward-request.ts';
import { type AjpLimits, CONTENT_OVERHEAD, DEFAULT_AJP_LIMITS } from './limits.ts';
import { PacketInput, TO_CONTAINER } from './packet-input.ts';
import { answerPacket, byte, integer } from './packet-text.ts';
import type { Payload } from './payload.ts';

export type AjpRequestEvent =
  | {
      readonly type: 'head';
      /** What CGI would say of the request; paths are decoded, REQUEST_URI is as it was sent. */
      readonly variables: Pick<ForwardRequest, 'names' | 'values'>;
      /** Bytes of content to come: 0 without any, -1 when only its end will tell. */
      readonly contentLength: number;
      /** To be compared with the server's own, in constant time; null when the peer gave none. */
      readonly secret: string | null;
    }
  /** A piece of content; the bytes are valid until the next `push`. */
  | { readonly type: 'data'; readonly data: Uint8Array }
  /** The request is complete, or what was due of its content is dropped. */
  | { readonly type: 'end' }
  /** The peer wants to know whether the server lives: answer CPONG at once. */
  | { readonly type: 'ping' }
  /** The peer ended the connection between requests. */
  | { readonly type: 'eof' };

const END: AjpRequestEvent = { type: 'end' };
const PING_EVENT: AjpRequestEvent = { type: 'ping' };
const EOF: AjpRequestEvent = { type: 'eof' };

/** How the peer speaks. */
export interface AjpDialect {
  /**
   * As lighttpd's mod_ajp13 does: content without a length of its own in each packet, a packet of
   * nothing behind requests without content, paths decoded. The forms cannot be told apart safely.
   * Default false.
   */
  readonly lighttpd?: boolean;
}

export class AjpRequestParser {
  /** What was parsed, or refused, last belongs to a request, so that its peer waits for an answer. */
  understood = false;
  private readonly limits: AjpLimits;
  private readonly lighttpd: boolean;
  private readonly packets: PacketInput;
  private error: ProtocolError | null = null;
  private inputEnded = false;
  /** A request was begun and did not come to its end. */
  private inRequest = false;
  /** More content is to come. */
  private open = false;
  /** Its length is known. */
  private counted = false;
  /** Bytes of content to come, or that may come where the length is not known. */
  private remaining = 0;
  /** A packet of content is due. */
  private due = false;
  private dropping = false;

  constructor(limits: AjpLimits = DEFAULT_AJP_LIMITS, { lighttpd = false }: AjpDialect = {}) {
    this.limits = limits;
    this.lighttpd = lighttpd;
    this.packets = new PacketInput(TO_CONTAINER, limits.maxPacket, 400);
  }

  /** Bytes that were pushed and not yet parsed. */
  get buffered(): number {
    return this.packets.length;
  }

  /** Whether further content comes only when it is asked for. */
  get mustAsk(): boolean {
    return this.inRequest && this.open && !this.due && !this.dropping;
  }

  /** Asks for the next packet of content: what to send. Only where {@link mustAsk}. */
  ask(): string {
    this.due = true;
    const room = this.limits.maxPacket - CONTENT_OVERHEAD;
    const size = this.counted ? Math.min(this.remaining, room) : room;
    return answerPacket(byte(GET_BODY_CHUNK) + integer(size));
  }

  /** The rest of the content is not wanted: the request ends when nothing of it is due any more. */
  drop(): void {
    this.dropping = true;
  }

  /** Adds bytes read from the connection. They must not change afterwards. */
  push(bytes: Uint8Array): void {
    this.packets.push(bytes);
  }

  /** The peer sends no more. */
  end(): void {
    this.inputEnded = true;
  }

  /**
   * The next event, or null when more bytes are needed for it.
   *
   * @throws {ProtocolError} when the input breaks the protocol; again on every later call.
   */
  next(): AjpRequestEvent | null {
    if (this.error !== null) throw this.error;
    try {
      const event = this.inRequest ? this.content() : this.start();
      return event === null && this.inputEnded ? this.endOfInput() : event;
    } catch (error) {
      if (error instanceof ProtocolError) this.error = error;
      throw error;
    }
  }

  private endOfInput(): AjpRequestEvent {
    if (this.inRequest) {
      throw new ProtocolError('incomplete-body', 400, 'the content ended before its end');
    }
    if (this.packets.length > 0) {
      throw new ProtocolError('incomplete-head', 400, 'the head ended before its end');
    }
    return EOF;
  }

  private start(): AjpRequestEvent | null {
    this.understood = false;
    let payload = this.packets.next();
    while (this.lighttpd && payload?.length === 0) payload = this.packets.next();
    if (payload === null) return null;
    const prefix = payload.byte();
    switch (prefix) {
      case FORWARD_REQUEST:
        return this.head(payload);
      case CPING:
        if (payload.length > 0) throw payload.refusal('surplus-bytes', 'bytes behind a CPing');
        this.packets.forget();
        return PING_EVENT;
      case SHUTDOWN:
        throw payload.refusal('shutdown-refused', 'the server takes no command to shut down');
      case PING:
        throw payload.refusal('login-unsupported', 'a login by AJP is not implemented');
      default:
        throw payload.refusal('unknown-packet', 'the packet is of no known kind');
    }
  }

  private head(payload: Payload): AjpRequestEvent {
    this.understood = true;
    const request = readForwardRequest(payload, this.limits, this.lighttpd);
    const { names, values, contentLength, secret } = request;
    this.inRequest = true;
    this.dropping = false;
    this.open = contentLength !== 0;
    this.counted = contentLength >= 0;
    this.remaining = this.counted ? contentLength : this.limits.maxBody;
    this.due = contentLength > 0;
    return { type: 'head', variables: { names, values }, contentLength, secret };
  }

  private content(): AjpRequestEvent | null {
    while (!this.isOver()) {
      const payload = this.due ? this.packets.next() : null;
      if (payload === null) return null;
      this.due = false;
      const data = this.dataOf(payload);
      this.count(data.length);
      if (data.length > 0 && !this.dropping) return { type: 'data', data };
    }
    this.inRequest = false;
    this.packets.forget();
    return END;
  }

  private isOver(): boolean {
    if (this.due) return false;
    return this.dropping || !this.open;
  }

  /** The data of a packet of content; none marks the end. */
  private dataOf(payload: Payload): Uint8Array {
    if (!this.lighttpd && payload.length > 0 && payload.integer() !== payload.length) {
      throw payload.refusal(
        'bad-body-packet',
        'a packet of content has another length than it says',
      );
    }
    return payload.bytes.subarray(payload.at, payload.end);
  }

  private count(size: number): void {
    if (size === 0) {
      if (this.counted) {
        throw new ProtocolError('incomplete-body', 400, 'the content ended before its end');
      }
      this.open = false;
      return;
    }
    if (size > this.remaining) {
      throw this.counted
        ? new ProtocolError('body-too-long', 400, 'the content is longer than the head says')
        : new ProtocolError('body-too-large', 413, 'the content is too large');
    }
    this.remaining -= size;
    if (this.counted) this.open = this.remaining > 0;
  }
}
