/** A client that sees every byte: a socket, and a small reader of HTTP/1.1 responses. */
import { connect, type NetConnectOpts, type Socket } from 'node:net';
import { Headers } from '../../src/wsgi/headers.ts';
import type { Answer, AnswerHead } from './harness.ts';

export interface WireHead extends AnswerHead {
  readonly version: string;
  /** The head as received, with the empty line. */
  readonly raw: string;
}

export type Framing = 'none' | 'length' | 'chunked' | 'close';

export interface WireAnswer extends Answer, WireHead {
  readonly framing: Framing;
  /** Pieces of content: the chunks of a chunked answer, one by one. */
  readonly pieces: readonly Buffer[];
}

/** The connection ended where more should have come. */
export class CutError extends Error {
  override readonly name = 'CutError';
}

export class RawConnection {
  readonly socket: Socket;
  /** How the peer ended the connection. */
  ended: 'open' | 'fin' | 'reset' = 'open';
  /** Everything that came, also what was consumed. */
  readonly arrivals: { readonly time: number; readonly data: Buffer }[] = [];
  private received: Buffer[] = [];
  private size = 0;
  private waiting: (() => void)[] = [];

  private constructor(socket: Socket) {
    this.socket = socket;
    socket.setNoDelay(true);
    socket.on('data', (data) => {
      this.arrivals.push({ time: performance.now(), data });
      this.received.push(data);
      this.size += data.length;
      this.wake();
    });
    socket.on('end', () => this.end('fin'));
    socket.on('error', () => this.end('reset'));
    socket.on('close', () => this.end('reset'));
  }

  static open(where: NetConnectOpts): Promise<RawConnection> {
    return new Promise((resolve, reject) => {
      const socket = connect({ ...where, allowHalfOpen: true });
      socket.once('error', reject);
      socket.once('connect', () => {
        socket.off('error', reject);
        resolve(new RawConnection(socket));
      });
    });
  }

  /** Text is sent as Latin-1. */
  send(data: string | Uint8Array): void {
    this.socket.write(typeof data === 'string' ? Buffer.from(data, 'latin1') : data);
  }

  /** Ends the sending side; what the peer sends is still read. */
  finish(): void {
    this.socket.end();
  }

  reset(): void {
    this.socket.resetAndDestroy();
  }

  close(): void {
    this.socket.destroy();
  }

  /** The bytes that have come and were not consumed. */
  get pending(): string {
    return this.buffer.toString('latin1');
  }

  /** Waits for something to hold of this connection; throws when it ends without that. */
  async when<T>(test: () => T | undefined): Promise<T> {
    for (;;) {
      const value = test();
      if (value !== undefined) return value;
      if (this.ended !== 'open') throw new CutError(`the connection ended (${this.ended})`);
      await new Promise<void>((resolve) => {
        this.waiting.push(resolve);
      });
    }
  }

  async whenEnded(): Promise<'fin' | 'reset'> {
    return this.when(() => (this.ended === 'open' ? undefined : this.ended));
  }

  /** Reads a head, an interim one included. */
  async readHead(): Promise<WireHead> {
    const end = await this.when(() => {
      const found = this.buffer.indexOf('\r\n\r\n');
      return found === -1 ? undefined : found + 4;
    });
    return parseHead(this.consume(end).toString('latin1'));
  }

  /** Reads a whole answer after any interim ones. */
  async readAnswer(method = 'GET'): Promise<WireAnswer> {
    let head = await this.readHead();
    while (head.status < 200) head = await this.readHead();
    const framing = framingOf(head, method);
    const pieces: Buffer[] = [];
    let complete = true;
    try {
      for await (const piece of this.content(head, method)) pieces.push(piece);
    } catch (error) {
      if (!(error instanceof CutError)) throw error;
      complete = false;
    }
    return { ...head, framing, pieces, body: Buffer.concat(pieces), complete };
  }

