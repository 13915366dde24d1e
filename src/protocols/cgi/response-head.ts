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
const STATUS_VALUE = /^([2-9]\d\d)(?: (.*))?$/;
const STATUS_LINE = 'HTTP/';

const CR = 0x0d;
const HTAB = 0x09;
const SP = 0x20;

const PLAIN = 0;
/** It concerns the connection. (RFC 3875 §6.3.4) */
const HOP_BY_HOP = 1;
/** It is no token. */
const MALFORMED = 2;
// From here on, fields that may occur once. (RFC 3875 §6.3; RFC 9110 §8.6)
const STATUS = 3;
const LOCATION = 4;
const CONTENT_TYPE = 5;
const CONTENT_LENGTH = 6;

const SINGLE = new Map<string, number>([
  ['status', STATUS],
  ['location', LOCATION],
  ['content-type', CONTENT_TYPE],
  ['content-length', CONTENT_LENGTH],
]);

// Servers send the same few names again and again. The bounds keep one that invents names from filling
// the memory with them.
const MOST_KNOWN = 1024;
const LONGEST_KNOWN = 64;
const known = new Map<string, number>();

function kindOf(name: string): number {
  const kind = known.get(name);
  return kind === undefined ? learn(name) : kind;
}

function learn(name: string): number {
  const lower = name.toLowerCase();
  const kind = TOKEN.test(name)
    ? (SINGLE.get(lower) ?? (isHopByHop(lower) ? HOP_BY_HOP : PLAIN))
    : MALFORMED;
  if (name.length > LONGEST_KNOWN) return kind;
  if (known.size >= MOST_KNOWN) known.clear();
  // A copy: what was cut out of a text holds all of it.
  known.set(Buffer.from(name, 'latin1').toString('latin1'), kind);
  return kind;
}

/**
 * Reads a header block, which ends with its empty line. (RFC 3875 §6.3)
 *
 * @throws {ProtocolError} (status 502) when it breaks a rule.
 */
export function readHead(text: string, maxFields: number): CgiResponseHead {
  if (text.startsWith(STATUS_LINE)) {
    throw new ProtocolError('nph-response', 502, 'an HTTP status line instead of CGI fields');
  }
  const headers: [string, string][] = [];
  const once: (string | undefined)[] = [];
  let fields = 0;
  for (let start = 0, end = 0; ; start = end + 1) {
    end = text.indexOf('\n', start);
    const lineEnd = end > start && text.charCodeAt(end - 1) === CR ? end - 1 : end;
    if (lineEnd === start) break;
    if (++fields > maxFields) throw tooManyFields();
    const colon = text.indexOf(':', start);
    if (colon === -1 || colon >= lineEnd) throw badHeader('a line has no colon');
    const name = text.slice(start, colon);
    const kind = kindOf(name);
    // Folded lines, and blanks before the colon, are no tokens either.
    if (kind === MALFORMED) throw badHeader('a field name is not a token');
    const value = valueAt(text, colon + 1, lineEnd);
    if (kind >= STATUS) {
      if (once[kind] !== undefined) throw repeated(kind);
      once[kind] = value;
    }
    if (kind !== STATUS && kind !== HOP_BY_HOP) headers.push([name, value]);
  }
  if (fields === 0) throw badHeader('there is no field');
  const location = once[LOCATION];
  const length = once[CONTENT_LENGTH];
  const { status, reason } = statusOf(once[STATUS], location);
  return {
    status,
    reason,
    headers,
    contentLength: length === undefined ? null : contentLength(length),
    localRedirect: fields === 1 && isPath(location) ? location : null,
  };
}

/** What stands there, blanks around it left out. */
function valueAt(text: string, start: number, end: number): string {
  let from = start;
  let to = end;
  while (from < to && isBlank(text.charCodeAt(from))) from++;
  while (to > from && isBlank(text.charCodeAt(to - 1))) to--;
  const value = text.slice(from, to);
  if (ILLEGAL_IN_VALUE.test(value)) throw badHeader('a value has a control character');
  return value;
}

function isBlank(code: number): boolean {
  return code === SP || code === HTAB;
}

/** What Status says; without it a Location redirects, and all else is well. (RFC 3875 §6.2) */
function statusOf(
  value: string | undefined,
  location: string | undefined,
): { status: number; reason: string } {
  if (value === undefined) {
    return location === undefined
      ? { status: 200, reason: 'OK' }
      : { status: 302, reason: 'Found' };
  }
  const match = STATUS_VALUE.exec(value);
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

function repeated(kind: number): ProtocolError {
  return kind === CONTENT_LENGTH
    ? new ProtocolError('conflicting-content-length', 502, 'more than one Content-Length')
    : badHeader('a field that may occur once occurs twice');
}
