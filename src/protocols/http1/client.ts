/**
 * The client side of HTTP/1.1 for whoever forwards requests. (RFC 9112)
 *
 * The request comes as meta-variables: REQUEST_METHOD, REQUEST_URI (the target as it is sent),
 * CONTENT_TYPE, CONTENT_LENGTH and those of fields, HTTP_HOST among them. HTTP_TRANSFER_ENCODING of
 * `chunked` means content of unknown length. All other variables stay behind: HTTP has no place for
 * them.
 *
 * Refused, with status 500: methods and targets that no request line can carry, a missing Host, line
 * ends and other controls in fields, content that is not as long as was said. Responses are refused
 * as `ResponseParser` does, with 502; besides, 101 and ends that come before the response.
 */
import type { Pieces } from '../answer.ts';
import type { Variables } from '../cgi/variables.ts';
import type { ClientCodec, ClientEvent } from '../client-codec.ts';
import { ProtocolError } from '../protocol-error.ts';
import { CHUNK_END, chunkStart, HEAD_END, LAST_CHUNK } from './encode.ts';
import { DEFAULT_RESPONSE_LIMITS, type Http1Limits } from './limits.ts';
import { type ResponseEvent, type ResponseHead, ResponseParser } from './response-parser.ts';

const NOTHING: Pieces = [];
const LAST: Pieces = [LAST_CHUNK];

const CHUNKED = -1;

const WANT: ClientEvent = { type: 'want', size: Number.POSITIVE_INFINITY };
const KEPT: ClientEvent = { type: 'end', reusable: true };
const CLOSED: ClientEvent = { type: 'end', reusable: false };

const METHOD = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
const TARGET = /^[\x21-\x7e]+$/;
const ILLEGAL_IN_VALUE = /[^\t\x20-\x7e\x80-\xff]/;

export class Http1Client implements ClientCodec {
  private readonly parser: ResponseParser;
  /** Bytes of content that are still to be sent, or CHUNKED. */
  private unsent = 0;
  private sent = false;
  private awaitsContinue = false;
  private keepAlive = true;

  constructor(limits: Http1Limits = DEFAULT_RESPONSE_LIMITS) {
    this.parser = new ResponseParser(limits);
  }

  /** True while the server has not answered `Expect: 100-continue`. (RFC 9110 §10.1.1) */
  get pulls(): boolean {
    return this.awaitsContinue;
  }

  begin({ names, values }: Variables): Pieces {
    let method = '';
    let target = '';
    let host: string | null = null;
    let fields = '';
    let length = 0;
    let expects = false;
    for (let index = 0; index < names.length; index++) {
      const name = names[index] as string;
      const value = values[index] as string;
      const prefix = prefixes.get(name) ?? addPrefix(name);
      switch (prefix) {
        case NO_FIELD:
          if (name === 'REQUEST_METHOD') method = value;
          else if (name === 'REQUEST_URI') target = value;
          continue;
        case HOST:
          host = value;
          break;
        case CONTENT_LENGTH:
          if (value === '') continue;
          if (length !== CHUNKED) length = lengthOf(value);
          break;
        case TRANSFER_ENCODING:
          if (value !== 'chunked') throw refused('bad-coding', 'a coding that is not implemented');
          length = CHUNKED;
          break;
        case EXPECT:
          expects = value.toLowerCase() === '100-continue';
          break;
      }
      if (ILLEGAL_IN_VALUE.test(value)) {
        throw refused('bad-field-value', 'a field has a control character in its value');
      }
      // Host goes first. (RFC 9110 §7.2)
      if (prefix !== HOST) fields += `${prefix}${value}\r\n`;
    }
    if (!METHOD.test(method)) throw refused('bad-method', 'the method is no token');
    if (!TARGET.test(target)) throw refused('bad-target', 'the target cannot be sent');
    if (host === null) throw refused('missing-host', 'there is no Host');
    this.unsent = length;
    this.sent = length === 0;
    this.awaitsContinue = expects && length !== 0;
    this.parser.expect(method);
    return [`${method} ${target} HTTP/1.1\r\n${HOST}${host}\r\n${fields}${HEAD_END}`];
  }

