/**
 * The answer to a FastCGI request: a CGI response on STDOUT, END_REQUEST. (FastCGI 1.0 §6)
 *
 *     begin ─▶ block … ─▶ end
 *        └── log, at any time ──┘
 */
import { octets } from '../../wsgi/blocks.ts';
import {
  type AnswerEncoder,
  type AnswerHead,
  type Block,
  type Pieces,
  TEXT_LIMIT,
} from '../answer.ts';
import { cgiHead } from '../cgi/answer-encoder.ts';
import { endRequest, recordHeader, streamEnd, streamRecords } from './encode.ts';
import { MAX_CONTENT, REQUEST_COMPLETE, STDERR, STDOUT } from './records.ts';

export class FastCgiAnswerEncoder implements AnswerEncoder {
  /** Nothing may follow. */
  ended = false;
  private readonly id: number;
  /** As the exit status of a program: 0 when all is well. (§5.5) */
  private appStatus = 0;
  private logged = false;

  constructor(id: number) {
    this.id = id;
  }

  begin(head: AnswerHead, block: Block | null): Pieces {
    return this.stdout(this.head(head), block, '');
  }

  block(block: Block): Pieces {
    return streamRecords(STDOUT, this.id, block);
  }

  /** Text for the log of the web server, which is not empty. */
  log(block: Block): Pieces {
    this.logged = true;
    return streamRecords(STDERR, this.id, block);
  }

  /** The ends of the streams, and that of the request: it failed when the status is a 5xx. */
  end(): Pieces {
    return [this.ending()];
  }

  whole(head: AnswerHead, block: Block | null): Pieces {
    return this.stdout(this.head(head), block, this.ending());
  }

  private head(head: AnswerHead): string {
    this.appStatus = head.status.startsWith('5') ? 1 : 0;
    return cgiHead(head);
  }

  private ending(): string {
    const { id, appStatus } = this;
    this.ended = true;
    // Nearly all answers end alike: web servers that do not multiplex call every request 1.
    if (id === 1 && appStatus === 0 && !this.logged) return USUAL_END;
    const stderrEnd = this.logged ? streamEnd(STDERR, id) : '';
    return streamEnd(STDOUT, id) + stderrEnd + endRequest(id, appStatus, REQUEST_COMPLETE);
  }

  /** One record for head and content, where they are not too long, and what follows it. */
  private stdout(head: string, block: Block | null, behind: string): Pieces {
    const { id } = this;
    const size = head.length + (block?.length ?? 0);
    const content = block instanceof Uint8Array && size <= TEXT_LIMIT ? octets(block) : block;
    if (size > MAX_CONTENT) {
      const records = content === null ? [] : streamRecords(STDOUT, id, content);
      return followed([...streamRecords(STDOUT, id, head), ...records], behind);
    }
    const start = recordHeader(STDOUT, id, size) + head;
    if (content === null) return [start + behind];
    if (typeof content === 'string') return [start + content + behind];
    return followed([start, content], behind);
  }
}

const USUAL_END = streamEnd(STDOUT, 1) + endRequest(1, 0, REQUEST_COMPLETE);

function followed(pieces: Pieces, behind: string): Pieces {
  return behind === '' ? pieces : [...pieces, behind];
}
