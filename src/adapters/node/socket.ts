import { EventEmitter } from 'node:events';
import type { Environ } from '../../wsgi/types.ts';

/** Whose connection a {@link GatewaySocket} stands for. */
export interface SocketOwner {
  readonly environ: Environ;
  /** Bytes, or characters, that wait to be sent. */
  readonly pending: number;
  /** The handler breaks the request off. */
  onDestroyed(error: Error | undefined): void;
  /** What a handler writes is held back no longer. */
  onUncorked(): void;
  /** Nothing moved for as long as `setTimeout` said. */
  onTimeout(): void;
}

/**
 * What handlers see as `req.socket` and `res.socket`.
 *
 * The connection is the gateway's, and may serve other requests too: whose it is can be seen, and the
 * request can be broken off, but nothing can be read from it or written to it.
 */
export interface GatewaySocket extends EventEmitter {}

// biome-ignore lint/suspicious/noUnsafeDeclarationMerging: an emitter by its prototype, see below.
export class GatewaySocket {
  readable = true;
  writable = true;
  destroyed = false;
  /** The response, as node:http notes it. */
  _httpMessage: object | null = null;
  timeout: number | undefined = undefined;
  /** How often what is written is to be held back; `end()` of an OutgoingMessage sets it. */
  corked = 0;
  private readonly owner: SocketOwner;
  private timer: NodeJS.Timeout | null = null;

  constructor(owner: SocketOwner) {
    this.owner = owner;
  }

  get remoteAddress(): string | undefined {
    return text(this.owner.environ['REMOTE_ADDR']);
  }

  get remotePort(): number | undefined {
    return port(this.owner.environ['REMOTE_PORT']);
  }

  get remoteFamily(): 'IPv4' | 'IPv6' | undefined {
    return familyOf(this.remoteAddress);
  }

  get localAddress(): string | undefined {
    return text(this.owner.environ['SERVER_NAME']);
  }

  get localPort(): number | undefined {
    return port(this.owner.environ['SERVER_PORT']);
  }

  get localFamily(): 'IPv4' | 'IPv6' | undefined {
    return familyOf(this.localAddress);
  }

  /** True where the client's connection is encrypted, else undefined, as with sockets of node:net. */
  get encrypted(): true | undefined {
    return this.owner.environ['wsgi.url_scheme'] === 'https' ? true : undefined;
  }

  /** Whether a client's certificate was verified. */
  get authorized(): boolean {
    return this.owner.environ['SSL_CLIENT_VERIFY'] === 'SUCCESS';
  }

  get connecting(): boolean {
    return false;
  }

  get closed(): boolean {
    return this.destroyed;
  }

  get readyState(): 'open' | 'closed' {
    return this.destroyed ? 'closed' : 'open';
  }

  get writableLength(): number {
    return this.owner.pending;
  }

  get writableHighWaterMark(): number {
    return 64 * 1024;
  }

  get readableHighWaterMark(): number {
    return 64 * 1024;
  }

  get writableCorked(): number {
    return this.corked;
  }

  get _writableState(): { corked: number } {
    return this;
  }

  address(): {
    address?: string | undefined;
    port?: number | undefined;
    family?: string | undefined;
  } {
    return { address: this.localAddress, port: this.localPort, family: this.localFamily };
  }

  cork(): void {
    this.corked++;
  }

  uncork(): void {
    if (this.corked > 0 && --this.corked === 0) this.owner.onUncorked();
  }

  pause(): this {
    return this;
  }

  resume(): this {
    return this;
  }

  ref(): this {
    return this;
  }

  unref(): this {
    return this;
  }

  setNoDelay(): this {
    return this;
  }

  setKeepAlive(): this {
    return this;
  }

  setEncoding(): this {
    return this;
  }

  /** As of a socket: `timeout` after that many milliseconds in which nothing moved; 0 for never. */
  setTimeout(milliseconds: number, callback?: () => void): this {
    if (callback !== undefined) this.once('timeout', callback);
    if (this.timer !== null) clearTimeout(this.timer);
    this.timer = null;
    this.timeout = milliseconds || undefined;
    if (milliseconds > 0 && !this.destroyed) {
      this.timer = setTimeout(() => this.owner.onTimeout(), milliseconds);
      this.timer.unref();
    }
    return this;
  }

  /** Something moved. */
  refresh(): void {
    this.timer?.refresh();
  }

  /** @throws always: the connection is the gateway's, so there is no upgrade either. */
  write(): never {
    throw connectionIsTheGateways();
  }

  end(): this {
    return this.destroy();
  }

  destroySoon(): void {
    this.destroy();
  }

  resetAndDestroy(): this {
    return this.destroy();
  }

  destroy(error?: Error): this {
    if (!this.destroyed) this.owner.onDestroyed(error);
    return this;
  }

  /** The request is over. */
  close(): void {
    this.setTimeout(0);
    this.destroyed = true;
    this.readable = this.writable = false;
  }
}

// By its prototype alone: an emitter that was constructed has a table of listeners, which nearly all
// requests would make for nothing.
Object.setPrototypeOf(GatewaySocket.prototype, EventEmitter.prototype);

/** Says why a handler cannot have the connection. */
export function connectionIsTheGateways(): Error {
  return new Error(
    'the connection belongs to the gateway: a handler run by fromNode() cannot write to it or ' +
      'upgrade it (101 Switching Protocols); serve WebSockets from a server of node:http',
  );
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

function port(value: unknown): number | undefined {
  return typeof value === 'string' && value !== '' ? Number(value) : undefined;
}

function familyOf(address: string | undefined): 'IPv4' | 'IPv6' | undefined {
  if (address === undefined) return undefined;
  return address.includes(':') ? 'IPv6' : 'IPv4';
}
