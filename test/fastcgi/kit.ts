/** Servers under test that speak FastCGI, and a web server that sends and sees raw records. */
import type { ServeOptions } from '../../src/gateways/serve.ts';
import type { ApplicationLike, Environ } from '../../src/wsgi/types.ts';
import { Client, start, type TestServer, until } from '../http/kit.ts';

// Written out here, so that a wrong number in the codec shows.
export const BEGIN_REQUEST = 1;
export const ABORT_REQUEST = 2;
export const END_REQUEST = 3;
export const PARAMS = 4;
export const STDIN = 5;
export const STDOUT = 6;
export const STDERR = 7;
export const DATA = 8;
export const GET_VALUES = 9;
export const GET_VALUES_RESULT = 10;
export const UNKNOWN_TYPE = 11;

export type Pair = readonly [name: string, value: string];

export interface Header {
  readonly padding?: number;
  readonly reserved?: number;
  readonly version?: number;
}

/** A record; text is Latin-1. */
export function record(
  type: number,
  id: number,
  content: string | Uint8Array = '',
  { padding = 0, reserved = 0, version = 1 }: Header = {},
): Buffer {
  const body = typeof content === 'string' ? Buffer.from(content, 'latin1') : content;
  const [high, low] = [body.length >> 8, body.length & 0xff];
  const header = [version, type, id >> 8, id & 0xff, high, low, padding, reserved];
  return Buffer.concat([Buffer.from(header), body, Buffer.alloc(padding, 0xee)]);
}

export interface Begin {
  readonly id?: number;
  readonly role?: number;
  /** Default: KEEP_CONN. */
  readonly flags?: number;
}

export function begin({ id = 1, role = 1, flags = 1 }: Begin = {}): Buffer {
  return record(BEGIN_REQUEST, id, Buffer.from([role >> 8, role & 0xff, flags, 0, 0, 0, 0, 0]));
}

export function encodePairs(list: readonly Pair[]): Buffer {
  const length = (text: string) =>
    text.length < 128
      ? Buffer.of(text.length)
      : Buffer.of(0x80, text.length >> 16, (text.length >> 8) & 0xff, text.length & 0xff);
  return Buffer.concat(
    list.flatMap(([name, value]) => [
      length(name),
      length(value),
      Buffer.from(name + value, 'latin1'),
    ]),
  );
}

/** A stream in one record, and its end. */
export function stream(type: number, id: number, content: string | Uint8Array): Buffer {
  const end = record(type, id);
  return content.length === 0 ? end : Buffer.concat([record(type, id, content), end]);
}

const USUAL: readonly Pair[] = [
  ['REQUEST_METHOD', 'GET'],
  ['SCRIPT_NAME', ''],
  ['PATH_INFO', '/'],
  ['QUERY_STRING', ''],
  ['SERVER_NAME', 'example.com'],
  ['SERVER_PORT', '80'],
  ['SERVER_PROTOCOL', 'HTTP/1.1'],
  ['REMOTE_ADDR', '192.0.2.7'],
];

/** The usual variables, with these in place of some of them and behind. */
export function variables(list: readonly Pair[] = []): Pair[] {
  const own = new Set(list.map(([name]) => name));
  return [...USUAL.filter(([name]) => !own.has(name)), ...list];
}

export const params = (list: readonly Pair[] = [], id = 1) =>
  stream(PARAMS, id, encodePairs(variables(list)));

/** A whole request without content. */
export function get(list: readonly Pair[] = [], options: Begin = {}): Buffer {
  const { id = 1 } = options;
  return Buffer.concat([begin(options), params(list, id), record(STDIN, id)]);
}

/** A whole request with content, whose length is said unless `list` says another. */
export function post(body: string, list: readonly Pair[] = [], options: Begin = {}): Buffer {
  const { id = 1 } = options;
  const own = new Set(list.map(([name]) => name));
  const length: Pair[] = own.has('CONTENT_LENGTH') ? [] : [['CONTENT_LENGTH', `${body.length}`]];
  const all: Pair[] = [['REQUEST_METHOD', 'POST'], ...length, ...list];
  return Buffer.concat([begin(options), params(all, id), stream(STDIN, id, body)]);
}

export interface Received {
  readonly type: number;
  readonly id: number;
  readonly content: Buffer;
  readonly padding: number;
}

export interface Answer {
  readonly status: string;
  /** Lower-case names. */
  readonly headers: ReadonlyMap<string, string>;
  readonly body: string;
  readonly stderr: string;
  readonly appStatus: number;
  readonly protocolStatus: number;
  /** Its records, in order. */
  readonly records: readonly Received[];
}

