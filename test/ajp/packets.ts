/** AJP packets made and read by hand, from the document and not from the codec under test. */

/** A request's parts as they go into a packet; null and numbers go as the protocol has them. */
export interface ForwardParts {
  readonly method?: number;
  readonly protocol?: string | null;
  readonly uri?: string | null;
  readonly remoteAddress?: string | null;
  readonly remoteHost?: string | null;
  readonly serverName?: string | null;
  readonly serverPort?: number;
  readonly secure?: number;
  /** Names may be numbers, as in 0xa00b. */
  readonly headers?: readonly (readonly [name: string | number, value: string | null])[];
  /** The number of headers that the packet says. Default: the true one. */
  readonly count?: number;
  readonly attributes?: readonly Attribute[];
  /** Default: true. */
  readonly terminated?: boolean;
}

/** A number; a text, a number of two bytes, or a name and a value behind it. */
export type Attribute = readonly [code: number, value: string | number | readonly [string, string]];

export function integer(value: number): Buffer {
  return Buffer.of((value >> 8) & 0xff, value & 0xff);
}

export function text(value: string | null): Buffer {
  if (value === null) return Buffer.of(0xff, 0xff);
  return Buffer.concat([integer(value.length), Buffer.from(value, 'latin1'), Buffer.of(0)]);
}

/** A packet of a web server. */
export function packet(payload: Uint8Array | readonly number[]): Buffer {
  return Buffer.concat([Buffer.of(0x12, 0x34), integer(payload.length), Buffer.from(payload)]);
}

/** A packet of a servlet container. */
export function answer(payload: Uint8Array | readonly number[]): Buffer {
  return Buffer.concat([Buffer.from('AB'), integer(payload.length), Buffer.from(payload)]);
}

export function forward(parts: ForwardParts = {}): Buffer {
  const { headers = [], attributes = [] } = parts;
  const of = <K extends keyof ForwardParts>(key: K, fallback: ForwardParts[K] & {}) =>
    (parts[key] === undefined ? fallback : parts[key]) as ForwardParts[K] & {};
  return packet(
    Buffer.concat([
      Buffer.of(2, of('method', 2)),
      text(of('protocol', 'HTTP/1.1')),
      text(of('uri', '/')),
      text(of('remoteAddress', '192.0.2.7')),
      text(parts.remoteHost ?? null),
      text(of('serverName', 'example.com')),
      integer(of('serverPort', 80)),
      Buffer.of(of('secure', 0)),
      integer(of('count', headers.length)),
      ...headers.flatMap(([name, value]) => [
        typeof name === 'number' ? integer(name) : text(name),
        text(value),
      ]),
      ...attributes.map(attribute),
      ...(of('terminated', true) ? [Buffer.of(0xff)] : []),
    ]),
  );
}

function attribute([code, value]: Attribute): Buffer {
  if (typeof value === 'number') return Buffer.concat([Buffer.of(code), integer(value)]);
  if (typeof value === 'string') return Buffer.concat([Buffer.of(code), text(value)]);
  return Buffer.concat([Buffer.of(code), text(value[0]), text(value[1])]);
}

/** A packet of content. */
export function content(data: string): Buffer {
  return packet(Buffer.concat([integer(data.length), Buffer.from(data, 'latin1')]));
}

export const CPING = packet([10]);
export const SHUTDOWN = packet([7]);
export const NO_CONTENT = packet([]);

/** What a container's packets say. */
export type Said =
  | { readonly head: number; readonly reason: string; readonly headers: [string, string][] }
  | { readonly chunk: string }
  | { readonly end: number }
  | { readonly ask: number }
  | { readonly pong: true };

const NAMES =
  'Content-Type Content-Language Content-Length Date Last-Modified Location Set-Cookie Set-Cookie2 Servlet-Engine Status WWW-Authenticate'.split(
    ' ',
  );

/** Reads a container's packets. What is not whole yet, or no packet, is left in `rest`. */
export function said(bytes: Buffer): { packets: Said[]; rest: Buffer } {
  const packets: Said[] = [];
  let at = 0;
  while (bytes.length - at >= 4) {
    const size = bytes.readUInt16BE(at + 2);
    if (bytes.toString('latin1', at, at + 2) !== 'AB') throw new Error('an answer without AB');
    if (bytes.length - at - 4 < size) break;
    packets.push(read(bytes.subarray(at + 4, at + 4 + size)));
    at += 4 + size;
  }
  return { packets, rest: bytes.subarray(at) };
}

function read(payload: Buffer): Said {
  const whole = (size: number) => {
    if (payload.length !== size)
      throw new Error(`a packet of ${payload.length} bytes, not ${size}`);
  };
  switch (payload[0]) {
    case 3: {
      const size = payload.readUInt16BE(1);
      whole(size + 4);
      if (payload.at(-1) !== 0) throw new Error('a chunk without NUL');
      return { chunk: payload.toString('latin1', 3, 3 + size) };
    }
    case 4:
      return readHead(payload);
    case 5:
      whole(2);
      return { end: payload[1] as number };
    case 6:
      whole(3);
      return { ask: payload.readUInt16BE(1) };
    case 9:
      whole(1);
      return { pong: true };
    default:
      throw new Error(`a packet with the number ${payload[0]}`);
  }
}

function readHead(payload: Buffer): Said {
  let at = 3;
  const string = () => {
    const size = payload.readUInt16BE(at);
    const start = at + 2;
    at = start + size + 1;
    if (payload[at - 1] !== 0) throw new Error('a text without NUL');
    return payload.toString('latin1', start, start + size);
  };
  const reason = string();
  const count = payload.readUInt16BE(at);
  at += 2;
  const headers: [string, string][] = [];
  for (let index = 0; index < count; index++) {
    const code = payload.readUInt16BE(at);
    let name: string;
    if (code >> 8 === 0xa0) {
      name = NAMES[(code & 0xff) - 1] as string;
      at += 2;
    } else {
      name = string();
    }
    headers.push([name, string()]);
  }
  if (at !== payload.length) throw new Error('bytes behind the headers');
  return { head: payload.readUInt16BE(1), reason, headers };
}