  /** The content that belongs to a head. Throws {@link CutError} when it is cut. */
  async *content(head: WireHead, method = 'GET'): AsyncGenerator<Buffer> {
    switch (framingOf(head, method)) {
      case 'none':
        return;
      case 'chunked':
        yield* this.chunks();
        return;
      case 'length':
        yield* this.counted(Number(head.headers.get('Content-Length')));
        return;
      case 'close':
        yield* this.rest();
    }
  }

  private async *chunks(): AsyncGenerator<Buffer> {
    for (;;) {
      const lineEnd = await this.when(() => {
        const found = this.buffer.indexOf('\r\n');
        return found === -1 ? undefined : found;
      });
      const line = this.consume(lineEnd + 2)
        .toString('latin1')
        .slice(0, -2);
      if (!/^[0-9a-f]+$/i.test(line)) throw new Error(`bad chunk size ${JSON.stringify(line)}`);
      const size = Number.parseInt(line, 16);
      await this.when(() => (this.size >= size + 2 ? true : undefined));
      const chunk = Buffer.from(this.consume(size));
      const end = this.consume(2).toString('latin1');
      if (end !== '\r\n') throw new Error(`bad chunk end ${JSON.stringify(end)}`);
      if (size === 0) return;
      yield chunk;
    }
  }

  private async *counted(length: number): AsyncGenerator<Buffer> {
    for (let left = length; left > 0; ) {
      await this.when(() => (this.size > 0 ? true : undefined));
      const piece = Buffer.from(this.consume(Math.min(left, this.size)));
      left -= piece.length;
      yield piece;
    }
  }

  private async *rest(): AsyncGenerator<Buffer> {
    for (;;) {
      const state = await this.when(() =>
        this.size > 0 || this.ended === 'fin' ? true : undefined,
      );
      if (state && this.size === 0) return;
      yield Buffer.from(this.consume(this.size));
    }
  }

  // Joined when something is looked at only, or large answers would take quadratic time.
  private get buffer(): Buffer {
    if (this.received.length > 1) this.received = [Buffer.concat(this.received)];
    return this.received[0] ?? Buffer.alloc(0);
  }

  private consume(size: number): Buffer {
    const all = this.buffer;
    this.received = size < all.length ? [all.subarray(size)] : [];
    this.size -= size;
    return all.subarray(0, size);
  }

  private end(how: 'fin' | 'reset'): void {
    if (this.ended === 'open') this.ended = how;
    this.wake();
  }

  private wake(): void {
    const { waiting } = this;
    this.waiting = [];
    for (const waiter of waiting) waiter();
  }
}

/** Reads a head strictly: what would be tolerated here could hide a fault of the server. */
export function parseHead(raw: string): WireHead {
  const [statusLine = '', ...lines] = raw.slice(0, -4).split('\r\n');
  const match = /^(HTTP\/1\.[01]) (\d{3} .*)$/s.exec(statusLine);
  if (match === null) throw new Error(`bad status line ${JSON.stringify(statusLine)}`);
  const [, version = '', status = ''] = match;
  const headers = new Headers();
  for (const line of lines) {
    const field = /^([!#$%&'*+\-.^_`|~0-9A-Za-z]+):[ ]?(.*)$/s.exec(line);
    if (field === null) throw new Error(`bad field line ${JSON.stringify(line)}`);
    headers.append(field[1] ?? '', field[2] ?? '');
  }
  if (headers.has('Content-Length') && headers.has('Transfer-Encoding')) {
    throw new Error('both Content-Length and Transfer-Encoding');
  }
  return { raw, version, statusLine: status, status: Number(status.slice(0, 3)), headers };
}

function framingOf(head: WireHead, method: string): Framing {
  if (method === 'HEAD' || head.status === 204 || head.status === 304) return 'none';
  if (head.headers.get('Transfer-Encoding') === 'chunked') return 'chunked';
  if (head.headers.has('Content-Length')) return 'length';
  return 'close';
}
