/**
 * FastCGI requests: bytes in, events out. (FastCGI 1.0)
 *
 *     BEGIN_REQUEST ─▶ PARAMS … ─▶ STDIN … ─▶ (DATA …, of a filter) ─▶ COMPLETE ─▶ release()
 *
 * for each request id, any number of them at the same time. Refused, with the whole connection: other
 * versions than 1, BEGIN_REQUEST of another size than 8, for id 0 or for an id that is in use, more and
 * more requests over the limit, malformed GET_VALUES, an end within a record. Refused, with the request
 * alone: PARAMS that are malformed or over a limit, a bad CONTENT_LENGTH, content that is over the limit
 * or short of its length.
 * Ignored: records of requests that are not there (§3.3), and those that come after the end of their
 * stream. Content behind CONTENT_LENGTH is left out.
 */
import { contentLengthOf, UNKNOWN_LENGTH, type Variables, variable } from '../cgi/variables.ts';
import { InputBuffer } from '../input-buffer.ts';
import { ProtocolError } from '../protocol-error.ts';
import { ById } from './by-id.ts';
import { DEFAULT_FASTCGI_LIMITS, type FastCgiLimits } from './limits.ts';
import { PairDecoder } from './pairs.ts';
import { number16, RecordReader } from './record-reader.ts';
import {
  ABORT_REQUEST,
  AUTHORIZER,
  BEGIN_REQUEST,
  BODY_LENGTH,
  DATA,
  FILTER,
  GET_VALUES,
  KEEP_CONN,
  NO_REQUEST,
  PARAMS,
  RESPONDER,
  STDIN,
  UNKNOWN_TYPE,
} from './records.ts';
import { RepeatedPairs } from './repeated-pairs.ts';

/** What BEGIN_REQUEST says. */
export interface FastCgiBegin {
  readonly id: number;
  /** RESPONDER, AUTHORIZER or FILTER; any other number in a refusal. */
  readonly role: number;
  /** The connection is kept after the answer. */
  readonly keepConnection: boolean;
}

/** A request that breaks a rule or a limit. */
export interface FastCgiRefusal extends FastCgiBegin {
  readonly type: 'refused';
  readonly error: ProtocolError;
}

export type FastCgiRequestEvent =
  /** All that is known of a request before its content. */
  | (FastCgiBegin & {
      readonly type: 'head';
      readonly variables: Variables;
      /** Bytes of content to come, or UNKNOWN_LENGTH. */
      readonly contentLength: number;
    })
  /** A piece of content; the bytes are valid until the next `push`. */
  | { readonly type: 'data'; readonly id: number; readonly data: Uint8Array }
  /** The content is complete. */
  | { readonly type: 'end'; readonly id: number }
  /** A piece of the file that a filter is to work on. (§6.4) */
  | { readonly type: 'filter-data'; readonly id: number; readonly data: Uint8Array }
  /** That file is complete. */
  | { readonly type: 'filter-end'; readonly id: number }
  /** The web server wants no answer any more. (§5.4) */
  | (FastCgiBegin & { readonly type: 'abort' })
  /** The request has a role that is not served: no more of it comes. (§5.5) */
  | (FastCgiBegin & { readonly type: 'unknown-role' })
  /** No more of the request comes. */
  | FastCgiRefusal
  /** A record of the request came out of its place, or of a type that is not for applications. */
  | { readonly type: 'ignored'; readonly id: number; readonly recordType: number }
  /** The web server asks for the values of these variables. (§4.1) */
  | { readonly type: 'get-values'; readonly names: readonly string[] }
  /** A management record of a type that is not known. (§4.2) */
  | { readonly type: 'unknown-type'; readonly recordType: number }
  /** The peer ended the connection between records. */
  | { readonly type: 'eof' };

const EOF: FastCgiRequestEvent = { type: 'eof' };

const IN_PARAMS = 0;
const IN_STDIN = 1;
const IN_DATA = 2;
const COMPLETE = 3;

/** A request, from its BEGIN_REQUEST until it is released. */
class Incoming implements FastCgiBegin {
  readonly id: number;
  readonly role: number;
  readonly keepConnection: boolean;
  readonly params: PairDecoder;
  state = IN_PARAMS;
  /** Bytes of the stream that comes now, and those of them that came. */
  expected = UNKNOWN_LENGTH;
  received = 0;
  /** FCGI_DATA_LENGTH. */
  dataLength = UNKNOWN_LENGTH;

  constructor(id: number, role: number, keepConnection: boolean, params: PairDecoder) {
    this.id = id;
    this.role = role;
    this.keepConnection = keepConnection;
    this.params = params;
  }

  begin(state: number, expected: number): void {
    this.state = state;
    this.expected = expected;
    this.received = 0;
  }

  /** The stream that comes now ended before the length that was said. */
  get short(): boolean {
    return this.received < this.expected;
  }
}

