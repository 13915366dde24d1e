import { readFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { type ConnectionOptions, connect as connectTls } from 'node:tls';
import { ConfigurationError } from '../gateways/options.ts';
import type { UpstreamTarget } from './target.ts';

/** Begins to connect to an upstream. */
export interface Dialer {
  /** The event by which the socket tells that a request can be sent. */
  readonly connectedEvent: 'connect' | 'secureConnect';
  dial(): Socket;
}

/** How the certificates of an upstream are checked. */
export interface TlsOptions {
  readonly verify: boolean;
  /** A file of certificates in PEM, or empty for the system's. */
  readonly caFile: string;
  /** Empty for the host of the URL. */
  readonly serverName: string;
}

/** @throws {ConfigurationError} when the file of certificates cannot be read. */
export function dialer({ protocol, address }: UpstreamTarget, options: TlsOptions): Dialer {
  const where =
    address.kind === 'unix'
      ? { path: address.path }
      : { host: address.host, port: address.port, noDelay: true, keepAlive: true };
  if (protocol !== 'https') return { connectedEvent: 'connect', dial: () => connect(where) };
  const host = address.kind === 'tcp' && !/^[\d.]+$|:/.test(address.host) ? address.host : '';
  const name = options.serverName || host;
  const secure: ConnectionOptions = {
    ...where,
    ALPNProtocols: ['http/1.1'],
    rejectUnauthorized: options.verify,
    ...(name === '' ? {} : { servername: name }),
    ...(options.caFile === '' ? {} : { ca: readCertificates(options.caFile) }),
  };
  // What a server gave is shown to it again, which saves most of the next handshake.
  let session: Buffer | undefined;
  return {
    connectedEvent: 'secureConnect',
    dial: () => {
      const socket = connectTls(session === undefined ? secure : { ...secure, session });
      socket.on('session', (given) => {
        session = given;
      });
      return socket;
    },
  };
}

function readCertificates(file: string): Buffer {
  try {
    return readFileSync(file);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new ConfigurationError(
      `option 'caFile' (--upstream-ca-file): ${file} cannot be read (${code})`,
    );
  }
}
