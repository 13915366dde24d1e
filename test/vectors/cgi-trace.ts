import { CgiResponseParser, ProtocolError } from '../../src/protocols/cgi/index.ts';

/** What a parser makes of a CGI response, in a form that does not depend on how it was cut. */
export interface CgiTrace {
  status: number;
  reason: string;
  headers: readonly (readonly [string, string])[];
  localRedirect: string | null;
  body: string;
  /** It is never `unfinished`: after the end of the input a parser has to decide. */
  outcome: 'end' | 'unfinished' | { code: string; status: number };
}

export function cgiResponse(
  pieces: readonly Buffer[],
  method = 'GET',
  parser = new CgiResponseParser(undefined, method),
): CgiTrace {
  const trace: CgiTrace = {
    status: 0,
    reason: '',
    headers: [],
    localRedirect: null,
    body: '',
    outcome: 'unfinished',
  };
  try {
    for (const piece of pieces) {
      parser.push(piece);
      take(parser, trace);
    }
    parser.end();
    take(parser, trace);
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error;
    trace.outcome = { code: error.code, status: error.status };
  }
  return trace;
}

function take(parser: CgiResponseParser, trace: CgiTrace): void {
  for (let event = parser.next(); event !== null; event = parser.next()) {
    if (trace.outcome === 'end') throw new Error(`${event.type} after the end`);
    if (event.type === 'head') {
      const { status, reason, headers } = event;
      Object.assign(trace, { status, reason, headers, localRedirect: parser.localRedirect });
    } else if (event.type === 'data') {
      trace.body += Buffer.from(event.data).toString('latin1');
    } else {
      trace.outcome = 'end';
    }
  }
}
