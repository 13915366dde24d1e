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

/** The status line's text for a status of the server's own. */
export function statusText(status: number): string {
  return `${status} ${REASONS[status] ?? 'Error'}`;
}

/**
 * An answer of the server's own, after which the connection closes. Holds nothing of the request.
 *
 * @param wall - milliseconds since the epoch, for Date.
 */
export function refusalResponse(status: number, wall: number, headOnly: boolean): string {
  const body = `${REASONS[status] ?? 'Error'}\n`;
  const head = responseHead(statusText(status), [['Content-Type', 'text/plain; charset=utf-8']]);
  const retry = status === 503 ? 'Retry-After: 1\r\n' : '';
  const fields = dateField(wall) + retry + contentLengthField(body.length) + CLOSE_FIELD;
  return head + fields + HEAD_END + (headOnly ? '' : body);
}
