import type { AnswerEncoder, AnswerHead, Pieces } from '../protocols/answer.ts';

const REASONS: Readonly<Record<number, string>> = {
  400: 'Bad Request',
  403: 'Forbidden',
  404: 'Not Found',
  408: 'Request Timeout',
  411: 'Length Required',
  413: 'Content Too Large',
  414: 'URI Too Long',
  417: 'Expectation Failed',
  421: 'Misdirected Request',
  431: 'Request Header Fields Too Large',
  500: 'Internal Server Error',
  501: 'Not Implemented',
  503: 'Service Unavailable',
  505: 'HTTP Version Not Supported',
  507: 'Insufficient Storage',
};

/**
 * An answer of the server's own, after which nothing follows on its connection. Holds nothing of the
 * request.
 */
export class Refusal {
  readonly head: AnswerHead & { readonly contentLength: number };
  /** Empty for HEAD. */
  readonly content: string;

  constructor(code: number, headOnly: boolean) {
    const reason = REASONS[code] ?? 'Error';
    const page = `${reason}\n`;
    this.head = {
      status: `${code} ${reason}`,
      headers: [
        ['Content-Type', 'text/plain; charset=utf-8'],
        ...(code === 503 ? [['Retry-After', '1'] as const] : []),
      ],
      contentLength: page.length,
    };
    this.content = headOnly ? '' : page;
  }

  /** All of it, in the form of a protocol. */
  by(encoder: AnswerEncoder): Pieces {
    const { head, content } = this;
    return encoder.whole(head, content === '' ? null : content);
  }
}
