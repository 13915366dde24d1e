import type { ClientEvent } from '../protocols/client-codec.ts';
import { isHopByHop } from '../wsgi/response-head.ts';
import type { HeaderList } from '../wsgi/types.ts';

/** The head of an upstream's answer. */
export type HeadEvent = Extract<ClientEvent, { type: 'head' }>;

/** The head of an answer, as it is passed on. */
export interface AnswerHead {
  readonly status: string;
  readonly headers: HeaderList;
  /** It says how long the content is. */
  readonly hasLength: boolean;
  /** Milliseconds for which the upstream keeps the connection, if it says so. */
  readonly keepAlive: number;
  /** It says that the connection is kept, which without a word is only likely. */
  readonly saysKept: boolean;
}

const PLAIN = 0;
const DROPPED = 1;
const CONTENT_LENGTH = 2;
const KEEP_ALIVE = 3;
const CONNECTION = 4;
const LOCATION = 5;

// Servers send the same few names again and again. The bound keeps one that invents names from growing
// the table for ever.
const MOST_NAMES = 1024;
const kinds = new Map<string, number>();

function kindOf(name: string): number {
  const known = kinds.get(name);
  if (known !== undefined) return known;
  const kind = classify(name.toLowerCase());
  if (kinds.size >= MOST_NAMES) kinds.clear();
  kinds.set(name, kind);
  return kind;
}

function classify(name: string): number {
  switch (name) {
    case 'content-length':
      return CONTENT_LENGTH;
    case 'keep-alive':
      return KEEP_ALIVE;
    case 'connection':
      return CONNECTION;
    case 'location':
    case 'content-location':
      return LOCATION;
    // CGI's, which WSGI applications may not send.
    case 'status':
      return DROPPED;
    default:
      return isHopByHop(name) ? DROPPED : PLAIN;
  }
}

/**
 * Leaves out what concerns the connection to the upstream. (RFC 9110 §7.6.1)
 *
 * @param locate - rewrites the URLs of Location and Content-Location.
 */
export function answerHead(event: HeadEvent, locate: (url: string) => string): AnswerHead {
  const headers: HeaderList = [];
  let hasLength = false;
  let keepAlive = Number.POSITIVE_INFINITY;
  let saysKept = false;
  let nominated: ReadonlySet<string> | null = null;
  for (const [name, given] of event.headers) {
    const kind = kindOf(name);
    if (kind === KEEP_ALIVE) keepAlive = keptFor(given);
    else if (kind === CONNECTION) {
      nominated = nominate(nominated, given);
      saysKept ||= given.toLowerCase() === 'keep-alive';
    }
    if (kind === DROPPED || kind === KEEP_ALIVE || kind === CONNECTION) continue;
    if (kind === CONTENT_LENGTH) hasLength = true;
    // HTTP allows tabs, PEP 3333 allows no control characters.
    const value = given.includes('\t') ? given.replaceAll('\t', ' ') : given;
    headers.push([name, kind === LOCATION ? locate(value) : value]);
  }
  const status = statusOf(event.status, event.reason);
  const kept =
    nominated === null ? headers : headers.filter(([name]) => !nominated.has(name.toLowerCase()));
  return { status, headers: kept, hasLength, keepAlive, saysKept };
}

function statusOf(status: number, reason: string): string {
  return status === 200 && reason === 'OK'
    ? '200 OK'
    : `${status} ${reason.replaceAll('\t', ' ').trim()}`;
}

/** `Keep-Alive: timeout=5`: somewhat less, because the upstream's time runs already. */
function keptFor(value: string): number {
  const seconds = /(?:^|[\s,;])timeout=(\d{1,6})/i.exec(value)?.[1];
  return seconds === undefined ? Number.POSITIVE_INFINITY : Number(seconds) * 1000 - 1000;
}

/** What Connection names beside what it usually does. */
function nominate(before: ReadonlySet<string> | null, value: string): ReadonlySet<string> | null {
  if (value === 'keep-alive' || value === 'close') return before;
  const names = value.split(',').map((name) => name.trim().toLowerCase());
  // These would break the answer, and no server can mean them.
  const meant = names.filter((name) => !['content-length', 'content-type'].includes(name));
  return new Set([...(before ?? []), ...meant]);
}
