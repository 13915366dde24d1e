/** Listening sockets, and the connections that they accepted: shared by all gateways. */
import { existsSync, lstatSync, unlinkSync } from 'node:fs';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { dirname } from 'node:path';
import { type Bind, formatLocal, formatTcp } from './bind.ts';
import { ConfigurationError } from './options.ts';
import type { LocalAddress } from './peer.ts';

/** What a gateway makes of an accepted socket. */
export interface Connection {
  /** Finishes what is running, takes nothing new, closes. */
  drain(): void;
  /** Ends at once. */
  destroy(): void;
}

/** How a listener is set up. */
export interface ListenOptions {
  readonly backlog: number;
  /** Permissions of a Unix socket in octal, or empty for what the umask leaves. */
  readonly socketMode: string;
  /** @param local - the address on this side, where it is the same for all; else null. */
  accept(socket: Socket, local: LocalAddress | null): void;
  /** A connection could not be accepted; others still can. */
  failed(error: Error): void;
}

/** A socket that accepts connections. */
export interface Listener {
  /** `http://127.0.0.1:8000`, `unix:/run/app.sock`. */
  readonly address: string;
  close(): void;
}

/**
 * Begins to listen.
 *
 * @throws {ConfigurationError} (as a rejection) when the address cannot be had.
 */
export async function listen(bind: Bind, options: ListenOptions): Promise<Listener> {
  if (bind.kind === 'unix') await removeStaleSocket(bind.path);
  const server = createServer({ allowHalfOpen: true }, (socket) => options.accept(socket, local));
  let local: LocalAddress | null = null;
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => reject(explain(bind, error)));
    server.once('listening', resolve);
    start(server, bind, options);
  });
  // Errors of single accepts must not end the server. Out of descriptors, libuv closes what waits to
  // be accepted, and does not even tell.
  server.removeAllListeners('error');
  server.on('error', (error) => options.failed(error));
  local = localOf(server);
  return { address: describe(bind, server), close: () => server.close() };
}

function start(server: Server, bind: Bind, { backlog, socketMode }: ListenOptions): void {
  if (bind.kind === 'tcp') {
    server.listen({ port: bind.port, backlog, ...(bind.host === '' ? {} : { host: bind.host }) });
  } else if (bind.kind === 'fd') {
    server.listen({ fd: bind.fd, backlog });
  } else if (socketMode === '') {
    server.listen({ path: bind.path, backlog });
  } else {
    // The umask, because changing the mode afterwards would leave a moment with the wrong one.
    const umask = process.umask(0o777 & ~Number.parseInt(socketMode.replace('o', ''), 8));
    try {
      server.listen({ path: bind.path, backlog });
    } finally {
      process.umask(umask);
    }
  }
}

/** The address that all accepted sockets have on this side: asking each one is a system call. */
function localOf(server: Server): LocalAddress | null {
  const address = server.address() as AddressInfo | string | null;
  if (address === null || typeof address === 'string') return null;
  const anywhere = address.address === '0.0.0.0' || address.address === '::';
  return anywhere ? null : { localAddress: address.address, localPort: address.port };
}

function describe(bind: Bind, server: Server): string {
  if (bind.kind === 'unix') return formatLocal(bind.protocol, `unix:${bind.path}`);
  const address = server.address() as AddressInfo | string | null;
  if (typeof address === 'string') return formatLocal(bind.protocol, `unix:${address}`);
  return address === null
    ? formatLocal(bind.protocol, `fd://${(bind as { fd: number }).fd}`)
    : formatTcp(bind.protocol, address.address, address.port);
}

/** Removes a socket file that nothing listens on any more. */
async function removeStaleSocket(path: string): Promise<void> {
  const stat = lstatSync(path, { throwIfNoEntry: false });
  if (stat === undefined) return;
  if (!stat.isSocket()) {
    throw new ConfigurationError(
      `bind 'unix:${path}': the file exists and is no socket; remove it or choose another path`,
    );
  }
  const alive = await new Promise<boolean>((resolve) => {
    const probe = connect(path);
    probe.once('connect', () => resolve(true));
    // Anything else than a refusal (no permission, a full backlog) is a sign of life.
    probe.once('error', (error: NodeJS.ErrnoException) => resolve(error.code !== 'ECONNREFUSED'));
    probe.once('close', () => probe.destroy());
    probe.once('connect', () => probe.destroy());
  });
  if (alive) {
    throw new ConfigurationError(
      `bind 'unix:${path}': another server listens there; stop it or choose another path`,
    );
  }
  unlinkSync(path);
}

function explain(bind: Bind, error: NodeJS.ErrnoException): Error {
  const where = nameOf(bind);
  switch (error.code) {
    case 'EADDRINUSE':
      return new ConfigurationError(
        `${where} is already in use: stop the other server, or choose another address with --bind (-b), as in -b 127.0.0.1:8001`,
      );
    case 'EACCES':
    case 'EPERM':
      return new ConfigurationError(`${whyRefused(bind)}, with --bind (-b)`);
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return new ConfigurationError(`cannot listen on ${where}: this machine has no such address`);
    default:
      return new ConfigurationError(`cannot listen on ${where}: ${error.message}`);
  }
}

function nameOf(bind: Bind): string {
  if (bind.kind === 'tcp') return `${bind.host || '*'}:${bind.port}`;
  return bind.kind === 'unix' ? `unix:${bind.path}` : `fd://${bind.fd}`;
}

function whyRefused(bind: Bind): string {
  const refused = `no permission to listen on ${nameOf(bind)}`;
  if (bind.kind === 'tcp') return `${refused}: choose a port of 1024 or above`;
  if (bind.kind === 'fd') return `${refused}: choose another descriptor`;
  // libuv reports a missing directory as one without permission.
  const directory = dirname(bind.path);
  return existsSync(directory)
    ? `${refused}: choose another path`
    : `cannot listen on ${nameOf(bind)}: there is no directory ${directory}; make it, or choose another path`;
}
