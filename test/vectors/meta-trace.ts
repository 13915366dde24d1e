import { ProtocolError, ScgiRequestParser } from '../../src/protocols/scgi/index.ts';
import { UwsgiRequestParser } from '../../src/protocols/uwsgi/index.ts';

/** What a parser of SCGI or uwsgi makes of an input, in a form that does not depend on how it was cut. */
export interface MetaTrace {
  variables: (readonly [name: string, value: string])[];
  contentLength: number;
  body: string;
  /** It is never `unfinished`: after the end of the input a parser has to decide. */
  outcome: 'end' | 'eof' | 'unfinished' | { code: string; status: number };
  /** Whether a refusal could be told the peer. */
  understood: boolean;
}

export type MetaParser = ScgiRequestParser | UwsgiRequestParser;

export const metaParsers = {
  scgi: () => new ScgiRequestParser(),
  uwsgi: () => new UwsgiRequestParser(),
} as const satisfies Readonly<Record<string, () => MetaParser>>;

export function metaRequest(pieces: readonly Buffer[], parser: MetaParser): MetaTrace {
  const trace: MetaTrace = {
    variables: [],
    contentLength: 0,
    body: '',
    outcome: 'unfinished',
    understood: false,
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
  trace.understood = parser.understood;
  return trace;
}

function take(parser: MetaParser, trace: MetaTrace): void {
  for (let event = parser.next(); event !== null; event = parser.next()) {
    if (trace.outcome !== 'unfinished') throw new Error(`${event.type} after the end`);
    if (event.type === 'head') {
      const { names, values } = event.variables;
      trace.variables = names.map((name, index) => [name, values[index] as string]);
      trace.contentLength = event.contentLength;
    } else if (event.type === 'data') {
      trace.body += Buffer.from(event.data).toString('latin1');
    } else {
      trace.outcome = event.type;
    }
  }
}
