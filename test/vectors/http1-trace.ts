/** What a parser makes of an input, in a form that does not depend on how the input was cut. */
import {
  ProtocolError,
  type RequestHead,
  RequestParser,
  type ResponseHead,
  ResponseParser,
} from '../../src/protocols/http1/index.ts';

export interface RequestMessage {
  readonly method: string;
  readonly target: string;
  readonly path: string;
  readonly query: string;
  readonly minor: number;
  readonly host: string | null;
  readonly fields: readonly (readonly [string, string])[];
  readonly contentLength: number;
  readonly keepAlive: boolean;
  readonly expectContinue: boolean;
  body: string;
}

export interface ResponseMessage {
  readonly interim: { status: number; reason: string; fields: [string, string][] }[];
  readonly status: number;
  readonly reason: string;
  readonly minor: number;
  readonly fields: readonly (readonly [string, string])[];
  readonly contentLength: number;
  readonly keepAlive: boolean;
  body: string;
}

/**
 * How the input ends: well, with a refusal, or as the beginning of another protocol. It may never be
 * `unfinished`: after the end of the input a parser has to decide.
 */
export type Outcome =
  | 'eof'
  | 'unfinished'
  | { code: string; status: number }
  | { handover: string };

export interface Trace<M> {
  readonly messages: M[];
  /** The last message, when it did not come to its end. */
  readonly incomplete: M | null;
  readonly then: Outcome;
}

/** Input in one piece, byte by byte, and cut in two at every offset (of a long one, at many). */
export function* cuts(input: Buffer): Generator<readonly [name: string, pieces: Buffer[]]> {
  yield ['whole', [input]];
  yield ['byte by byte', Array.from(input, (_, at) => input.subarray(at, at + 1))];
  const step = input.length > 2048 ? 97 : 1;
  for (let at = 1; at < input.length; at += at < 300 || at > input.length - 300 ? 1 : step) {
    yield [`cut at ${at}`, [input.subarray(0, at), input.subarray(at)]];
  }
}

export function traceRequests(pieces: readonly Buffer[], parser = new RequestParser()) {
  let message: RequestMessage | null = null;
  const messages: RequestMessage[] = [];
  const then = feed(parser, pieces, (event) => {
    if (event.type === 'head') message = requestMessage(event);
    else if (message !== null && event.type === 'data') message.body += latin1(event.data);
    else if (message !== null && event.type === 'end') {
      messages.push(message);
      message = null;
    }
  });
  return { messages, incomplete: message, then } satisfies Trace<RequestMessage>;
}

export function traceResponses(
  pieces: readonly Buffer[],
  methods: readonly string[],
  parser = new ResponseParser(),
) {
  for (const method of methods) parser.expect(method);
  let interim: ResponseMessage['interim'] = [];
  let message: ResponseMessage | null = null;
  const messages: ResponseMessage[] = [];
  const then = feed(parser, pieces, (event) => {
    if (event.type === 'interim') {
      interim.push({ status: event.status, reason: event.reason, fields: pairs(event) });
    } else if (event.type === 'head') {
      message = responseMessage(event, interim);
      interim = [];
    } else if (message !== null && event.type === 'data') message.body += latin1(event.data);
    else if (message !== null && (event.type === 'end' || event.type === 'handover')) {
      messages.push(message);
      message = null;
    }
  });
  return { messages, incomplete: message, then } satisfies Trace<ResponseMessage>;
}

interface Parser<E> {
  push(bytes: Uint8Array): void;
  end(): void;
  next(): E | null;
}

interface Event {
  readonly type: string;
  readonly data?: Uint8Array;
}

/** Feeds the pieces, hands over the events, and tells how it ended. */
function feed<E extends Event>(
  parser: Parser<E>,
  pieces: readonly Buffer[],
  onEvent: (event: E) => void,
): Outcome {
  try {
    for (const [index, piece] of pieces.entries()) {
      parser.push(piece);
      const last = drain(parser, onEvent);
      if (last?.type === 'eof') return 'eof';
      if (last !== null) {
        const rest = pieces
          .slice(index + 1)
          .map(latin1)
          .join('');
        return { handover: latin1(last.data as Uint8Array) + rest };
      }
    }
    parser.end();
    return drain(parser, onEvent) === null ? 'unfinished' : 'eof';
  } catch (error) {
    if (error instanceof ProtocolError) return { code: error.code, status: error.status };
    throw error;
  }
}

/** Hands over what events there are; the last one, when nothing of this protocol follows it. */
function drain<E extends Event>(parser: Parser<E>, onEvent: (event: E) => void): E | null {
  for (let event = parser.next(); event !== null; event = parser.next()) {
    if (event.type === 'eof') return event;
    onEvent(event);
    if (event.type === 'handover') return event;
  }
  return null;
}

function requestMessage(head: RequestHead): RequestMessage {
  const { method, target, path, query, minor, host, contentLength, keepAlive, expectContinue } =
    head;
  return {
    method,
    target,
    path,
    query,
    minor,
    host,
    fields: pairs(head),
    contentLength,
    keepAlive,
    expectContinue,
    body: '',
  };
}

function responseMessage(head: ResponseHead, interim: ResponseMessage['interim']): ResponseMessage {
  const { status, reason, minor, contentLength, keepAlive } = head;
  return {
    interim,
    status,
    reason,
    minor,
    fields: pairs(head),
    contentLength,
    keepAlive,
    body: '',
  };
}

function pairs({ names, values }: RequestHead | ResponseHead): [string, string][] {
  return names.map(({ name }, index) => [name, values[index] as string]);
}

function latin1(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('latin1');
}
