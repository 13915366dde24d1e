/**
 * Responses of scripts whose output the web server passes on as it is: whole HTTP messages.
 * (RFC 3875 §5)
 *
 * The end of the connection is that of the content, so no other request follows on it.
 */
import type { AnswerEncoder, AnswerHead, Block, Pieces } from '../answer.ts';
import {
  CLOSE_FIELD,
  contentLengthField,
  dateField,
  HEAD_END,
  responseHead,
} from '../http1/encode.ts';

const NOTHING: Pieces = [];

export class NphAnswerEncoder implements AnswerEncoder {
  private readonly protocol: string;
  private readonly now: number;

  /**
   * @param protocol - as in SERVER_PROTOCOL, which the answer follows.
   * @param now - milliseconds since the epoch, for Date.
   */
  constructor(protocol: string, now: number) {
    this.protocol = protocol;
    this.now = now;
  }

  begin({ status, headers, contentLength }: AnswerHead, block: Block | null): Pieces {
    let text = responseHead(status, headers);
    if (this.protocol === 'HTTP/1.0') text = text.replace('HTTP/1.1', 'HTTP/1.0');
    if (!headers.some(([name]) => name.toLowerCase() === 'date')) text += dateField(this.now);
    if (contentLength !== null) text += contentLengthField(contentLength);
    text += CLOSE_FIELD + HEAD_END;
    if (block === null) return [text];
    return typeof block === 'string' ? [text + block] : [text, block];
  }

  block(block: Block): Pieces {
    return [block];
  }

  end(): Pieces {
    return NOTHING;
  }

  whole(head: AnswerHead, block: Block | null): Pieces {
    return this.begin(head, block);
  }
}
