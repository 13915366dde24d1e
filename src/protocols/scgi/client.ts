import type { Pieces } from '../answer.ts';
import { CgiResponseParser } from '../cgi/response-parser.ts';
import { type Variables, variable } from '../cgi/variables.ts';
import type { ClientCodec, ClientEvent } from '../client-codec.ts';
import { ProtocolError } from '../protocol-error.ts';

const NOTHING: Pieces = [];

/** The client side of SCGI. Its answers are CGI responses, which the end of the connection ends. */
export class ScgiClient implements ClientCodec {
  readonly pulls = false;
  private response = new CgiResponseParser();

  /**
   * Begins the request of a connection.
   *
   * @param variables - without CONTENT_LENGTH the request has no content; SCGI is added.
   * @throws {ProtocolError} (400) for a variable without a name, or with a NUL in it.
   */
  begin(variables: Variables): Pieces {
    this.response = new CgiResponseParser(undefined, variable(variables, 'REQUEST_METHOD'));
    const { names, values } = variables;
    let head = pair('CONTENT_LENGTH', variable(variables, 'CONTENT_LENGTH') || '0');
    head += pair('SCGI', '1');
    for (let index = 0; index < names.length; index++) {
      const name = names[index] as string;
      const value = values[index] as string;
      if (name === 'CONTENT_LENGTH' || name === 'SCGI') continue;
      if (name === '' || name.includes('\0') || value.includes('\0')) {
        throw new ProtocolError('bad-variable', 400, 'SCGI cannot carry one of the variables');
      }
      head += pair(name, value);
    }
    return [`${head.length}:${head},`];
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
    return this.response.next();
  }
}

function pair(name: string, value: string): string {
  return `${name}\0${value}\0`;
}
