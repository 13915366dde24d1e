import {
  AjpClient,
  AjpRequestParser,
  type ClientEvent,
  ProtocolError,
} from '../../src/protocols/ajp/index.ts';

/** What the codec makes of an input, in a form that does not depend on how the input was cut. */
export interface RequestTrace {
  readonly messages: RequestMessage[];
  pings: number;
  /** Packets of content that were asked for. */
  asked: number;
  /** It is never `unfinished`: after the end of the input a parser has to decide. */
  outcome: 'eof' | 'unfinished' | Refusal;
  /** Whether a refusal could be told the peer. */
  understood: boolean;
}

export interface RequestMessage {
  readonly variables: readonly (readonly [name: string, value: string])[];
  readonly contentLength: number;
  readonly secret: string | null;
  body: string;
  complete: boolean;
}

export interface AnswerTrace {
  status: number;
  reason: string;
  headers: readonly (readonly [name: string, value: string])[];
  body: string;
  readonly wants: number[];
  outcome: 'reusable' | 'closing' | 'unfinished' | Refusal;
}

interface Refusal {
  readonly code: string;
  readonly status: number;
}

/** Content is asked for whenever it only comes outcome. */
export function ajpRequests(
  pieces: readonly Buffer[],
  parser: AjpRequestParser = new AjpRequestParser(),
): RequestTrace {
  const trace: RequestTrace = {
    messages: [],
    pings: 0,
    asked: 0,
    outcome: 'unfinished',
    understood: false,
  };
  try {
    for (const piece of pieces) {
      parser.push(piece);
      takeRequests(parser, trace);
    }
    parser.end();
    takeRequests(parser, trace);
  } catch (error) {
    trace.outcome = refusal(error);
  }
  trace.understood = parser.understood;
  return trace;
}

function takeRequests(parser: AjpRequestParser, trace: RequestTrace): void {
  for (;;) {
    if (parser.mustAsk) {
      parser.ask();
      trace.asked++;
    }
    const event = parser.next();
    if (event === null) return;
    const message = trace.messages.at(-1);
    switch (event.type) {
      case 'head': {
        const { variables, contentLength, secret } = event;
        trace.messages.push({
          variables: variables.names.map((name, index) => [
            name,
            variables.values[index] as string,
          ]),
          contentLength,
          secret,
          body: '',
          complete: false,
        });
        break;
      }
      case 'data':
        if (message !== undefined) message.body += latin1(event.data);
        break;
      case 'end':
        if (message !== undefined) message.complete = true;
        break;
      case 'ping':
        trace.pings++;
        break;
      case 'eof':
        trace.outcome = 'eof';
        return;
    }
  }
}

/** The answer to a GET; content that the server asks for there is none. */
export function ajpAnswer(pieces: readonly Buffer[], client = new AjpClient()): AnswerTrace {
  client.begin({ names: ['REQUEST_METHOD', 'PATH_INFO'], values: ['GET', '/'] });
  const trace: AnswerTrace = {
    status: 0,
    reason: '',
    headers: [],
    body: '',
    wants: [],
    outcome: 'unfinished',
  };
  try {
    for (const piece of pieces) {
      client.push(piece);
      takeAnswer(client, trace);
    }
    client.end();
    takeAnswer(client, trace);
  } catch (error) {
    trace.outcome = refusal(error);
  }
  return trace;
}

function takeAnswer(client: AjpClient, trace: AnswerTrace): void {
  for (let event = client.next(); event !== null; event = client.next()) {
    note(client, event, trace);
  }
}

function note(client: AjpClient, event: ClientEvent, trace: AnswerTrace): void {
  switch (event.type) {
    case 'head':
      trace.status = event.status;
      trace.reason = event.reason;
      trace.headers = event.headers;
      break;
    case 'data':
      trace.body += latin1(event.data);
      break;
    case 'want':
      trace.wants.push(event.size);
      client.contentEnd();
      break;
    case 'end':
      trace.outcome = event.reusable ? 'reusable' : 'closing';
  }
}

function refusal(error: unknown): Refusal {
  if (!(error instanceof ProtocolError)) throw error;
  return { code: error.code, status: error.status };
}

function latin1(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('latin1');
}
