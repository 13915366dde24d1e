/**
 * AJP/1.3 answers, as a web server takes them. (AJPv13 reference, Response Packet Structure)
 *
 *     SEND_HEADERS ─▶ SEND_BODY_CHUNK … ─▶ END_RESPONSE
 *
 * An answer that was begun and cannot be ended well is not ended at all: the end of the connection tells.
 */
import {
  type AnswerEncoder,
  type AnswerHead,
  type Block,
  type Pieces,
  TEXT_LIMIT,
} from '../answer.ts';
import { latin1 } from '../latin1.ts';
import { ProtocolError } from '../protocol-error.ts';
import * as codes from './codes.ts';
import { ANSWER_OVERHEAD, DEFAULT_PACKET, PACKET_HEADER } from './limits.ts';
import { answerPacket, byte, chunkStart, integer, text } from './packet-text.ts';

/** The answer to CPing. */
export const CPONG = answerPacket(byte(codes.CPONG));

/** Has the web server send on what it holds: a chunk of nothing. */
const FLUSH = `${chunkStart(0)}\0`;
const REUSED = answerPacket(`${byte(codes.END_RESPONSE)}\x01`);
const CLOSED = answerPacket(`${byte(codes.END_RESPONSE)}\0`);

const CONTENT_LENGTH = 3;

/** Puts one answer into packets. */
export class AjpAnswerEncoder implements AnswerEncoder {
  /** What the end of the answer says of the connection: that it can carry further requests. */
  reusable = true;
  private readonly maxPacket: number;
  /** Bytes of content to come, or null where only its end tells. */
  private remaining: number | null = null;

  /** @param maxPacket - bytes of the largest packet that the peer takes. */
  constructor(maxPacket = DEFAULT_PACKET) {
    this.maxPacket = maxPacket;
  }

  begin(head: AnswerHead, block: Block | null): Pieces {
    this.remaining = head.contentLength;
    const text = headPacket(head, this.maxPacket);
    return block === null ? [text] : this.chunks(text, block);
  }

  block(block: Block): Pieces {
    return this.chunks('', block);
  }

  end(): Pieces {
    return [this.reusable ? REUSED : CLOSED];
  }

  whole(head: AnswerHead, block: Block | null): Pieces {
    return [...this.begin(head, block), ...this.end()];
  }

  private chunks(before: string, block: Block): Pieces {
    const { length } = block;
    const room = this.maxPacket - ANSWER_OVERHEAD;
    const pieces: Block[] = [];
    let pending = before;
    for (let at = 0; at < length; at += room) {
      const size = Math.min(room, length - at);
      pending += chunkStart(size);
      if (typeof block === 'string') {
        pending += block.slice(at, at + size);
      } else if (length <= TEXT_LIMIT) {
        pending += latin1(block, at, at + size);
      } else {
        pieces.push(pending, block.subarray(at, at + size));
        pending = '';
      }
      pending += CHUNK_END;
    }
    if (!this.completes(length)) pending += FLUSH;
    pieces.push(pending);
    return pieces;
  }

  /** Whether the content is whole with this block; its end follows at once, then, and needs no flush. */
  private completes(size: number): boolean {
    if (this.remaining === null) return false;
    this.remaining -= size;
    return this.remaining <= 0;
  }
}

/** Behind the data of each chunk; mod_proxy_ajp insists on it, the reference leaves it out. */
const CHUNK_END = '\0';

function headPacket({ status, headers, contentLength }: AnswerHead, maxPacket: number): string {
  const code = status.slice(0, 3);
  // Apache's modules fail where there is no reason phrase.
  const reason = status.slice(4) || code;
  const count = headers.length + (contentLength === null ? 0 : 1);
  let payload = byte(codes.SEND_HEADERS);
  payload += integer(Number(code)) + text(reason) + integer(count);
  for (const [name, value] of headers) payload += headerName(name) + text(value);
  if (contentLength !== null) {
    payload += coded(CONTENT_LENGTH) + text(String(contentLength));
  }
  if (payload.length > maxPacket - PACKET_HEADER) {
    throw new ProtocolError(
      'answer-head-too-large',
      500,
      `the status and headers of an answer must fit into one packet of ${maxPacket} bytes`,
    );
  }
  return answerPacket(payload);
}

function headerName(name: string): string {
  const code = codes.responseHeaderCodes.get(name.toLowerCase());
  return code === undefined ? text(name) : coded(code);
}

function coded(code: number): string {
  return byte(codes.HEADER_CODE) + byte(code);
}
