import type { BlockList, Socket } from 'node:net';
import type { Bind } from './bind.ts';
import type { Gateway } from './gateway.ts';
import type { Connection } from './listener.ts';
import type { ResolvedServerOptions } from './options.ts';
import type { ConnectionFacts } from './peer.ts';

/** A protocol that a listener may speak: what a gateway module exports as `protocol`. */
export interface Protocol {
  /** Takes a connection over. */
  connect(gateway: Gateway, socket: Socket, facts: ConnectionFacts): Connection;
  /** What a client hears when there are too many connections; empty: nothing. */
  turnAway(): string;
  /**
   * Peers tell who the client is and what it was authenticated as, so only those of `allowFrom` are
   * heard.
   */
  readonly trusting: boolean;
  /** The only addresses that are heard, whatever allowFrom says; null: it decides. */
  peers?(): BlockList | null;
  /**
   * Says what of the server's options this protocol cannot be served with.
   *
   * @throws {ConfigurationError}
   */
  check?(bind: Bind, options: ResolvedServerOptions): void;
}

/** The protocols by their names in addresses. Each is loaded when it is first listened for. */
export const protocols = {
  ajp: async () => (await import('./ajp/protocol.ts')).protocol,
  fastcgi: async () => (await import('./fastcgi/protocol.ts')).protocol,
  http: async () => (await import('./http/protocol.ts')).protocol,
  scgi: async () => (await import('./scgi/protocol.ts')).protocol,
  uwsgi: async () => (await import('./uwsgi/protocol.ts')).protocol,
} as const satisfies Readonly<Record<string, () => Promise<Protocol>>>;

export type Scheme = keyof typeof protocols;
