/** A client that sends any octets, and reads answers as HTTP has them. */
import { connect, type NetConnectOpts, type Socket } from 'node:net';
import {
  DEFAULT_RESPONSE_LIMITS,
  ProtocolError,
  type ResponseEvent,
  ResponseParser,
} from '../../protocols/http1/index.ts';
import type { SeenAnswer } from './match.ts';
import { OpenAnswer } from './open-answer.ts';

/** There is no answer, or what came is none. */
export class NoAnswer extends Error {
  override readonly name = 'NoAnswer';
  /** The connection is over, and nothing came that would be wrong. */
  readonly ended: boolean;

  constructor(message: string, ended = false) {
    super(message);
    this.ended = ended;
  }
}

/** Bytes that are taken ahead of whoever reads: beyond them a server has to wait. */
const AHEAD = 256 * 1024;

// What servers send is to be judged, not to be refused.
const LIMITS = {
  ...DEFAULT_RESPONSE_LIMITS,
  maxFields: 2000,
  maxFieldBytes: 1024 * 1024,
  maxHeaderBytes: 1024 * 1024,
};

export class KitConnection {
  private readonly socket: Socket;
  private readonly parser = new ResponseParser(LIMITS);
  /** Of requests whose answers were not looked at yet. */
  private readonly methods: string[] = [];
  /** The first of what came, in which the end of a head can be found. */
  private beginning = '';
  private received = 0;
  private unread = 0;
  private interim: number[] = [];
  private open: OpenAnswer | null = null;
  private ended = false;
  private failure: Error | null = null;
  private wake: (() => void) | null = null;

  constructor(where: NetConnectOpts) {
    // A server that has ended its side waits, at times, for the client to follow.
    this.socket = connect({ ...where, allowHalfOpen: false });
    this.socket.setNoDelay(true);
    this.socket.on('data', (data: Buffer) => this.receive(data));
    this.socket.on('end', () => this.end());
    this.socket.on('error', (error) => {
      this.failure ??= error;
      this.end();
    });
    this.socket.on('close', () => this.end());
  }

  /** Sends Latin-1. `method` is that of a request that is whole in it. */
  send(text: string, method: string | null): void {
    if (method !== null) this.methods.push(method);
    // A server that has refused already may have closed.
    if (this.socket.writable) this.socket.write(text, 'latin1');
  }

  /** Sends no more. */
  finish(): void {
    this.socket.end();
  }

  /** Leaves at once; sockets of Unix know no other way than to close. */
  reset(): void {
    if (this.socket.remoteAddress === undefined) this.socket.destroy();
    else this.socket.resetAndDestroy();
  }

  close(): void {
    this.socket.destroy();
    this.end();
  }

  /** Waits for the next interim answer. */
  async nextInterim(method?: string): Promise<number> {
    this.expect(method);
    const event = await this.event();
    if (event.type !== 'interim') throw new NoAnswer('the final answer came without it');
    this.interim.push(event.status);
    return event.status;
  }

  /** The head of an answer was read, and not all of its content. */
  get isReading(): boolean {
    return this.open?.over === false;
  }

  /** Waits for the head of the next answer. */
  async head(method?: string): Promise<SeenAnswer> {
    this.expect(method);
    for (;;) {
      const event = await this.event();
      if (event.type === 'interim') {
        this.interim.push(event.status);
      } else if (event.type === 'head') {
        this.open = new OpenAnswer(event, this.interim);
        this.interim = [];
        return this.open.seen();
      } else {
        throw new NoAnswer('the connection ended before an answer', true);
      }
    }
  }

  /** Reads the content of the open answer to its end, or until there is enough. */
  async content(enough: ((content: Uint8Array) => boolean) | null = null): Promise<SeenAnswer> {
    const { open } = this;
    if (open === null) throw new NoAnswer('no answer was begun');
    while (!open.over && !enough?.(open.content())) await this.readMore(open);
    return open.seen();
  }

  async answer(method?: string): Promise<SeenAnswer> {
    await this.head(method);
    return this.content();
  }

  /** Waits for the end of the connection; gives the number of bytes that no answer accounts for. */
  async untilEnded(): Promise<number> {
    while (!this.ended) await this.change();
    return this.open === null
      ? this.received
      : (this.open.stray(this.beginning, this.received) ?? 0);
  }

  private expect(method: string | undefined): void {
    if (this.parser.outstanding > 0) return;
    this.parser.expect(method ?? this.methods.shift() ?? 'GET');
  }

  private async readMore(open: OpenAnswer): Promise<void> {
    try {
      const event = await this.event();
      if (event.type === 'data') open.push(event.data);
      else open.finish(true);
    } catch (error) {
      if (!(error instanceof NoAnswer)) throw error;
      open.finish(false);
    }
  }

  private async event(): Promise<ResponseEvent> {
    try {
      for (;;) {
        const event = this.parser.next();
        if (event !== null) return event;
        if (this.ended) break;
        await this.change();
      }
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      throw new NoAnswer(`what is no answer of HTTP: ${error.message}`);
    }
    throw new NoAnswer(`the connection ${this.howEnded()} before an answer`, true);
  }

  private howEnded(): string {
    return this.failure === null ? 'ended' : `failed (${this.failure.message})`;
  }

  private receive(data: Buffer): void {
    if (this.beginning.length < LIMITS.maxHeaderBytes) this.beginning += data.toString('latin1');
    this.received += data.length;
    this.unread += data.length;
    if (this.unread > AHEAD) this.socket.pause();
    this.parser.push(data);
    this.notify();
  }

  private end(): void {
    // Content that lasts until the connection ends is cut when that is reset.
    if (!this.ended && this.failure === null) this.parser.end();
    this.ended = true;
    this.notify();
  }

  private change(): Promise<void> {
    this.unread = 0;
    this.socket.resume();
    return new Promise((resolve) => {
      this.wake = resolve;
    });
  }

  private notify(): void {
    const { wake } = this;
    this.wake = null;
    wake?.();
  }
}
