import {
  CLOSE_FIELD,
  contentLengthField,
  dateField,
  HEAD_END,
  responseHead,
} from '../../protocols/http1/index.ts';
import type { Refusal } from '../refusal.ts';

/**
 * A refusal as the last message of a connection.
 *
 * @param wall - milliseconds since the epoch, for Date.
 */
export function encodeRefusal({ head, content }: Refusal, wall: number): string {
  const fields = dateField(wall) + contentLengthField(head.contentLength) + CLOSE_FIELD;
  return responseHead(head.status, head.headers) + fields + HEAD_END + content;
}
