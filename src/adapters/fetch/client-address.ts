/** Who sent a request, as far as its runtime says. */
export interface ClientAddress {
  readonly address: string;
  readonly port: string;
}

const UNKNOWN: ClientAddress = { address: '', port: '' };

/** The part of Bun's `Server` that knows clients. */
interface BunServer {
  requestIP(request: Request): { readonly address: string; readonly port: number } | null;
}

/** The part of Deno's `ServeHandlerInfo` that knows clients. */
interface DenoInfo {
  readonly remoteAddr: { readonly hostname?: string; readonly port?: number };
}

/**
 * The peer's address: by Bun's server or Deno's info, which are a handler's second argument there; empty
 * where the runtime does not tell.
 */
export function clientAddress(request: Request, runtime: unknown): ClientAddress {
  if (typeof runtime !== 'object' || runtime === null) return UNKNOWN;
  const { requestIP } = runtime as Partial<BunServer>;
  if (typeof requestIP === 'function') {
    const peer = (runtime as BunServer).requestIP(request);
    return peer === null ? UNKNOWN : { address: plain(peer.address), port: String(peer.port) };
  }
  const { remoteAddr } = runtime as Partial<DenoInfo>;
  if (typeof remoteAddr?.hostname !== 'string') return UNKNOWN;
  return { address: plain(remoteAddr.hostname), port: String(remoteAddr.port ?? '') };
}

/** Without the prefix that IPv4 addresses have on a socket of IPv6. */
function plain(address: string): string {
  return address.startsWith('::ffff:') && address.includes('.') ? address.slice(7) : address;
}