export class FastCgiRequestParser {
  private readonly limits: FastCgiLimits;
  private readonly roles: readonly number[];
  private readonly input = new InputBuffer();
  private readonly reader = new RecordReader(this.input);
  private readonly requests = new ById<Incoming>();
  private readonly repeated = new RepeatedPairs();
  /** Whether the content of the current record is not used up. */
  private within = false;
  /** Whether that record is out of place from its first byte on. */
  private misplaced = false;
  /** An event that comes behind the last one, without any input. */
  private following: FastCgiRequestEvent | null = null;
  /** Requests over the limit since one was released. */
  private excess = 0;
  private ended = false;
  private error: ProtocolError | null = null;

  /** @param roles - those that are served. */
  constructor(
    limits: FastCgiLimits = DEFAULT_FASTCGI_LIMITS,
    roles: readonly number[] = [RESPONDER, AUTHORIZER],
  ) {
    this.limits = limits;
    this.roles = roles;
  }

  /** Bytes that were pushed and not yet parsed. */
  get buffered(): number {
    return this.input.length;
  }

  /** Whether a request has begun whose head has not come yet. */
  get beginning(): boolean {
    return this.requests.all.some(({ state }) => state === IN_PARAMS);
  }

  /** The end of a request's content has come, and nothing behind it. */
  get finished(): boolean {
    return this.reader.ended(STDIN);
  }

  /** Adds bytes read from the connection. They must not change afterwards. */
  push(bytes: Uint8Array): void {
    if (bytes.length > 0) this.input.push(bytes);
  }

  /** The peer sends no more. */
  end(): void {
    this.ended = true;
  }

  /** Says that END_REQUEST was sent: the id is free. (§3.3) */
  release(id: number): void {
    if (this.requests.delete(id)) this.excess = 0;
    const { following } = this;
    if (following !== null && 'id' in following && following.id === id) this.following = null;
  }

  /** Refuses the requests whose heads have not come yet. */
  refuseBeginning(error: ProtocolError): FastCgiRefusal[] {
    const beginning = this.requests.all.filter(({ state }) => state === IN_PARAMS);
    return beginning.map((request) => refuse(request, error));
  }

  /**
   * The next event, or null when more bytes are needed for it.
   *
   * @throws {ProtocolError} when the connection breaks the protocol; again on every later call.
   */
  next(): FastCgiRequestEvent | null {
    if (this.error !== null) throw this.error;
    const { following } = this;
    if (following !== null) {
      this.following = null;
      return following;
    }
    try {
      for (;;) {
        if (!this.within && !this.reader.next()) return this.ended ? this.endOfInput() : null;
        this.within = true;
        const event = this.record();
        if (event !== null) return event;
        if (this.within) return this.ended ? this.endOfInput() : null;
      }
    } catch (error) {
      if (error instanceof ProtocolError) this.error = error;
      throw error;
    }
  }

  private endOfInput(): FastCgiRequestEvent {
    if (this.reader.between) return EOF;
    throw new ProtocolError('fcgi-incomplete-record', 400, 'the connection ended within a record');
  }

  /** Goes on with the current record; `within` tells whether there is more of it. */
  private record(): FastCgiRequestEvent | null {
    const { reader } = this;
    if (reader.type === BEGIN_REQUEST) return this.beginRequest();
    if (reader.id === NO_REQUEST) return this.management();
    const request = this.requests.get(reader.id);
    if (request === undefined) return this.skip();
    switch (reader.type) {
      case PARAMS:
        return request.state === IN_PARAMS ? this.params(request) : this.ignore();
      case STDIN:
        return request.state === IN_STDIN ? this.content(request) : this.ignore();
      case DATA:
        return request.state === IN_DATA ? this.content(request) : this.ignore();
      case ABORT_REQUEST:
        return this.abort(request);
      default:
        return this.ignore();
    }
  }

  private skip(): null {
    this.reader.skip();
    this.within = this.reader.remaining > 0;
    return null;
  }

  private ignore(): FastCgiRequestEvent | null {
    const { reader } = this;
    // Not the rest of a record that was used up to its limit, and not the end of a stream.
    if (reader.remaining === reader.length && reader.length > 0) this.misplaced = true;
    this.skip();
    if (this.within || !this.misplaced) return null;
    this.misplaced = false;
    return { type: 'ignored', id: reader.id, recordType: reader.type };
  }

  private abort(request: Incoming): FastCgiRequestEvent | null {
    this.skip();
    if (this.within) return null;
    request.state = COMPLETE;
    const { id, role, keepConnection } = request;
    return { type: 'abort', id, role, keepConnection };
  }

  /** The content of a record, when all of it has come. */
  private whole(): Uint8Array | null {
    const content = this.reader.whole();
    this.within = content === null;
    return content;
  }

  // --- requests --------------------------------------------------------------------------------

