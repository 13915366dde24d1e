/**
 * The client side of FastCGI: one request at a time, with id 1, and its answer. (FastCGI 1.0)
 *
 *     begin ─▶ content … ─▶ contentEnd
 *          └─▶ STDOUT (a CGI response), STDERR … ─▶ END_REQUEST ─▶ begin …
 *
 * Refused, with status 502: whatever is wrong with a CGI response, a request that the server did not
 * complete by its own account, records of other requests and of types that are not for web servers,
 * and an end of the connection before END_REQUEST. Answers to management records are ignored.
 */
import type { Pieces } from '../answer.ts';
import { CgiResponseParser } from '../cgi/response-parser.ts';
import { type Variables, variable } from '../cgi/variables.ts';
import type { ClientCodec, ClientEvent } from '../client-codec.ts';
import { InputBuffer } from '../input-buffer.ts';
import { ProtocolError } from '../protocol-error.ts';
import { beginRequest, recordHeader, streamEnd, streamRecords } from './encode.ts';
import { pairText } from './pair-layout.ts';
import { RecordReader } from './record-reader.ts';
import {
  ABORT_REQUEST,
  BODY_LENGTH,
  END_REQUEST,
  NO_REQUEST,
  OVERLOADED,
  PARAMS,
  REQUEST_COMPLETE,
  RESPONDER,
  STDERR,
  STDIN,
  STDOUT,
} from './records.ts';

/** How a client asks. */
export interface FastCgiClientOptions {
  /** The server is to keep the connection. Default: true. */
  readonly keepConnection?: boolean;
  /** Default: RESPONDER. */
  readonly role?: number;
}

const ID = 1;

const IDLE = 0;
const ANSWER = 1;
/** END_REQUEST has come; what the response ends with has not been asked for. */
const COMPLETE = 2;

export class FastCgiClient implements ClientCodec {
  readonly pulls = false;
  private readonly keepConnection: boolean;
  private readonly role: number;
  private readonly input = new InputBuffer();
  private readonly reader = new RecordReader(this.input);
  private response = new CgiResponseParser();
  private state = IDLE;
  private logText = new TextDecoder();
  private within = false;
  /** STDOUT came to the end that its head says. */
  private responded = false;
  private ended = false;
  private error: ProtocolError | null = null;

  constructor({ keepConnection = true, role = RESPONDER }: FastCgiClientOptions = {}) {
    this.keepConnection = keepConnection;
    this.role = role;
  }

  begin(variables: Variables): Pieces {
    this.response = new CgiResponseParser(undefined, variable(variables, 'REQUEST_METHOD'));
    this.logText = new TextDecoder();
    this.responded = false;
    this.state = ANSWER;
    const { names, values } = variables;
    let text = '';
    for (let index = 0; index < names.length; index++) {
      text += pairText(names[index] as string, values[index] as string);
    }
    const begin = beginRequest(ID, this.role, this.keepConnection);
    const params = streamRecords(PARAMS, ID, text) as readonly string[];
    return [begin + params.join('') + streamEnd(PARAMS, ID)];
  }

  content(data: Uint8Array): Pieces {
    return streamRecords(STDIN, ID, data);
  }

  contentEnd(): Pieces {
    return [streamEnd(STDIN, ID)];
  }

  /** Asks the server to give the request up; its END_REQUEST comes all the same. (§5.4) */
  abort(): Pieces {
    return [recordHeader(ABORT_REQUEST, ID, 0)];
  }

  push(bytes: Uint8Array): void {
    if (bytes.length > 0) this.input.push(bytes);
  }

  end(): void {
    this.ended = true;
  }

  next(): ClientEvent | null {
    if (this.error !== null) throw this.error;
    try {
      return this.step();
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      this.error = new ProtocolError(error.code, 502, error.message);
      throw this.error;
    }
  }

  private step(): ClientEvent | null {
    for (;;) {
      const event = this.responseEvent();
      if (event !== null) return event;
      if (this.state === COMPLETE) return this.complete();
      if (!this.within && !this.reader.next()) return this.moreNeeded();
      this.within = true;
      const log = this.record();
      if (log !== null) return log;
      if (this.within) return this.moreNeeded();
    }
  }

  private moreNeeded(): null {
    if (this.ended && this.state !== IDLE) {
      throw new ProtocolError('fcgi-incomplete', 502, 'the connection ended before the request');
    }
    return null;
  }

  /** What the bytes of STDOUT say, but for the end, which END_REQUEST has to confirm. */
  private responseEvent(): ClientEvent | null {
    if (this.state === IDLE || this.responded) return null;
    const event = this.response.next();
    if (event?.type !== 'end') return event;
    this.responded = true;
    return null;
  }

  private complete(): ClientEvent {
    this.state = IDLE;
    return { type: 'end', reusable: this.keepConnection };
  }

  private record(): ClientEvent | null {
    const { reader } = this;
    if (reader.id === NO_REQUEST) return this.skip();
    if (reader.id !== ID || this.state !== ANSWER) {
      throw new ProtocolError('fcgi-other-request', 502, 'a record of a request that is not there');
    }
    switch (reader.type) {
      case STDOUT:
        return this.stdout();
      case STDERR:
        return this.stderr();
      case END_REQUEST:
        return this.endRequest();
      default:
        throw new ProtocolError('fcgi-record-type', 502, 'a record that is not for web servers');
    }
  }

  private skip(): null {
    this.reader.skip();
    this.within = this.reader.remaining > 0;
    return null;
  }

  private stdout(): null {
    const piece = this.reader.piece();
    this.within = this.reader.remaining > 0;
    // What follows the content is left out.
    if (piece !== null && !this.responded) this.response.push(piece);
    return null;
  }

  private stderr(): ClientEvent | null {
    const piece = this.reader.piece();
    this.within = this.reader.remaining > 0;
    if (piece === null) return null;
    const text = this.logText.decode(piece, { stream: true });
    return text === '' ? null : { type: 'log', text };
  }

  private endRequest(): null {
    const { reader } = this;
    if (reader.length !== BODY_LENGTH) {
      throw new ProtocolError('fcgi-end', 502, 'END_REQUEST has another size');
    }
    const body = reader.whole();
    this.within = body === null;
    if (body !== null) this.conclude(body[4] as number);
    return null;
  }

  private conclude(protocolStatus: number): void {
    if (protocolStatus === OVERLOADED) {
      throw new ProtocolError('fcgi-overloaded', 502, 'the server has no capacity for the request');
    }
    if (protocolStatus !== REQUEST_COMPLETE) {
      throw new ProtocolError('fcgi-refused', 502, 'the server does not serve such a request');
    }
    this.state = COMPLETE;
    this.response.end();
  }
}
