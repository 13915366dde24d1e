import { isIPv4, type Socket } from 'node:net';

/** What all requests of one connection have in common. */
export interface ConnectionFacts {
  readonly scheme: 'http' | 'https';
  readonly serverName: string;
  readonly serverPort: string;
  /** Empty for Unix sockets. */
  readonly remoteAddress: string;
  readonly remotePort: string;
}

/** Where a connection arrived. */
export interface LocalAddress {
  readonly localAddress?: string | undefined;
  readonly localPort?: number | undefined;
}

/** @param local - where it arrived, if that is known without asking the socket. */
export function connectionFacts(socket: Socket, local: LocalAddress | null): ConnectionFacts {
  return new SocketFacts(socket, local ?? socket);
}

/** Asks the system for the peer's address when it is wanted: front ends' own concern few requests. */
class SocketFacts implements ConnectionFacts {
  readonly scheme = 'http';
  readonly serverName: string;
  readonly serverPort: string;
  private readonly socket: Socket;
  private address: string | null = null;
  private port = '';

  constructor(socket: Socket, { localAddress, localPort }: LocalAddress) {
    const overTcp = localPort !== undefined;
    this.socket = socket;
    this.serverName = overTcp ? bracket(unmap(localAddress ?? '')) : 'localhost';
    this.serverPort = overTcp ? String(localPort) : '80';
  }

  get remoteAddress(): string {
    return this.address ?? this.ask();
  }

  get remotePort(): string {
    if (this.address === null) this.ask();
    return this.port;
  }

  private ask(): string {
    const { remoteAddress, remotePort } = this.socket;
    this.port = remotePort === undefined ? '' : String(remotePort);
    this.address = unmap(remoteAddress ?? '');
    return this.address;
  }
}

/** Whether only this machine's own programs can connect to a host, given by its address or name. */
export function isLoopback(host: string | undefined): boolean {
  if (host === undefined) return false;
  return host === 'localhost' || host === '::1' || /^127\.\d+\.\d+\.\d+$/.test(host);
}

/** A peer as it is shown in the log: `127.0.0.1:4711`, `[::1]:4711`, `unix`. */
export function peerOf({ remoteAddress, remotePort }: ConnectionFacts): string {
  if (remoteAddress === '') return 'unix';
  return remoteAddress.includes(':')
    ? `[${remoteAddress}]:${remotePort}`
    : `${remoteAddress}:${remotePort}`;
}

/** An IPv4 peer of a dual-stack listener, in its own notation. */
function unmap(address: string): string {
  const mapped = address.startsWith('::ffff:') ? address.slice(7) : '';
  return isIPv4(mapped) ? mapped : address;
}

function bracket(address: string): string {
  return address.includes(':') ? `[${address}]` : address || 'localhost';
}
