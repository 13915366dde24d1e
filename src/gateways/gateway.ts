import { type BlockList, isIPv6, type Socket } from 'node:net';
import { DEFAULT_META_LIMITS, type MetaRequestLimits } from '../protocols/cgi/limits.ts';
import type { Http1Limits } from '../protocols/http1/index.ts';
import { AbortPool } from '../wsgi/abort.ts';
import { isStreaming } from '../wsgi/application.ts';
import type { Log } from '../wsgi/log.ts';
import type { ResponseHead } from '../wsgi/response-head.ts';
import type { Application, Environ, ErrorStream } from '../wsgi/types.ts';
import type { AccessEntry, AccessLog } from './access.ts';
import { type AjpSettings, ajpSettings } from './ajp/settings.ts';
import { allowList } from './allow-list.ts';
import type { SpoolOptions } from './body.ts';
import { Clock } from './clock.ts';
import { type FastCgiSettings, fastCgiSettings } from './fastcgi/settings.ts';
import type { Connection } from './listener.ts';
import type { ResolvedServerOptions } from './options.ts';
import {
  type ConnectionFacts,
  connectionFacts,
  isLoopback,
  type LocalAddress,
  peerOf,
} from './peer.ts';
import type { Protocol } from './protocol.ts';
import type { Refusal } from './refusal.ts';
import { TurnedAway } from './turned-away.ts';

/** What a gateway needs beside its options. */
export interface GatewayContext {
  readonly app: Application;
  readonly log: Log;
  readonly facts: ServerFacts;
  readonly accessLog: AccessLog | null;
}

/** What all requests of one server have in common. */
export interface ServerFacts {
  /** As in SCRIPT_NAME: empty, or begins with a slash and ends without. */
  readonly scriptName: string;
  /** The mount point is said by an option, even if that is the root. */
  readonly mounted: boolean;
  /** PATH_INFO begins with SCRIPT_NAME once more. */
  readonly iisPathInfo: boolean;
  readonly multithread: boolean;
  readonly errors: ErrorStream;
  /** Entries that the deployer adds. */
  readonly extra: readonly (readonly [string, string])[];
}

/** A request in three words, for the log. */
export interface RequestLine {
  readonly method: string;
  /** As received. */
  readonly target: string;
  /** As in SERVER_PROTOCOL. */
  readonly protocol: string;
}

/** An answer of the application's that is over. */
export interface Answered {
  readonly line: RequestLine;
  readonly remoteAddress: string;
  readonly response: ResponseHead | null;
  /** Bytes of content. */
  readonly bytes: number;
  /** When the request's head was complete, as `performance.now()` counts. */
  readonly started: number;
  /** As the application left it. */
  readonly environ: Environ | null;
}

/** Where connections come in. */
export interface Entrance {
  readonly protocol: Protocol;
  /** Those that are heard there, whatever `allowFrom` says; null: it says. */
  readonly peers: BlockList | null;
}

/** Serves an application: what all connections share, whatever protocol they speak. */
export class Gateway {
  readonly app: Application;
  readonly log: Log;
  readonly facts: ServerFacts;
  readonly streaming: boolean;
  readonly limits: Http1Limits;
  readonly metaLimits: MetaRequestLimits;
  readonly scgiTolerant: boolean;
  readonly ajp: AjpSettings;
  readonly fastcgi: FastCgiSettings;
  readonly spool: SpoolOptions;
  readonly maxConnections: number;
  readonly serverField: string;
  readonly clock: Clock;
  readonly aborts = new AbortPool();
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
  private readonly connections = new Set<Connection>();
  private readonly serial: boolean;
  /** Whose requests may say who their client is; null: everybody's. */
  private readonly allowed: BlockList | null;
  private readonly allowsThisMachine: boolean;
  private readonly queue: (() => void)[] = [];
  private running = false;
  private whenEmpty: (() => void) | null = null;
  private drained: Promise<void> | null = null;
  private readonly turnedAway: TurnedAway;

  constructor(options: ResolvedServerOptions, context: GatewayContext) {
    this.app = context.app;
    this.log = context.log;
    this.facts = context.facts;
    this.accessLog = context.accessLog;
    this.streaming = isStreaming(context.app);
    this.limits = options;
    this.metaLimits = { ...DEFAULT_META_LIMITS, maxBody: options.maxBody };
    this.scgiTolerant = options.scgiTolerant;
    this.ajp = ajpSettings(options);
    this.fastcgi = fastCgiSettings(options, this.metaLimits);
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
    this.allowed = allowList(options.allowFrom);
    this.allowsThisMachine = this.allowed?.check('127.0.0.1') !== false;
    this.clock = new Clock([
      this.headerTimeout,
      this.bodyTimeout,
      this.keepAlive,
      this.timeout,
      this.writeTimeout,
      this.halfCloseTimeout,
    ]);
  }

  accept(socket: Socket, entrance: Entrance, local: LocalAddress | null): void {
    const { protocol } = entrance;
    const facts = connectionFacts(socket, local);
    if (this.draining) {
      socket.destroy();
    } else if (protocol.trusting && !this.hears(entrance, facts, local)) {
      this.log.info('refused', { reason: 'peer-not-allowed', peer: peerOf(facts) });
      socket.destroy();
    } else if (this.connections.size >= this.maxConnections) {
      this.turnedAway.add(socket, protocol.turnAway());
    } else {
      this.connections.add(protocol.connect(this, socket, facts));
    }
  }

  /** Whether requests of this peer may say who their client is; Unix sockets have permissions. */
  private hears({ peers }: Entrance, facts: ConnectionFacts, local: LocalAddress | null): boolean {
    if (peers !== null) {
      const { remoteAddress: address } = facts;
      return address !== '' && peers.check(address, familyOf(address));
    }
    const { allowed } = this;
    // Without a look at the peer, which would be a system call.
    if (allowed === null) return true;
    if (this.allowsThisMachine && isLoopback(local?.localAddress)) return true;
    const { remoteAddress: address } = facts;
    return address === '' || allowed.check(address, familyOf(address));
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
  answered(answer: Answered): void {
    if (this.accessLog === null) return;
    const duration = performance.now() - answer.started;
    const { line, remoteAddress, response, bytes, environ } = answer;
    this.logAccess({
      remoteAddress,
      ...line,
      status: response?.status ?? '',
      responseHeaders: response?.headers ?? [],
      bytes,
      started: Date.now() - duration,
      duration,
      environ,
    });
  }

  /** Logs an answer of the server's own. */
  refused(remoteAddress: string, line: RequestLine | null, refusal: Refusal): void {
    this.logAccess({
      remoteAddress,
      ...(line ?? { method: '', target: '', protocol: '' }),
      status: refusal.head.status,
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

function familyOf(address: string): 'ipv6' | 'ipv4' {
  return isIPv6(address) ? 'ipv6' : 'ipv4';
}
