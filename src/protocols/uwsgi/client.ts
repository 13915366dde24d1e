import type { Pieces } from '../answer.ts';
import { type Variables, variable } from '../cgi/variables.ts';
import type { ClientCodec, ClientEvent } from '../client-codec.ts';
import { type ResponseEvent, type ResponseHead, ResponseParser } from '../http1/response-parser.ts';
import { ProtocolError } from '../protocol-error.ts';

/** The most bytes of variables that a packet can say the size of. */
const MAX_PACKET = 0xffff;

const NOTHING: Pieces = [];
const END: ClientEvent = { type: 'end', reusable: false };

/** The client side of uwsgi. Its answers are HTTP/1 responses, one on each connection. */
export class UwsgiClient implements ClientCodec {
  readonly pulls = false;
  private response = new ResponseParser();
  private whole = false;
  private error: ProtocolError | null = null;

  /**
   * Begins the request of a connection.
   *
   * @param variables - without CONTENT_LENGTH the request has no content.
   * @throws {ProtocolError} (431) for more than a packet holds.
   */
  begin(variables: Variables): Pieces {
    const { names, values } = variables;
    this.response = new ResponseParser();
    this.response.expect(variable(variables, 'REQUEST_METHOD') ?? 'GET');
    this.whole = false;
    this.error = null;
    let packet = '';
    for (let index = 0; index < names.length; index++) {
      packet += sized(names[index] as string) + sized(values[index] as string);
    }
    if (packet.length > MAX_PACKET) {
      throw new ProtocolError('variables-too-large', 431, 'uwsgi cannot carry so many bytes');
    }
    return [`\0${uint16(packet.length)}\0${packet}`];
  }

  /** A piece of its content, which is not empty. */
  content(data: Uint8Array): Pieces {
    return [data];
  }

  contentEnd(): Pieces {
    return NOTHING;
  }

  /** Adds bytes read from the connection. They must not change afterwards. */
  push(bytes: Uint8Array): void {
    this.response.push(bytes);
  }

  /** The server sends no more. */
  end(): void {
    this.response.end();
  }

  /**
   * The next event, or null when more bytes are needed for it.
   *
   * @throws {ProtocolError} (status 502) when the input breaks the protocol; again on every later call.
   */
  next(): ClientEvent | null {
    // What follows an answer is not looked at: servers send content in answer to HEAD, too.
    if (this.whole) return null;
    if (this.error !== null) throw this.error;
    for (;;) {
      const event = this.response.next();
      if (event === null) return null;
      if (event.type !== 'interim') return this.translate(event);
    }
  }

  private translate(event: ResponseEvent): ClientEvent {
    switch (event.type) {
      case 'data':
        return event;
      case 'end':
        this.whole = true;
        return END;
      case 'handover':
        throw this.fail('bad-status', 'the server changed to another protocol');
      case 'eof':
        throw this.fail('no-response', 'the server closed without a response');
      default:
        return head(event);
    }
  }

  private fail(code: string, message: string): ProtocolError {
    this.error = new ProtocolError(code, 502, message);
    return this.error;
  }
}

function head({ status, reason, names, values }: ResponseHead): ClientEvent {
  const headers = names.map(({ name }, index) => [name, values[index] as string] as const);
  return { type: 'head', status, reason, headers };
}

function sized(text: string): string {
  return uint16(text.length) + text;
}

/** Two bytes, the lower one first. */
function uint16(size: number): string {
  return String.fromCharCode(size & 0xff, (size >> 8) & 0xff);
}
