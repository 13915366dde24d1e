import { WsgiError } from './errors.ts';
import type { HeaderList } from './types.ts';

/** A validated status and header list, as a gateway sends it. */
export interface ResponseHead {
  /** `'200 OK'`, verbatim. */
  readonly status: string;
  readonly code: number;
  /** The server's own copy, in order; values trimmed, no Content-Length among them. */
  readonly headers: HeaderList;
  /** The declared length of the content, or null; the driver fills in one that it can tell. */
  contentLength: number | null;
  readonly hasDate: boolean;
  readonly hasServer: boolean;
}

/** The most bytes that a response's status and headers may take. */
export const MAX_RESPONSE_HEAD = 1024 * 1024;

const PLAIN = 0;
const CONTENT_LENGTH = 1;
const DATE = 2;
const SERVER = 3;
const HOP_BY_HOP = 4;
const STATUS = 5;
const MALFORMED = 6;

const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
// Tab is refused with the other control characters: PEP 3333 allows none of them.
const ILLEGAL_IN_VALUE = /[^\x20-\x7e\x80-\xff]/;
const STATUS_LINE =
  /^([2-9]\d\d) (?:[\x21-\x7e\x80-\xff](?:[\x20-\x7e\x80-\xff]*[\x21-\x7e\x80-\xff])?)?$/;
const SPACE = 0x20;

const special = new Map<string, number>([
  ['content-length', CONTENT_LENGTH],
  ['date', DATE],
  ['server', SERVER],
  ['status', STATUS],
  ...[
    'connection',
    'keep-alive',
    'proxy-authenticate',
    'proxy-authorization',
    'proxy-connection',
    'te',
    'trailer',
    'trailers',
    'transfer-encoding',
    'upgrade',
  ].map((name): [string, number] => [name, HOP_BY_HOP]),
]);

/** Header names of HTTP/1.1 that concern one connection only. (RFC 9110 §7.6.1; RFC 2616 §13.5.1) */
export function isHopByHop(name: string): boolean {
  return special.get(name.toLowerCase()) === HOP_BY_HOP;
}

// Applications send the same few names again and again. The bound keeps one that invents names
// from growing the table for ever.
const MAX_KNOWN_NAMES = 2048;
const knownNames = new Map<string, number>();

function classify(name: string): number {
  const known = knownNames.get(name);
  if (known !== undefined) return known;
  const kind = TOKEN.test(name) ? (special.get(name.toLowerCase()) ?? PLAIN) : MALFORMED;
  if (knownNames.size >= MAX_KNOWN_NAMES) knownNames.clear();
  knownNames.set(name, kind);
  return kind;
}

/**
 * Checks what an application gave to `startResponse` and copies it.
 *
 * @throws {WsgiError} naming the offending part. (PEP 3333, The start_response() Callable)
 */
export function checkResponseHead(status: string, headers: HeaderList): ResponseHead {
  const code = checkStatus(status);
  if (!Array.isArray(headers)) {
    throw new WsgiError('bad-header', 'headers must be an array of [name, value] pairs');
  }
  const copy: HeaderList = [];
  let contentLength: number | null = null;
  let hasDate = false;
  let hasServer = false;
  let size = status.length;
  for (let index = 0; index < headers.length; index++) {
    const pair: unknown = headers[index];
    if (!isPair(pair)) {
      throw new WsgiError('bad-header', `header ${index} is not a [name, value] pair of strings`);
    }
    const name = pair[0];
    checkHeaderValue(name, pair[1]);
    const value = trimSpaces(pair[1]);
    size += name.length + value.length + 4;
    const kind = classify(name);
    if (kind === CONTENT_LENGTH) {
      contentLength = checkContentLength(value, contentLength);
      continue;
    }
    if (kind === DATE) hasDate = true;
    else if (kind === SERVER) hasServer = true;
    else if (kind !== PLAIN) throw refusal(kind, name);
    copy.push([name, value]);
  }
  if (size > MAX_RESPONSE_HEAD) {
    throw new WsgiError(
      'headers-too-large',
      `the response head exceeds ${MAX_RESPONSE_HEAD} bytes`,
    );
  }
  return { status, code, headers: copy, contentLength, hasDate, hasServer };
}

function checkStatus(status: unknown): number {
  if (status === '200 OK') return 200;
  const match = typeof status === 'string' ? STATUS_LINE.exec(status) : null;
  if (match === null) {
    throw new WsgiError(
      'bad-status',
      `bad status ${quote(status)}: expected three digits (200 to 999), one space and a reason, as in '200 OK'`,
    );
  }
  return Number(match[1]);
}

function isPair(pair: unknown): pair is [string, string] {
  return (
    Array.isArray(pair) &&
    pair.length === 2 &&
    typeof pair[0] === 'string' &&
    typeof pair[1] === 'string'
  );
}

/**
 * Refuses a header name that is no HTTP token.
 *
 * @throws {WsgiError} `bad-header`. (PEP 3333, The start_response() Callable; RFC 9110 §5.1)
 */
export function checkHeaderName(name: string): void {
  if (typeof name !== 'string' || !TOKEN.test(name)) throw refusal(MALFORMED, name);
}

/**
 * Refuses a header value that is no native string, or has a control character.
 *
 * @throws {WsgiError} `bad-header`. (PEP 3333, The start_response() Callable; Unicode Issues)
 */
export function checkHeaderValue(name: string, value: string): void {
  if (typeof value !== 'string') {
    throw new WsgiError('bad-header', `header ${quote(name)} has a value that is no string`);
  }
  if (ILLEGAL_IN_VALUE.test(value)) {
    throw new WsgiError(
      'bad-header',
      `header ${quote(name)} has a control character or a code unit above U+00FF in its value`,
    );
  }
}

// String.trim() would take U+00A0 too, which can be half of a character in UTF-8.
function trimSpaces(value: string): string {
  let start = 0;
  let end = value.length;
  while (start < end && value.charCodeAt(start) === SPACE) start++;
  while (end > start && value.charCodeAt(end - 1) === SPACE) end--;
  return value.slice(start, end);
}

function checkContentLength(value: string, previous: number | null): number {
  const length = /^\d{1,16}$/.test(value) ? Number(value) : Number.NaN;
  if (!Number.isSafeInteger(length)) {
    throw new WsgiError(
      'bad-content-length',
      `bad Content-Length ${quote(value)}: expected digits`,
    );
  }
  if (previous !== null && previous !== length) {
    throw new WsgiError(
      'bad-content-length',
      `contradictory Content-Length: ${previous} and ${length}`,
    );
  }
  return length;
}

function refusal(kind: number, name: string): WsgiError {
  if (kind === HOP_BY_HOP) {
    return new WsgiError(
      'hop-by-hop-header',
      `header ${quote(name)} concerns the connection, which is the server's business; leave it out`,
    );
  }
  if (kind === STATUS) {
    return new WsgiError(
      'bad-header',
      "header 'Status' is not allowed; pass the status as the first argument",
    );
  }
  return new WsgiError('bad-header', `bad header name ${quote(name)}: expected an HTTP token`);
}

function quote(value: unknown): string {
  return typeof value === 'string' ? JSON.stringify(value.slice(0, 64)) : typeof value;
}
