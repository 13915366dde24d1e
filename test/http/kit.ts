/** Servers under test, and a client that sends and sees raw bytes. */
import { connect, type Socket } from 'node:net';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { onTestFinished } from 'vitest';
import { type ServeOptions, type Server, serve } from '../../src/gateways/serve.ts';
import type { Application, ApplicationLike, Environ } from '../../src/wsgi/types.ts';
import { LogRecorder } from '../log-recorder.ts';

/** How long anything may take before a test fails. Generous: machines are shared. */
const PATIENCE = 20_000;

/** Waits until `condition` gives something other than false, null or undefined. */
export async function until<T>(
  what: string,
  condition: () => T | false | null | undefined,
  patience = PATIENCE,
): Promise<T> {
  const deadline = performance.now() + patience;
  for (;;) {
    const value = condition();
    if (value !== false && value !== null && value !== undefined) return value;
    if (performance.now() > deadline) throw new Error(`waited in vain: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}

/** Gives pending events of this process a few turns. */
export async function turns(count = 5): Promise<void> {
  for (let turn = 0; turn < count; turn++) await nextTurn();
}

export interface TestServer extends Server {
  readonly log: LogRecorder;
  /** Opens a connection, to the first address. */
  client(): Promise<Client>;
  /** Sends bytes on a connection of their own and reads all that comes until its end. */
  exchange(bytes: string | Uint8Array): Promise<Client>;
}

/** Serves with short timeouts, until the test is over. */
export async function start(app: ApplicationLike, options: ServeOptions = {}): Promise<TestServer> {
  const log = new LogRecorder();
  const server = await serve(app, {
    bind: ['127.0.0.1:0'],
    log,
    errors: { write: () => undefined },
    gracefulTimeout: 0.2,
    ...options,
  });
  onTestFinished(() => {
    server.terminate();
  });
  const client = () => Client.open(server.addresses[0] as string);
  return {
    ...server,
    log,
    client,
    async exchange(bytes) {
      const opened = await client();
      opened.send(bytes);
      await opened.closed();
      return opened;
    },
  };
}

export interface Answer {
  readonly version: string;
  readonly status: number;
  readonly reason: string;
  /** Lower-case names; repeated ones joined by a bar, which no test sends. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** False when the connection ended before the content did. */
  readonly complete: boolean;
  /** The interim answers before it. */
  readonly interim: readonly number[];
}

interface Head {
  readonly version: string;
  readonly status: number;
  readonly reason: string;
  readonly headers: Record<string, string>;
}

/** A connection that shows every byte. Text is Latin-1. */
export class Client {
  readonly socket: Socket;
  /** How the server ended its side. */
  ended: 'open' | 'fin' | 'reset' = 'open';
  /** Bytes received in all. */
  received = 0;
  private pieces: Buffer[] = [];

  private constructor(socket: Socket) {
    this.socket = socket;
    socket.setNoDelay(true);
    socket.on('data', (data) => {
      this.received += data.length;
      this.pieces.push(data);
    });
    socket.on('end', () => {
      if (this.ended === 'open') this.ended = 'fin';
    });
    const reset = () => {
      if (this.ended === 'open') this.ended = 'reset';
    };
    socket.on('error', reset);
    socket.on('close', reset);
    onTestFinished(() => {
      socket.destroy();
    });
  }

  static open(address: string): Promise<Client> {
    const where = address.startsWith('unix:')
      ? { path: address.slice('unix:'.length) }
      : { port: Number(new URL(address).port), host: hostOf(address) };
    return new Promise((resolve, reject) => {
      const socket = connect({ ...where, allowHalfOpen: true });
      socket.once('error', reject);
      socket.once('connect', () => {
        socket.off('error', reject);
        resolve(new Client(socket));
      });
    });
  }

  send(bytes: string | Uint8Array): void {
    this.socket.write(typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : bytes);
  }

  /** Sends and waits until the system has taken it. */
  sent(bytes: string | Uint8Array): Promise<void> {
    return new Promise((resolve) => {
      const data = typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : bytes;
      this.socket.write(data, () => resolve());
    });
  }

  /** Sends the bytes over and over, at intervals, until the connection is over. */
  drip(bytes: string, interval: number): void {
    const timer = setInterval(() => {
      if (this.socket.writable) this.send(bytes);
    }, interval);
    this.socket.once('close', () => clearInterval(timer));
  }

  /** Ends our side only. */
  end(): void {
    this.socket.end();
  }

  reset(): void {
    this.socket.resetAndDestroy();
  }

  /** What was received and not read yet. */
  get buffer(): Buffer {
    if (this.pieces.length !== 1) this.pieces = [Buffer.concat(this.pieces)];
    return this.pieces[0] as Buffer;
  }

  set buffer(rest: Buffer) {
    this.pieces = [rest];
  }

  /** The unread bytes. */
  get text(): string {
    return this.buffer.toString('latin1');
  }

  /** Waits for the server to end its side, and ends ours then. */
  async closed(): Promise<'fin' | 'reset'> {
    const how = await until('the connection to be closed', () =>
      this.ended === 'open' ? null : this.ended,
    );
    this.socket.end();
    return how;
  }

  /** Waits for text among the first unread bytes. */
  async expect(text: string): Promise<void> {
    await until(`${JSON.stringify(text)} to arrive`, () =>
      this.buffer.subarray(0, 4096).includes(text),
    );
  }

  /** Reads the next answer, interim ones before it. */
  async answer(method = 'GET'): Promise<Answer> {
    const interim: number[] = [];
    let head = await this.head();
    while (head.status < 200) {
      interim.push(head.status);
      head = await this.head();
    }
    const { body, complete } = await this.content(head, method);
    return { ...head, body: body.toString('latin1'), complete, interim };
  }

  /** Reads answers until the server ends the connection. */
  async answers(method = 'GET'): Promise<Answer[]> {
    await this.closed();
    const all: Answer[] = [];
    while (this.buffer.length > 0) all.push(await this.answer(method));
    return all;
  }

  async head(): Promise<Head> {
    const end = await until('a head to arrive', () => {
      const found = this.buffer.indexOf('\r\n\r\n');
      if (found === -1 && this.ended !== 'open') throw new Error(`ended by ${this.ended}, no head`);
      return found === -1 ? null : found;
    });
    const head = parseHead(this.buffer.subarray(0, end).toString('latin1'));
    this.buffer = this.buffer.subarray(end + 4);
    return head;
  }

  private async content(head: Head, method: string): Promise<{ body: Buffer; complete: boolean }> {
    const { status, headers } = head;
    if (method === 'HEAD' || status === 204 || status === 304) return whole(Buffer.alloc(0));
    if (headers['transfer-encoding'] === 'chunked') return this.chunks();
    const length = headers['content-length'];
    if (length === undefined) {
      await until('the end of the connection', () => this.ended !== 'open');
      return { ...whole(this.take(this.buffer.length)), complete: this.ended === 'fin' };
    }
    const size = Number(length);
    const complete = await this.available(size);
    return { body: this.take(complete ? size : this.buffer.length), complete };
  }

  private async chunks(): Promise<{ body: Buffer; complete: boolean }> {
    const body: Buffer[] = [];
    for (;;) {
      const line = await until('a chunk', () => {
        const found = this.buffer.indexOf('\r\n');
        if (found !== -1) return this.buffer.subarray(0, found).toString('latin1');
        return this.ended === 'open' ? null : '';
      });
      if (line === '') return { body: Buffer.concat(body), complete: false };
      if (!/^[0-9a-f]+$/.test(line)) throw new Error(`bad chunk size ${JSON.stringify(line)}`);
      const size = Number.parseInt(line, 16);
      if (!(await this.available(line.length + 2 + size + 2))) {
        return { body: Buffer.concat(body), complete: false };
      }
      this.take(line.length + 2);
      body.push(this.take(size));
      if (this.take(2).toString() !== '\r\n') throw new Error('a chunk without its end');
      if (size === 0) return whole(Buffer.concat(body));
    }
  }

  /** Waits for so many bytes; false when the connection ends before. */
  private available(size: number): Promise<boolean> {
    const enough = this.received - this.buffer.length + size;
    return until(`${size} bytes`, () =>
      this.received >= enough ? 'yes' : this.ended !== 'open' && 'no',
    ).then((answer) => answer === 'yes');
  }

  private take(size: number): Buffer {
    const taken = this.buffer.subarray(0, size);
    this.buffer = this.buffer.subarray(size);
    return taken;
  }
}

function whole(body: Buffer): { body: Buffer; complete: boolean } {
  return { body, complete: true };
}

function hostOf(address: string): string {
  return new URL(address).hostname.replace(/^\[|\]$/g, '');
}

/** Reads a head strictly, and checks what holds of every head a server may send. */
function parseHead(text: string): Head {
  const [line = '', ...fields] = text.split('\r\n');
  const match = /^(HTTP\/1\.1) (\d{3}) ([^\r\n]*)$/.exec(line);
  if (match === null) throw new Error(`bad status line ${JSON.stringify(line)}`);
  const headers: Record<string, string> = Object.create(null);
  for (const field of fields) {
    const parts = /^([!#$%&'*+\-.^_`|~0-9A-Za-z]+): ([\x20-\x7e\x80-\xff]*)$/.exec(field);
    if (parts === null) throw new Error(`bad field ${JSON.stringify(field)}`);
    const name = (parts[1] as string).toLowerCase();
    headers[name] = name in headers ? `${headers[name]}|${parts[2]}` : (parts[2] as string);
  }
  const status = Number(match[2]);
  if ('content-length' in headers && 'transfer-encoding' in headers) {
    throw new Error('both Content-Length and Transfer-Encoding (HTTP-76)');
  }
  if ('transfer-encoding' in headers && (status < 200 || status === 204)) {
    throw new Error('Transfer-Encoding where there can be no content (HTTP-75)');
  }
  return { version: match[1] as string, status, reason: match[3] as string, headers };
}

