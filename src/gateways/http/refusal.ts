import {
  CLOSE_FIELD,
  contentLengthField,
  dateField,
  HEAD_END,
  responseHead,
} from '../../protocols/http1/index.ts';

const REASONS: Readonly<Record<number, string>> = {
  400: 'Bad Request',
  404: 'Not Found',
  408: 'Request Timeout',
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

/** An answer of the server's own, after which the connection closes. Holds nothing of the request. */
export class Refusal {
  /** As in a status line. */
  readonly status: string;
  /** Empty for HEAD. */
  readonly content: string;
  private readonly fields: string;

  constructor(code: number, headOnly: boolean) {
    const reason = REASONS[code] ?? 'Error';
    const page = `${reason}\n`;
    this.status = `${code} ${reason}`;
    this.content = headOnly ? '' : page;
    const retry = code === 503 ? 'Retry-After: 1\r\n' : '';
    this.fields = retry + contentLengthField(page.length) + CLOSE_FIELD + HEAD_END;
  }

  /** @param wall - milliseconds since the epoch, for Date. */
  encode(wall: number): string {
    const head = responseHead(this.status, [['Content-Type', 'text/plain; charset=utf-8']]);
    return head + dateField(wall) + this.fields + this.content;
  }
}
