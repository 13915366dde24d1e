import { isHopByHop } from '../../wsgi/response-head.ts';
import { ProtocolError } from '../protocol-error.ts';

/** What the header block of a CGI response says. */
export interface CgiResponseHead {
  readonly status: number;
  readonly reason: string;
  /** In order, Content-Length among them; without Status and what concerns a connection. */
  readonly headers: readonly (readonly [name: string, value: string])[];
  /** Bytes of content to come, or null where only the end of the response tells. */
  readonly contentLength: number | null;
  /** The path and query that the server is asked to answer instead, or null. (RFC 3875 §6.2.2) */
  readonly localRedirect: string | null;
}

const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
const ILLEGAL_IN_VALUE = /[^\t\x20-\x7e\x80-\xff]/;
// Scripts leave out the reason, and the space before it, too.
const STATUS = /^([2-9]\d\d)(?: (.*))?$/;
const STATUS_LINE = /^HTTP\/\d/;

/**
 * Reads a header block, which ends with its empty line. (RFC 3875 §6.3)
 *
 * @throws {ProtocolError} (status 502) when it breaks a rule.
 */
export function readHead(text: string, maxFields: number): CgiResponseHead {
  if (STATUS_LINE.test(text)) {
    throw new ProtocolError('nph-response', 502, 'an HTTP status line instead of CGI fields');
  }
  const headers: [string, string][] = [];
  const once = new Map<string, string>();
  let fields = 0;
  for (let start = 0, end = 0; ; start = end + 1) {
    end = text.indexOf('\n', start);
    const lineEnd = text.charCodeAt(end - 1) === CR && end > start ? end - 1 : end;
    if (lineEnd === start) break;
    if (++fields > maxFields) throw tooManyFields();
    const [name, value] = field(text, start, lineEnd);
    const lower = name.toLowerCase();
    if (SINGLE.has(lower)) {
      if (once.has(lower)) throw repeated(lower);
      once.set(lower, value);
    }
    if (lower !== 'status' && !isHopByHop(lower)) headers.push([name, value]);
  }
  if (fields === 0) throw badHeader('there is no field');
  const location = once.get('location');
  const length = once.get('content-length');
  return {
    ...status(once.get('status'), location),
    headers,
    contentLength: length === undefined ? null : contentLength(length),
    localRedirect: fields === 1 && isPath(location) ? location : null,
  };
}

const CR = 0x0d;
const HTAB = 0x09;
const SP = 0x20;
/** Fields that may occur once. (RFC 3875 §6.3; RFC 9110 §8.6) */
const SINGLE = new Set(['status', 'location', 'content-type', 'content-length']);

/** The name and the value of the line, blanks around the value left out. */
function field(text: string, start: number, end: number): [name: string, value: string] {
  const colon = text.indexOf(':', start);
  if (colon === -1 || colon >= end) throw badHeader('a line has no colon');
  const name = text.slice(start, colon);
  // Folded lines, and blanks before the colon, fail this too.
  if (!TOKEN.test(name)) throw badHeader('a field name is not a token');
  let from = colon + 1;
  let to = end;
  while (from < to && isBlank(text.charCodeAt(from))) from++;
  while (to > from && isBlank(text.charCodeAt(to - 1))) to--;
  const value = text.slice(from, to);
  if (ILLEGAL_IN_VALUE.test(value)) throw badHeader('a value has a control character');
  return [name, value];
}

function isBlank(code: number): boolean {
  return code === SP || code === HTAB;
}

/** What Status says; without it a Location redirects, and all else is well. (RFC 3875 §6.2) */
function status(
  value: string | undefined,
  location: string | undefined,
): { status: number; reason: string } {
  if (value === undefined) {
    return location === undefined
      ? { status: 200, reason: 'OK' }
      : { status: 302, reason: 'Found' };
  }
  const match = STATUS.exec(value);
  if (match === null) throw badHeader('the status is not three digits and a reason');
  return { status: Number(match[1]), reason: match[2] ?? '' };
}

function contentLength(value: string): number {
  if (!/^\d{1,15}$/.test(value)) {
    throw new ProtocolError('bad-content-length', 502, 'Content-Length is not a number of bytes');
  }
  return Number(value);
}

// What starts with two slashes names a host.
function isPath(location: string | undefined): location is string {
  return location?.startsWith('/') === true && !location.startsWith('//');
}

function badHeader(message: string): ProtocolError {
  return new ProtocolError('bad-cgi-header', 502, message);
}

function tooManyFields(): ProtocolError {
  return new ProtocolError('too-many-fields', 502, 'the response has too many fields');
}

function repeated(name: string): ProtocolError {
  return name === 'content-length'
    ? new ProtocolError('conflicting-content-length', 502, 'more than one Content-Length')
    : badHeader(`more than one ${name}`);
}