  content(data: Uint8Array): Pieces {
    if (this.unsent === CHUNKED) return [chunkStart(data.length), data, CHUNK_END];
    this.unsent -= data.length;
    if (this.unsent < 0) throw refused('long-content', 'more content than was said');
    return [data];
  }

  contentEnd(): Pieces {
    if (this.unsent > 0) throw refused('short-content', 'less content than was said');
    this.sent = true;
    return this.unsent === CHUNKED ? LAST : NOTHING;
  }

  push(bytes: Uint8Array): void {
    this.parser.push(bytes);
  }

  end(): void {
    this.parser.end();
  }

  next(): ClientEvent | null {
    for (;;) {
      const event = this.parser.next();
      if (event === null) return null;
      const said = this.translate(event);
      if (said !== null) return said;
    }
  }

  /** What an event means; null for interim responses, which WSGI cannot carry. */
  private translate(event: ResponseEvent): ClientEvent | null {
    switch (event.type) {
      case 'data':
        return event;
      case 'head':
        return this.head(event);
      case 'end':
        return this.keepAlive && this.sent && this.isQuiet() ? KEPT : CLOSED;
      case 'interim':
        if (event.status !== 100 || !this.awaitsContinue) return null;
        this.awaitsContinue = false;
        return WANT;
      case 'handover':
        throw new ProtocolError('unasked-upgrade', 502, 'the server changed the protocol');
      case 'eof':
        throw new ProtocolError('no-response', 502, 'the connection ended before the response');
    }
  }

  private head({ status, reason, names, values, keepAlive }: ResponseHead): ClientEvent {
    if (status === 101) {
      throw new ProtocolError('unasked-upgrade', 502, 'the server changed the protocol');
    }
    this.keepAlive = keepAlive;
    const headers: [name: string, value: string][] = [];
    for (let index = 0; index < names.length; index++) {
      headers.push([names[index]?.name as string, values[index] as string]);
    }
    return { type: 'head', status, reason, headers };
  }

  /** Whether nothing follows the response, to which nobody could tell what it answers. */
  private isQuiet(): boolean {
    try {
      return this.parser.next() === null;
    } catch {
      return false;
    }
  }
}

const HOST = 'Host: ';
const CONTENT_LENGTH = 'Content-Length: ';
const TRANSFER_ENCODING = 'Transfer-Encoding: ';
const EXPECT = 'Expect: ';
/** Of variables that are no fields. */
const NO_FIELD = '';

// Few names come again and again. The bound keeps one who invents names from growing the table.
const MOST_PREFIXES = 1024;
const LONGEST_NAME = 64;
const prefixes = new Map<string, string>();

/** What stands before the value in the field that a variable is sent as, its name capitalized. */
function addPrefix(name: string): string {
  const prefix = prefixOf(name);
  if (name.length > LONGEST_NAME) return prefix;
  if (prefixes.size >= MOST_PREFIXES) prefixes.clear();
  prefixes.set(name, prefix);
  return prefix;
}

function prefixOf(name: string): string {
  if (name === 'CONTENT_TYPE') return 'Content-Type: ';
  if (name === 'CONTENT_LENGTH') return CONTENT_LENGTH;
  // What these two would say is said by the ones without HTTP_.
  if (name === 'HTTP_CONTENT_TYPE' || name === 'HTTP_CONTENT_LENGTH') return NO_FIELD;
  if (!name.startsWith('HTTP_')) return NO_FIELD;
  const field = name
    .slice('HTTP_'.length)
    .split('_')
    .map((word) => word.charAt(0).toUpperCase() + word.slice(1).toLowerCase())
    .join('-');
  if (!METHOD.test(field)) throw refused('bad-field-name', 'a field name is not a token');
  return `${field}: `;
}

function lengthOf(value: string): number {
  const length = /^\d{1,15}$/.test(value) ? Number(value) : Number.NaN;
  if (Number.isNaN(length)) throw refused('bad-content-length', 'the length is no number of bytes');
  return length;
}

function refused(code: string, message: string): ProtocolError {
  return new ProtocolError(code, 500, message);
}
