/** A front end in little: requests as meta-variables over one connection, and their answers. */
import { connect, type NetConnectOpts, type Socket } from 'node:net';
import type { Pieces } from '../../src/protocols/answer.ts';
import type { Variables } from '../../src/protocols/cgi/variables.ts';
import type { ClientCodec, ClientEvent } from '../../src/protocols/client-codec.ts';
import { Headers } from '../../src/wsgi/headers.ts';
import type { AnswerHead, RequestSpec } from './harness.ts';
import { CutError } from './wire.ts';

export type Content = Uint8Array | AsyncIterable<Uint8Array | string> | null;

export class MetaConnection {
  readonly socket: Socket;
  /** What the server said for the web server's log. */
  logged = '';
  /** The last answer came to its end, and the connection can be used again. */
  reusable = false;
  private readonly codec: ClientCodec;
  private readonly events: ClientEvent[] = [];
  private failure: Error | null = null;
  private waiting: (() => void)[] = [];
  private wanted = 0;
  /** All content of the request was sent. */
  private sent = false;
  private gone = false;

  private constructor(socket: Socket, codec: ClientCodec) {
    this.socket = socket;
    this.codec = codec;
    socket.setNoDelay(true);
    socket.on('data', (data) => {
      codec.push(data);
      this.take();
    });
    socket.on('end', () => {
      codec.end();
      this.take();
      this.leave();
    });
    socket.on('error', () => this.leave());
    socket.on('close', () => this.leave());
  }

  static open(where: NetConnectOpts, codec: ClientCodec): Promise<MetaConnection> {
    return new Promise((resolve, reject) => {
      const socket = connect({ ...where, allowHalfOpen: true });
      socket.once('error', reject);
      socket.once('connect', () => {
        socket.off('error', reject);
        resolve(new MetaConnection(socket, codec));
      });
    });
  }

  get alive(): boolean {
    return !this.gone && !this.socket.destroyed && this.failure === null;
  }

  /** Sends a request; rejects when the server does not take all of its content. */
  async send(variables: Variables, content: Content): Promise<void> {
    this.reusable = false;
    this.wanted = this.codec.pulls ? 0 : Number.POSITIVE_INFINITY;
    this.sent = false;
    this.write(this.codec.begin(variables));
    // A protocol may ask for content without a word from the server.
    this.take();
    if (content instanceof Uint8Array) await this.sendBlock(content);
    else if (content !== null) {
      for await (const block of content) await this.sendBlock(Buffer.from(block as Uint8Array));
    }
    this.sent = true;
    this.write(this.codec.contentEnd());
  }

  async head(): Promise<AnswerHead> {
    const event = await this.next();
    if (event.type !== 'head') throw new Error(`${event.type} in place of a head`);
    const { status, reason } = event;
    const headers = new Headers();
    for (const [name, value] of event.headers) headers.append(name, value);
    return { status, statusLine: `${status} ${reason}`, headers };
  }

  /** The next piece of content; null at its end. Throws when it was cut. */
  async content(): Promise<Buffer | null> {
    const event = await this.next();
    if (event.type === 'data') return Buffer.from(event.data);
    if (event.type !== 'end') throw new Error(`${event.type} in place of content`);
    this.reusable = event.reusable;
    return null;
  }

  private async sendBlock(block: Uint8Array): Promise<void> {
    for (let rest = block; rest.length > 0; ) {
      await this.when(() => this.wanted > 0 || undefined);
      const piece = rest.subarray(0, this.wanted);
      rest = rest.subarray(piece.length);
      if (this.codec.pulls) this.wanted = 0;
      this.write(this.codec.content(piece));
      if (this.socket.writableNeedDrain) await this.drained();
    }
  }

  private drained(): Promise<void> {
    const { socket } = this;
    return new Promise((resolve) => {
      const over = () => {
        socket.off('drain', over);
        socket.off('close', over);
        resolve();
      };
      socket.on('drain', over);
      socket.on('close', over);
    });
  }

  private next(): Promise<ClientEvent> {
    return this.when(() => this.events.shift());
  }

  /** Waits for something to hold; throws when the connection ends without that. */
  private async when<T>(test: () => T | undefined): Promise<T> {
    for (;;) {
      const value = test();
      if (value !== undefined) return value;
      if (this.failure !== null) throw this.failure;
      await new Promise<void>((resolve) => {
        this.waiting.push(resolve);
      });
    }
  }

  private take(): void {
    try {
      for (let event = this.codec.next(); event !== null; event = this.codec.next()) {
        if (event.type === 'log') this.logged += event.text;
        else if (event.type === 'want') this.want(event.size);
        // Its bytes do not last.
        else if (event.type === 'data') this.events.push({ ...event, data: copy(event.data) });
        else this.events.push(event);
      }
    } catch (error) {
      this.failure ??= new CutError(String(error));
    }
    this.wake();
  }

  private want(size: number): void {
    if (this.sent) this.write(this.codec.contentEnd());
    else this.wanted = size;
  }

  private leave(): void {
    this.gone = true;
    this.failure ??= new CutError('the connection ended');
    this.wake();
  }

  private write(pieces: Pieces): void {
    this.socket.cork();
    for (const piece of pieces) this.socket.write(piece as string, 'latin1');
    this.socket.uncork();
  }

  private wake(): void {
    const { waiting } = this;
    this.waiting = [];
    for (const waiter of waiting) waiter();
  }
}

const copy = (data: Uint8Array) => Buffer.from(data);

/** What a front end tells of a request. */
export function variablesOf(spec: RequestSpec, length: number | null): Variables {
  const { method = 'GET', target = '/', headers = [], protocol = 'HTTP/1.1' } = spec;
  const [, authority, path = '', query = ''] =
    /^(?:[a-z]+:\/\/([^/?#]*))?([^?]*)\??(.*)$/i.exec(target) ?? [];
  const host = authority ?? headers.find(([name]) => name.toLowerCase() === 'host')?.[1] ?? 'a';
  const pairs: [string, string][] = [
    ['REQUEST_METHOD', method],
    ['REQUEST_URI', target],
    ['SCRIPT_NAME', ''],
    ['PATH_INFO', path === '*' ? '' : decoded(path)],
    ['QUERY_STRING', query],
    ['SERVER_PROTOCOL', protocol],
    ['SERVER_NAME', 'localhost'],
    ['SERVER_PORT', '80'],
    ['REMOTE_ADDR', '127.0.0.1'],
    ['REMOTE_PORT', '4711'],
  ];
  const declared = headers.find(([name]) => name.toLowerCase() === 'content-length')?.[1];
  if (declared !== undefined || length !== null) {
    pairs.push(['CONTENT_LENGTH', declared ?? String(length)]);
  }
  pairs.push(['HTTP_HOST', host]);
  for (const [name, value] of headers) {
    const lower = name.toLowerCase();
    if (lower === 'host' || lower === 'content-length' || /[^a-z0-9-]/.test(lower)) continue;
    const key = name.toUpperCase().replaceAll('-', '_');
    pairs.push([lower === 'content-type' ? key : `HTTP_${key}`, value]);
  }
  return { names: pairs.map(([name]) => name), values: pairs.map(([, value]) => value) };
}

function decoded(path: string): string {
  return path.replace(/%([0-9a-f]{2})/gi, (_, hex) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  );
}
