import { isIPv4, type Socket } from 'node:net';
import type { Http1Limits, RequestHead } from '../../protocols/http1/index.ts';
import { isStreaming } from '../../wsgi/application.ts';
import type { Log } from '../../wsgi/log.ts';
import type { Application } from '../../wsgi/types.ts';
import type { AccessEntry, AccessLog } from '../access.ts';
import type { SpoolOptions } from '../body.ts';
import { Clock } from '../clock.ts';
import type { Connection } from '../listener.ts';
import type { ResolvedHttpOptions } from '../options.ts';
import { HttpConnection } from './connection.ts';
import type { ConnectionFacts, ServerFacts } from './environ.ts';
import type { HttpExchange } from './exchange.ts';
import type { Refusal } from './refusal.ts';
import { TurnedAway } from './turned-away.ts';

/** What a gateway needs beside its options. */
export interface GatewayContext {
  readonly app: Application;
  readonly log: Log;
  readonly facts: ServerFacts;
  readonly accessLog: AccessLog | null;
}

/** Serves an application over HTTP/1.1: what all its connections share. */
export class HttpGateway {
  readonly app: Application;
  readonly log: Log;
  readonly facts: ServerFacts;
  readonly streaming: boolean;
  readonly limits: Http1Limits;
  readonly spool: SpoolOptions;
  readonly serverField: string;
  readonly clock: Clock;
  /** Milliseconds, as are all below. */
  readonly headerTimeout: number;
  readonly bodyTimeout: number;
  readonly bodyMinRate: number;
  readonly keepAlive: number;
  readonly timeout: number;
  readonly writeTimeout: number;
  readonly halfCloseTimeout: number;
  draining = false;
  private readonly accessLog: AccessLog | null;
  private readonly maxConnections: number;
  private readonly connections = new Set<Connection>();
  private readonly serial: boolean;
  private readonly queue: (() => void)[] = [];
  private running = false;
  private whenEmpty: (() => void) | null = null;
  private drained: Promise<void> | null = null;
  private readonly turnedAway: TurnedAway;

  constructor(options: ResolvedHttpOptions, context: GatewayContext) {
    this.app = context.app;
    this.log = context.log;
    this.facts = context.facts;
    this.accessLog = context.accessLog;
    this.streaming = isStreaming(context.app);
    this.limits = options;
    this.spool = options;
    this.serverField = options.serverHeader === '' ? '' : `Server: ${options.serverHeader}\r\n`;
    this.headerTimeout = options.headerTimeout * 1000;
    this.bodyTimeout = options.bodyTimeout * 1000;
    this.bodyMinRate = options.bodyMinRate;
    this.keepAlive = options.keepAlive * 1000;
    this.timeout = options.timeout * 1000;
    this.writeTimeout = options.writeTimeout * 1000;
    this.halfCloseTimeout = options.halfCloseTimeout * 1000;
    this.maxConnections = options.maxConnections;
    this.turnedAway = new TurnedAway(context.log, options.maxConnections);
    this.serial = options.serial;
    this.clock = new Clock([
      this.headerTimeout,
      this.bodyTimeout,
      this.keepAlive,
      this.timeout,
      this.writeTimeout,
      this.halfCloseTimeout,
    ]);
  }

  accept(socket: Socket): void {
    if (this.draining) {
      socket.destroy();
    } else if (this.connections.size >= this.maxConnections) {
      this.turnedAway.add(socket);
    } else {
      this.connections.add(new HttpConnection(this, socket, connectionFacts(socket)));
    }
  }

  /** A connection is over. */
  closed(connection: Connection): void {
    this.connections.delete(connection);
    if (this.connections.size === 0) this.whenEmpty?.();
  }

  /** Lets running requests finish for `timeout` milliseconds, then ends what is left. */
  drain(timeout: number): Promise<void> {
    this.drained ??= new Promise((resolve) => {
      this.draining = true;
      for (const connection of this.connections) connection.drain();
      const timer = setTimeout(() => this.terminate(), timeout);
      this.whenEmpty = () => {
        clearTimeout(timer);
        resolve();
      };
      if (this.connections.size === 0) this.whenEmpty();
    });
    return this.drained;
  }

  terminate(): void {
    this.draining = true;
    for (const connection of this.connections) connection.destroy();
    this.turnedAway.destroy();
  }

  /** Enters the application when its turn has come: at once, unless in serial mode. */
  acquire(enter: () => void): void {
    if (this.serial && this.running) {
      this.queue.push(enter);
      return;
    }
    this.running = true;
    enter();
  }

  /** A request is over: the one that waits longest has its turn, before any that comes now. */
  release(): void {
    const next = this.queue.shift();
    if (next === undefined) this.running = false;
    else setImmediate(next);
  }

  startTime(): number {
    return this.accessLog === null ? 0 : performance.now();
  }

  /** Logs an answer of the application's. */
  answered(exchange: HttpExchange, remoteAddress: string): void {
    if (this.accessLog === null) return;
    const duration = performance.now() - exchange.started;
    const { request, response, environ } = exchange;
    this.logAccess({
      remoteAddress,
      method: request.method,
      target: request.target,
      protocol: `HTTP/1.${request.minor}`,
      status: response?.status ?? '',
      responseHeaders: response?.headers ?? [],
      bytes: exchange.bytes,
      started: Date.now() - duration,
      duration,
      environ,
    });
  }

  /** Logs an answer of the server's own. */
  refused(remoteAddress: string, request: RequestHead | null, refusal: Refusal): void {
    this.logAccess({
      remoteAddress,
      method: request?.method ?? '',
      target: request?.target ?? '',
      protocol: request === null ? '' : `HTTP/1.${request.minor}`,
      status: refusal.status,
      responseHeaders: [],
      bytes: refusal.content.length,
      started: Date.now(),
      duration: 0,
      environ: null,
    });
  }

  private logAccess(entry: AccessEntry): void {
    try {
      this.accessLog?.(entry);
    } catch (error) {
      this.log.error('the access log failed', { error });
    }
  }
}

function connectionFacts(socket: Socket): ConnectionFacts {
  const { localAddress, localPort, remoteAddress, remotePort } = socket;
  const overTcp = localPort !== undefined;
  return {
    scheme: 'http',
    serverName: overTcp ? bracket(unmap(localAddress ?? '')) : 'localhost',
    serverPort: overTcp ? String(localPort) : '80',
    remoteAddress: unmap(remoteAddress ?? ''),
    remotePort: remotePort === undefined ? '' : String(remotePort),
  };
}

/** An IPv4 peer of a dual-stack listener, in its own notation. */
function unmap(address: string): string {
  const mapped = address.startsWith('::ffff:') ? address.slice(7) : '';
  return isIPv4(mapped) ? mapped : address;
}

function bracket(address: string): string {
  return address.includes(':') ? `[${address}]` : address || 'localhost';
}
