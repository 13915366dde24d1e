import { ProtocolError, RequestParser } from '../../src/protocols/http1/index.ts';

export interface Request {
  readonly method: string;
  readonly target: string;
  readonly minor: number;
  readonly fields: readonly (readonly [string, string])[];
  /** Null when the request did not come to its end. */
  readonly body: string | null;
}

/** What a server makes of a connection's input. */
export interface Reading {
  readonly requests: readonly Request[];
  /** Why it read no further, or null when it read to the end, or to a request that closes. */
  readonly refusal: string | null;
}

/** What our parser makes of an input, with a server that stops at a request that closes. */
export function ourReading(input: Buffer): Reading {
  const parser = new RequestParser();
  const requests: (Request & { body: string | null })[] = [];
  const body: Buffer[] = [];
  let keepAlive = true;
  parser.push(input);
  parser.end();
  try {
    for (let event = parser.next(); event !== null; event = parser.next()) {
      const request = requests.at(-1);
      if (event.type === 'eof') break;
      if (event.type === 'head') {
        const { method, target, minor, names, values } = event;
        const fields = names.map(({ name }, index) => [name, values[index] as string] as const);
        requests.push({ method, target, minor, fields, body: null });
        keepAlive = event.keepAlive;
        body.length = 0;
      } else if (event.type === 'data') {
        body.push(Buffer.from(event.data));
      } else if (request !== undefined) {
        request.body = Buffer.concat(body).toString('latin1');
        if (!keepAlive) break;
      }
    }
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error;
    return { requests, refusal: error.code };
  }
  return { requests, refusal: null };
}