/** An application that answers each request with a text. */
export function answering(text: (environ: Environ) => string | Promise<string>): Application {
  return (environ, startResponse) => {
    const begin = (body: string) => {
      startResponse('200 OK', [['Content-Type', 'text/plain']]);
      return [body];
    };
    const body = text(environ);
    return typeof body === 'string' ? begin(body) : body.then(begin);
  };
}

/** An application that sends "begun" at once, and then a text that is still to come. */
export function beginning(rest: Promise<string>): Application {
  return (_environ, startResponse) => {
    startResponse('200 OK', []);
    return (async function* () {
      yield 'begun';
      yield await rest;
    })();
  };
}

/** Answers with the request's method, path and content, and records each call. */
export function recording(): { readonly app: Application; readonly calls: string[] } {
  const calls: string[] = [];
  const app = answering((environ) => {
    const body = Buffer.from(environ['wsgi.input'].read()).toString('latin1');
    const call = `${environ.REQUEST_METHOD} ${environ.PATH_INFO} ${body}`.trim();
    calls.push(call);
    return call;
  });
  return { app, calls };
}

/** A promise and what settles it. */
export function gate<T = void>(): { promise: Promise<T>; open: (value: T) => void } {
  let open!: (value: T) => void;
  const promise = new Promise<T>((resolve) => {
    open = resolve;
  });
  return { promise, open };
}

export const get = (path = '/', fields = '') => `GET ${path} HTTP/1.1\r\nHost: a\r\n${fields}\r\n`;

export const post = (body: string, path = '/', fields = '') =>
  `POST ${path} HTTP/1.1\r\nHost: a\r\n${fields}Content-Length: ${body.length}\r\n\r\n${body}`;

export const CHUNKED_POST = 'POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n';
