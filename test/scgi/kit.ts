/** What tests of protocols with one request on a connection say and hear: SCGI, uwsgi. */
import type { ClientCodec } from '../../src/protocols/client-codec.ts';
import { ScgiClient } from '../../src/protocols/scgi/index.ts';
import type { Environ } from '../../src/wsgi/types.ts';
import { type Client, start, type TestServer } from '../http/kit.ts';

export type Pair = readonly [name: string, value: string];

/** A protocol with one request on a connection, and the rules that its tests show. */
export interface SingleProtocol {
  readonly scheme: 'scgi' | 'uwsgi';
  /** The bytes of a request's variables; text is Latin-1. */
  head(pairs: readonly Pair[]): Buffer;
  client(): ClientCodec;
  /** What an answer with this status begins with. */
  statusLine(status: string): string;
  /** What is no request of it, of any length, and why it is refused. */
  readonly garbage: readonly [bytes: string, reason: string];
  readonly rules: {
    readonly segments: string;
    readonly counted: string;
    readonly oneRequest: string;
    readonly answer: string;
    readonly repeated: string;
    readonly leaving: string;
    readonly shortContent: string;
    readonly ownKeys: string;
    readonly magic: string;
    readonly badLength: string;
    readonly chunked: string;
    readonly allowed: string;
    readonly many: string;
  };
}

export const SCGI: SingleProtocol = {
  scheme: 'scgi',
  head(pairs) {
    const given = new Map(pairs);
    const head = [['CONTENT_LENGTH', given.get('CONTENT_LENGTH') ?? '0'], ['SCGI', '1'], ...pairs]
      .filter(([name], index) => index < 2 || (name !== 'CONTENT_LENGTH' && name !== 'SCGI'))
      .map(([name, value]) => `${name}\0${value}\0`)
      .join('');
    return netstring(head);
  },
  client: () => new ScgiClient(),
  statusLine: (status) => `Status: ${status}\r\n`,
  garbage: ['GET / HTTP/1.1\r\nHost: a\r\n\r\n', 'bad-netstring'],
  rules: {
    segments: 'SCGI-1',
    counted: 'SCGI-7',
    oneRequest: 'SCGI-9 L10',
    answer: 'SCGI-8',
    repeated: 'SCGI-6',
    leaving: 'SCGI-15',
    shortContent: 'L9',
    ownKeys: 'I1 I5 I13',
    magic: 'I5',
    badLength: 'SCGI-4 L5',
    chunked: 'SCGI-12',
    allowed: 'the allow-list:',
    many: 'L8',
  },
};

export function netstring(content: string): Buffer {
  return Buffer.from(`${content.length}:${content},`, 'latin1');
}

const REQUEST: readonly Pair[] = [
  ['REQUEST_METHOD', 'GET'],
  ['REQUEST_URI', '/a'],
  ['SCRIPT_NAME', ''],
  ['PATH_INFO', '/a'],
  ['QUERY_STRING', ''],
  ['SERVER_NAME', 'example.com'],
  ['SERVER_PORT', '80'],
  ['SERVER_PROTOCOL', 'HTTP/1.1'],
  ['REMOTE_ADDR', '192.0.2.7'],
];

/** A request with these variables instead of, or behind, the usual ones. */
export function request(protocol: SingleProtocol, pairs: readonly Pair[] = [], body = ''): Buffer {
  const own = new Set(pairs.map(([name]) => name));
  const method: Pair[] =
    body === '' || own.has('REQUEST_METHOD') ? [] : [['REQUEST_METHOD', 'POST']];
  const length: Pair[] =
    body === '' || own.has('CONTENT_LENGTH') ? [] : [['CONTENT_LENGTH', String(body.length)]];
  const changed = new Set([...own, ...method.map(([name]) => name)]);
  const usual = REQUEST.filter(([name]) => !changed.has(name));
  const head = protocol.head([...usual, ...method, ...length, ...pairs]);
  return Buffer.concat([head, Buffer.from(body, 'latin1')]);
}

export interface Reply {
  readonly status: number;
  /** Lower-case names. */
  readonly headers: ReadonlyMap<string, string>;
  readonly body: string;
  /** False when the connection ended before the answer did. */
  readonly complete: boolean;
}

/** Reads the answer of a connection, up to the connection's end. */
export async function reply(
  protocol: SingleProtocol,
  connection: Client,
  method = 'GET',
): Promise<Reply> {
  const how = await connection.closed();
  const codec = protocol.client();
  codec.begin({ names: ['REQUEST_METHOD'], values: [method] });
  codec.push(connection.buffer);
  if (how === 'fin') codec.end();
  let status = 0;
  let headers: ReadonlyMap<string, string> = new Map();
  let body = '';
  for (let event = codec.next(); event !== null; event = codec.next()) {
    if (event.type === 'head') {
      status = event.status;
      headers = new Map(event.headers.map(([name, value]) => [name.toLowerCase(), value]));
    } else if (event.type === 'data') {
      body += Buffer.from(event.data).toString('latin1');
    } else if (event.type === 'end') {
      return { status, headers, body, complete: how === 'fin' };
    }
  }
  return { status, headers, body, complete: false };
}

type StartOptions = Parameters<typeof start>[1];

/** Serves with the protocol until the test is over. */
export function serveBy(
  protocol: SingleProtocol,
  app: Parameters<typeof start>[0],
  options: StartOptions = {},
): Promise<TestServer> {
  return start(app, { bind: [`${protocol.scheme}://127.0.0.1:0`], ...options });
}

/** What an application is given for these bytes; its answer is `ok`. */
export async function environFor(
  protocol: SingleProtocol,
  bytes: Buffer,
  options: StartOptions = {},
): Promise<{ readonly environ: Environ; readonly content: string }> {
  const seen: { environ: Environ; content: string }[] = [];
  const server = await serveBy(
    protocol,
    (environ, startResponse) => {
      const content = Buffer.from(environ['wsgi.input'].read()).toString('latin1');
      seen.push({ environ: { ...environ }, content });
      startResponse('200 OK', []);
      return ['ok'];
    },
    options,
  );
  const answer = await reply(protocol, await server.exchange(bytes));
  const [first] = seen;
  if (first === undefined || seen.length > 1 || answer.body !== 'ok') {
    throw new Error(`${seen.length} calls, answered ${answer.status}: ${server.log.loud}`);
  }
  return first;
}
