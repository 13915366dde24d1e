/**
 * The answer to a FastCGI request: a CGI response on STDOUT, END_REQUEST. (FastCGI 1.0 §6)
 *
 *     begin ─▶ block … ─▶ end
 *        └── log, at any time ──┘
 */
import type { AnswerEncoder, AnswerHead, Block, Pieces } from '../answer.ts';
import { CgiAnswerEncoder } from '../cgi/answer-encoder.ts';
import { endRequest, recordHeader, streamEnd, streamRecords } from './encode.ts';
import { MAX_CONTENT, REQUEST_COMPLETE, STDERR, STDOUT } from './records.ts';

const text = new CgiAnswerEncoder();

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
    this.appStatus = head.status.startsWith('5') ? 1 : 0;
    return this.stdout(text.begin(head, block));
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
    const { id } = this;
    this.ended = true;
    const stderrEnd = this.logged ? streamEnd(STDERR, id) : '';
    return [streamEnd(STDOUT, id) + stderrEnd + endRequest(id, this.appStatus, REQUEST_COMPLETE)];
  }

  /** One record for all of it, where it is not too long. */
  private stdout(pieces: Pieces): Pieces {
    const { id } = this;
    const size = pieces.reduce((sum, piece) => sum + piece.length, 0);
    if (size > MAX_CONTENT) return pieces.flatMap((piece) => streamRecords(STDOUT, id, piece));
    const [first, ...rest] = pieces;
    const header = recordHeader(STDOUT, id, size);
    return typeof first === 'string' ? [header + first, ...rest] : [header, ...pieces];
  }
}
