import { CHUNKED, type ResponseHead, UNTIL_CLOSE } from '../../protocols/http1/index.ts';
import type { Framing } from './case.ts';
import type { SeenAnswer } from './match.ts';

const HEAD_END = '\r\n\r\n';

/** An answer under way. */
export class OpenAnswer {
  readonly framing: Framing;
  over = false;
  private readonly head: ResponseHead;
  private readonly interim: readonly number[];
  private readonly pieces: Uint8Array[] = [];
  private complete = false;

  constructor(head: ResponseHead, interim: readonly number[]) {
    this.head = head;
    this.interim = interim;
    this.framing = framingOf(head);
  }

  push(data: Uint8Array): void {
    this.pieces.push(Uint8Array.from(data));
  }

  finish(complete: boolean): void {
    this.over = true;
    this.complete = complete;
  }

  content(): Uint8Array {
    return Buffer.concat(this.pieces);
  }

  /** How many bytes came behind it, when it is the only one; null when that cannot be told. */
  stray(beginning: string, received: number): number | null {
    if (this.framing !== 'none' && this.framing !== 'length') return null;
    let end = 0;
    for (let heads = 0; heads <= this.interim.length; heads++) {
      end = beginning.indexOf(HEAD_END, end) + HEAD_END.length;
    }
    return received - end - (this.framing === 'none' ? 0 : this.head.contentLength);
  }

  /** The answer as far as it has come. */
  seen(): SeenAnswer {
    const { status, reason, minor, names, values } = this.head;
    return {
      protocol: minor === 0 ? 'HTTP/1.0' : 'HTTP/1.1',
      status,
      reason,
      headers: names.map(({ name }, index) => [name, values[index] as string]),
      content: this.content(),
      complete: this.complete,
      framing: this.framing,
      interim: this.interim,
    };
  }
}

function framingOf({ contentLength, names }: ResponseHead): Framing {
  if (contentLength === CHUNKED) return 'chunked';
  if (contentLength === UNTIL_CLOSE) return 'close';
  if (contentLength > 0) return 'length';
  // A length of 0, and no content at all, look alike to the parser.
  return names.some(({ lower }) => lower === 'content-length') ? 'length' : 'none';
}
