/** What the FastCGI codec makes of an input, in a form that does not depend on how it was cut. */
import {
  type ClientEvent,
  FastCgiClient,
  type FastCgiLimits,
  type FastCgiRequestEvent,
  FastCgiRequestParser,
  type Pieces,
  ProtocolError,
} from '../../src/protocols/fastcgi/index.ts';

export type Outcome = 'eof' | 'unfinished' | { code: string; status: number };

export interface FastCgiTrace {
  readonly events: unknown[];
  outcome: Outcome;
}

/** How a server answers: not at all, or each request as soon as it is complete. */
export interface ServerHabits {
  readonly answers?: boolean;
  readonly roles?: readonly number[];
  readonly limits?: FastCgiLimits;
}

export function traceFastCgiRequests(
  pieces: readonly Uint8Array[],
  { answers = false, roles, limits }: ServerHabits = {},
): FastCgiTrace {
  const parser = new FastCgiRequestParser(limits, roles);
  return trace(parser, pieces, (events) => {
    const event = parser.next();
    if (event === null || event.type === 'eof') return event === null ? null : 'eof';
    const noted = noteRequest(event);
    const last = events.at(-1);
    if (!appended(last, noted)) events.push(noted);
    if (answers && (event.type === 'end' || event.type === 'abort' || event.type === 'refused')) {
      parser.release(event.id);
    }
    return 'event';
  });
}

export function traceFastCgiAnswer(
  pieces: readonly Uint8Array[],
  method = 'GET',
  client = new FastCgiClient(),
): FastCgiTrace {
  client.begin({ names: ['REQUEST_METHOD'], values: [method] });
  let ended = false;
  const result = trace(client, pieces, (events) => {
    const event = client.next();
    if (event === null) return null;
    if (ended) throw new Error(`${event.type} after the end`);
    ended = event.type === 'end';
    const noted = noteAnswer(event);
    if (!appended(events.at(-1), noted)) events.push(noted);
    return 'event';
  });
  if (ended && result.outcome === 'unfinished') result.outcome = 'eof';
  return result;
}

interface Fed {
  push(bytes: Uint8Array): void;
  end(): void;
}

function trace(
  parser: Fed,
  pieces: readonly Uint8Array[],
  step: (events: unknown[]) => 'event' | 'eof' | null,
): FastCgiTrace {
  const result: FastCgiTrace = { events: [], outcome: 'unfinished' };
  const drain = () => {
    let next = step(result.events);
    while (next === 'event') next = step(result.events);
    if (next === 'eof') result.outcome = 'eof';
  };
  try {
    for (const piece of pieces) {
      parser.push(piece);
      drain();
    }
    parser.end();
    drain();
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error;
    result.outcome = { code: error.code, status: error.status };
  }
  return result;
}

function noteRequest(event: Exclude<FastCgiRequestEvent, { type: 'eof' }>): unknown {
  switch (event.type) {
    case 'head': {
      const { id, role, keepConnection, contentLength, variables } = event;
      const { names, values } = variables;
      const pairs = names.map((name, index) => [name, values[index]]);
      return ['head', id, { role, keepConnection, contentLength, variables: pairs }];
    }
    case 'data':
    case 'filter-data':
      return [event.type, event.id, latin1(event.data)];
    case 'refused':
      return ['refused', event.id, event.error.code, event.error.status];
    case 'unknown-role':
      return ['unknown-role', event.id, event.role];
    case 'ignored':
      return ['ignored', event.id, event.recordType];
    case 'get-values':
      return ['get-values', event.names];
    case 'unknown-type':
      return ['unknown-type', event.recordType];
    default:
      return [event.type, event.id];
  }
}

function noteAnswer(event: ClientEvent): unknown {
  switch (event.type) {
    case 'head':
      return ['head', event.status, event.reason, event.headers];
    case 'data':
      return ['data', 1, latin1(event.data)];
    case 'log':
      return ['log', 1, event.text];
    case 'end':
      return ['end', event.reusable];
    default:
      return [event.type];
  }
}

/** Joins pieces of one stream, which depend on the cut. */
function appended(last: unknown, noted: unknown): boolean {
  if (!Array.isArray(last) || !Array.isArray(noted)) return false;
  if (!['data', 'filter-data', 'log'].includes(noted[0])) return false;
  if (last[0] !== noted[0] || last[1] !== noted[1]) return false;
  last[2] += noted[2];
  return true;
}

/** What the codec wrote, as bytes. */
export function bytesOf(pieces: Pieces): Buffer {
  return Buffer.concat(
    pieces.map((piece) =>
      typeof piece === 'string' ? Buffer.from(piece, 'latin1') : Buffer.from(piece),
    ),
  );
}

function latin1(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('latin1');
}
