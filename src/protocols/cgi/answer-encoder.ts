/**
 * CGI responses, as scripts and application servers write them. (RFC 3875 §6)
 *
 *     begin ─▶ block … ─▶ end
 *
 * `Status` comes first, lines end with CRLF, and the end is the transport's. Refused: what RFC 3875
 * §6.3 allows only once, more than once.
 */
import type { AnswerEncoder, AnswerHead, Block, Pieces } from '../answer.ts';
import { ProtocolError } from '../protocol-error.ts';

const NOTHING: Pieces = [];

export class CgiAnswerEncoder implements AnswerEncoder {
  begin(head: AnswerHead, block: Block | null): Pieces {
    const text = cgiHead(head);
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

/**
 * The header block of a CGI response. (RFC 3875 §6.3)
 *
 * @throws {ProtocolError} `repeated-field` (500) when what may occur once occurs twice.
 */
export function cgiHead({ status, headers, contentLength }: AnswerHead): string {
  let text = `Status: ${status}\r\n`;
  let single = 0;
  for (const [name, value] of headers) {
    const bit = singleBit(name);
    if ((single & bit) !== 0) {
      throw new ProtocolError('repeated-field', 500, `${name} occurs more than once`);
    }
    single |= bit;
    text += `${name}: ${value}\r\n`;
  }
  if (contentLength !== null) text += `Content-Length: ${contentLength}\r\n`;
  return `${text}\r\n`;
}

const CONTENT_TYPE = 'content-type';
const LOCATION = 'location';

/** A bit for each field that may occur once. Names of other lengths are passed at once. */
function singleBit(name: string): number {
  if (name.length === CONTENT_TYPE.length && name.toLowerCase() === CONTENT_TYPE) return 1;
  if (name.length === LOCATION.length && name.toLowerCase() === LOCATION) return 2;
  return 0;
}