/** A web server's connection. */
export class Peer {
  readonly client: Client;
  /** What came and was not taken yet. */
  records: Received[] = [];

  constructor(client: Client) {
    this.client = client;
  }

  send(...bytes: (string | Uint8Array)[]): void {
    for (const piece of bytes) this.client.send(piece);
  }

  /** Sends records and waits for the answer to one of the requests. */
  ask(bytes: Uint8Array, id = 1): Promise<Answer> {
    this.send(bytes);
    return this.answer(id);
  }

  /** Waits for the next record, of a type if there is one. */
  next(type?: number): Promise<Received> {
    return this.wait(`a record of type ${type ?? 'any'}`, () => {
      const index = this.records.findIndex((one) => type === undefined || one.type === type);
      return index === -1 ? null : (this.records.splice(index, 1)[0] as Received);
    });
  }

  /** Waits for the end of a request. */
  async answer(id = 1): Promise<Answer> {
    const records = await this.wait(`the answer to ${id}`, () => {
      const end = this.records.findIndex((one) => one.id === id && one.type === END_REQUEST);
      if (end === -1) return null;
      const all = this.records;
      const own = all.slice(0, end + 1).filter((one) => one.id === id);
      this.records = all.filter((one) => !own.includes(one));
      return own;
    });
    return readAnswer(records);
  }

  /** Waits for the end of the connection, with all of its records read. */
  async closed(): Promise<'fin' | 'reset'> {
    const how = await this.client.closed();
    this.read();
    return how;
  }

  private async wait<T>(what: string, condition: () => T | null): Promise<T> {
    return until(what, () => {
      const { ended } = this.client;
      this.read();
      const value = condition();
      if (value === null && ended !== 'open') throw new Error(`no ${what}: ended by ${ended}`);
      return value;
    });
  }

  private read(): void {
    const { buffer } = this.client;
    let at = 0;
    while (buffer.length - at >= 8) {
      const length = buffer.readUInt16BE(at + 4);
      const padding = buffer[at + 6] as number;
      const end = at + 8 + length + padding;
      if (end > buffer.length) break;
      if (buffer[at] !== 1) throw new Error(`version ${buffer[at]}`);
      const [type, id] = [buffer[at + 1] as number, buffer.readUInt16BE(at + 2)];
      const content = Buffer.from(buffer.subarray(at + 8, at + 8 + length));
      this.records.push({ type, id, content, padding });
      at = end;
    }
    if (at > 0) this.client.buffer = buffer.subarray(at);
  }
}

function readAnswer(records: readonly Received[]): Answer {
  const text = (type: number) =>
    Buffer.concat(
      records.filter((one) => one.type === type).map(({ content }) => content),
    ).toString('latin1');
  const output = text(STDOUT);
  const end = output.indexOf('\r\n\r\n');
  const lines = end === -1 ? [] : output.slice(0, end).split('\r\n');
  const headers = new Map<string, string>();
  for (const line of lines) {
    const [name = '', value = ''] = line.split(/: (.*)/s);
    headers.set(name.toLowerCase(), value);
  }
  const last = records.at(-1)?.content as Buffer;
  return {
    status: headers.get('status') ?? '',
    headers,
    body: end === -1 ? '' : output.slice(end + 4),
    stderr: text(STDERR),
    appStatus: last.readUInt32BE(0),
    protocolStatus: last[4] as number,
    records,
  };
}

export interface FastCgiServer extends TestServer {
  peer(): Promise<Peer>;
}

/** Serves until the test is over. */
export async function startFastCgi(
  app: ApplicationLike,
  options: ServeOptions = {},
): Promise<FastCgiServer> {
  const server = await start(app, { bind: ['fastcgi://127.0.0.1:0'], ...options });
  const address = (server.addresses[0] as string).replace('fastcgi+unix:', 'unix:');
  return { ...server, peer: async () => new Peer(await Client.open(address)) };
}

/** What an application is given for a request. */
export async function environFor(
  list: readonly Pair[],
  options: ServeOptions = {},
): Promise<Environ> {
  const seen: Environ[] = [];
  const server = await startFastCgi((environ, startResponse) => {
    seen.push({ ...environ });
    startResponse('200 OK', []);
    return ['ok'];
  }, options);
  const peer = await server.peer();
  const { status } = await peer.ask(get(list));
  const [environ] = seen;
  if (environ === undefined) throw new Error(`answered ${status}: ${server.log.loud}`);
  return environ;
}
