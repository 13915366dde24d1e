import type { AnswerEncoder, AnswerHead, Block, Pieces } from '../answer.ts';
import { CLOSE_FIELD, contentLengthField, HEAD_END, responseHead } from '../http1/encode.ts';

const NOTHING: Pieces = [];

/**
 * Answers of uwsgi: HTTP/1.1 with a real status line, never chunked, on a connection that closes.
 *
 * Front ends decode no chunks here, and pass a `Status` field on to the client.
 */
export class UwsgiAnswerEncoder implements AnswerEncoder {
  begin({ status, headers, contentLength }: AnswerHead, block: Block | null): Pieces {
    let head = responseHead(status, headers);
    if (contentLength !== null) head += contentLengthField(contentLength);
    head += CLOSE_FIELD + HEAD_END;
    if (block === null) return [head];
    return typeof block === 'string' ? [head + block] : [head, block];
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
