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
  const { remoteAddress, remotePort } = socket;
  const { localAddress, localPort } = local ?? socket;
  const overTcp = localPort !== undefined;
  return {
    scheme: 'http',
    serverName: overTcp ? bracket(unmap(localAddress ?? '')) : 'localhost',
    serverPort: overTcp ? String(localPort) : '80',
    remoteAddress: unmap(remoteAddress ?? ''),
    remotePort: remotePort === undefined ? '' : String(remotePort),
  };
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
