/**
 * AJP/1.3 to a servlet container, as web servers speak it. (AJPv13 reference)
 *
 *     begin ─▶ want, when there is a length ─▶ (head, data, want) … ─▶ end ─▶ begin …
 *
 * Content goes one packet at a time, each for a `want`: the first of a content whose length is known
 * comes unasked. When there is no more of it, a `want` is answered by {@link AjpClient.contentEnd}.
 *
 * Refused, with status 502: packets of an unknown kind, answers that nobody asked for, in another order
 * than head, content, end, or that are malformed.
 */
import type { Pieces } from '../answer.ts';
import { contentLengthOf, UNKNOWN_LENGTH, type Variables, variable } from '../cgi/variables.ts';
import type { ClientCodec, ClientEvent } from '../client-codec.ts';
import { ProtocolError } from '../protocol-error.ts';
import { readAnswerHead } from './answer-head.ts';
import * as codes from './codes.ts';
import { type AjpLimits, CONTENT_OVERHEAD, DEFAULT_AJP_LIMITS } from './limits.ts';
import { FROM_CONTAINER, PacketInput } from './packet-input.ts';
import { byte, integer, requestPacket, requestPacketStart } from './packet-text.ts';
import type { Payload } from './payload.ts';
import { forwardRequest } from './request-encoder.ts';

/** Asks whether the server lives; it answers CPONG, which an {@link AjpClient} skips. */
export const CPING = requestPacket(byte(codes.CPING));

/** The end of the content: a packet that holds none. */
const CONTENT_END = requestPacket('');

const IDLE = 0;
const HEAD = 1;
const BODY = 2;

/** How a client speaks to its server. */
export interface AjpClientOptions {
  /** What the server requires of its peers; empty: nothing. Default: nothing. */
  readonly secret?: string;
  /** Default: what the protocol has when nobody says otherwise. */
  readonly limits?: Pick<AjpLimits, 'maxPacket' | 'maxFields'>;
}

/** The client side of AJP. A length that is not known is told by HTTP_TRANSFER_ENCODING. */
export class AjpClient implements ClientCodec {
  readonly pulls = true;
  private readonly limits: Pick<AjpLimits, 'maxPacket' | 'maxFields'>;
  private readonly secret: string | null;
  private readonly packets: PacketInput;
  private state = IDLE;
  private error: ProtocolError | null = null;
  private inputEnded = false;
  /** Bytes of content that may be sent in the next packet. */
  private wanted = 0;
  /** The `want` for them is not told yet. */
  private untold = false;

  constructor({ secret = '', limits = DEFAULT_AJP_LIMITS }: AjpClientOptions = {}) {
    this.secret = secret === '' ? null : secret;
    this.limits = limits;
    this.packets = new PacketInput(FROM_CONTAINER, limits.maxPacket, 502);
  }

  begin(variables: Variables): Pieces {
    const told = contentLengthOf(variables, Number.MAX_SAFE_INTEGER);
    const open = told === UNKNOWN_LENGTH && variable(variables, 'HTTP_TRANSFER_ENCODING');
    const length = open || told !== UNKNOWN_LENGTH ? told : 0;
    const packet = forwardRequest(variables, length, this.secret, this.limits.maxPacket);
    this.state = HEAD;
    this.wanted = length > 0 ? Math.min(length, this.room) : 0;
    this.untold = length > 0;
    return [packet];
  }

  /** @throws {RangeError} for more than the last `want` asked for. */
  content(data: Uint8Array): Pieces {
    if (data.length > this.wanted) {
      throw new RangeError(`${data.length} bytes of content where ${this.wanted} are wanted`);
    }
    this.wanted = 0;
    return [requestPacketStart(data.length + 2) + integer(data.length), data];
  }

  /** Says that there is no more content: now, if a `want` waits, else for the next one. */
  contentEnd(): Pieces {
    if (this.wanted === 0) return [];
    this.wanted = 0;
    this.untold = false;
    return [CONTENT_END];
  }

  push(bytes: Uint8Array): void {
    this.packets.push(bytes);
  }

  end(): void {
    this.inputEnded = true;
  }

  next(): ClientEvent | null {
    if (this.error !== null) throw this.error;
    if (this.untold) {
      this.untold = false;
      return { type: 'want', size: this.wanted };
    }
    try {
      const event = this.answer();
      if (event === null && this.inputEnded && (this.state !== IDLE || this.packets.length > 0)) {
        throw new ProtocolError('incomplete-answer', 502, 'the answer ended before its end');
      }
      return event;
    } catch (error) {
      if (error instanceof ProtocolError) this.error = error;
      throw error;
    }
  }

  /** Most bytes of content in a packet. */
  private get room(): number {
    return this.limits.maxPacket - CONTENT_OVERHEAD;
  }

  private answer(): ClientEvent | null {
    for (;;) {
      const payload = this.packets.next();
      if (payload === null) return null;
      const event = this.packet(payload);
      if (event !== null) return event;
    }
  }

  /** The event that a packet is, or null when it is none. */
  private packet(payload: Payload): ClientEvent | null {
    const prefix = payload.byte();
    if (prefix === codes.CPONG) return null;
    if (this.state === IDLE) throw payload.refusal('unasked-answer', 'no request was sent');
    switch (prefix) {
      case codes.GET_BODY_CHUNK:
        return this.want(payload.integer());
      case codes.SEND_HEADERS:
        if (this.state === BODY) throw payload.refusal('second-head', 'a second head arrived');
        this.state = BODY;
        return readAnswerHead(payload, this.limits.maxFields);
      case codes.SEND_BODY_CHUNK:
        return this.data(payload);
      case codes.END_RESPONSE:
        return this.endOfAnswer(payload);
      default:
        throw payload.refusal('unknown-packet', 'the packet is of no known kind');
    }
  }

  private want(size: number): ClientEvent {
    this.wanted = Math.max(1, Math.min(size, this.room));
    return { type: 'want', size: this.wanted };
  }

  /** Tomcat and its document disagree on a NUL behind the data; a chunk of nothing asks to flush. */
  private data(payload: Payload): ClientEvent | null {
    const size = payload.integer();
    if (size > payload.length) {
      throw payload.refusal('beyond-packet', 'the packet ends within a value');
    }
    if (size === 0) return null;
    if (this.state === HEAD) throw payload.refusal('missing-head', 'content came before a head');
    return { type: 'data', data: payload.bytes.subarray(payload.at, payload.at + size) };
  }

  private endOfAnswer(payload: Payload): ClientEvent {
    if (this.state === HEAD) throw payload.refusal('missing-head', 'the answer has no head');
    // Content that the server was promised, or asked for, would be taken for the next request.
    const reusable = payload.byte() === 1 && this.wanted === 0;
    this.state = IDLE;
    this.wanted = 0;
    this.packets.forget();
    return { type: 'end', reusable };
  }
}