  private beginRequest(): FastCgiRequestEvent | null {
    const { id, length } = this.reader;
    if (length !== BODY_LENGTH || id === NO_REQUEST) {
      throw new ProtocolError('fcgi-begin', 400, 'BEGIN_REQUEST has another size, or no id');
    }
    if (this.requests.get(id) !== undefined) {
      throw new ProtocolError('fcgi-id-in-use', 400, 'BEGIN_REQUEST for an id that is in use');
    }
    const { bytes, start } = this.input;
    if (this.input.length < BODY_LENGTH) return null;
    const role = number16(bytes, start);
    const keepConnection = ((bytes[start + 2] as number) & KEEP_CONN) !== 0;
    this.skip();
    if (!this.roles.includes(role)) return { type: 'unknown-role', id, role, keepConnection };
    if (this.requests.all.length >= this.limits.maxRequests)
      return this.tooMany(id, role, keepConnection);
    const params = new PairDecoder(this.limits, this.repeated);
    this.requests.add(new Incoming(id, role, keepConnection, params));
    return null;
  }

  /** Who does not know the limit is told; who does not listen is refused. */
  private tooMany(id: number, role: number, keepConnection: boolean): FastCgiRequestEvent {
    const error = new ProtocolError('fcgi-too-many-requests', 503, 'too many requests at once');
    if (++this.excess > this.limits.maxRequests) throw error;
    return { type: 'refused', id, role, keepConnection, error };
  }

  private params(request: Incoming): FastCgiRequestEvent | null {
    const { reader } = this;
    const last = reader.length === 0;
    const piece = reader.piece();
    this.within = reader.remaining > 0;
    try {
      if (last) return this.head(request);
      if (piece !== null) request.params.push(piece);
      return null;
    } catch (error) {
      return refuse(request, error);
    }
  }

  private head(request: Incoming): FastCgiRequestEvent {
    const { id, role, keepConnection, params } = request;
    const variables = params.end();
    const { maxBody } = this.limits;
    const contentLength = role === AUTHORIZER ? 0 : contentLengthOf(variables, maxBody);
    if (role === FILTER) request.dataLength = dataLength(variables, maxBody);
    request.begin(IN_STDIN, contentLength);
    if (contentLength === 0) this.following = this.endOfStream(request);
    return { type: 'head', id, role, keepConnection, variables, contentLength };
  }

  /** A piece of STDIN or DATA. */
  private content(request: Incoming): FastCgiRequestEvent | null {
    const { reader } = this;
    if (reader.length === 0) {
      this.within = false;
      return this.endOfStream(request);
    }
    const piece = reader.piece();
    this.within = reader.remaining > 0;
    if (piece === null) return null;
    return this.portion(request, piece);
  }

  /** What may be used of a piece; behind the last one, what follows from that. */
  private portion(request: Incoming, piece: Uint8Array): FastCgiRequestEvent {
    const { id, expected, received } = request;
    const type = request.state === IN_DATA ? 'filter-data' : 'data';
    const limit = expected === UNKNOWN_LENGTH ? this.limits.maxBody : expected;
    const data = piece.length > limit - received ? piece.subarray(0, limit - received) : piece;
    request.received += data.length;
    if (request.received === expected) this.following = this.endOfStream(request);
    else if (data.length < piece.length) this.following = refuse(request, tooLarge());
    return { type, id, data };
  }

  /** The stream that comes now is over: the next one of the request follows, if there is one. */
  private endOfStream(request: Incoming): FastCgiRequestEvent {
    const { id, state } = request;
    if (request.short) return refuse(request, tooShort());
    if (state === IN_STDIN && request.role === FILTER) request.begin(IN_DATA, request.dataLength);
    else request.state = COMPLETE;
    return { type: state === IN_DATA ? 'filter-end' : 'end', id };
  }

  // --- management ------------------------------------------------------------------------------

  private management(): FastCgiRequestEvent | null {
    const { type } = this.reader;
    if (type === GET_VALUES) return this.getValues();
    this.skip();
    // An answer to an answer could go on for ever.
    if (this.within || type === UNKNOWN_TYPE) return null;
    return { type: 'unknown-type', recordType: type };
  }

  private getValues(): FastCgiRequestEvent | null {
    const content = this.whole();
    if (content === null) return null;
    const pairs = new PairDecoder(this.limits);
    pairs.push(content);
    return { type: 'get-values', names: pairs.end().names };
  }
}

function refuse(request: Incoming, error: unknown): FastCgiRefusal {
  if (!(error instanceof ProtocolError)) throw error;
  const { id, role, keepConnection } = request;
  request.state = COMPLETE;
  return { type: 'refused', id, role, keepConnection, error };
}

function dataLength(variables: Variables, limit: number): number {
  const value = variable(variables, 'FCGI_DATA_LENGTH') ?? '';
  return contentLengthOf({ names: ['CONTENT_LENGTH'], values: [value] }, limit);
}

function tooShort(): ProtocolError {
  return new ProtocolError('incomplete-body', 400, 'the content ended too early');
}

function tooLarge(): ProtocolError {
  return new ProtocolError('body-too-large', 413, 'the content is too large');
}
