/** Upstream servers for tests, which end with the test. */
import { createServer, type Server as HttpServer, type RequestListener } from 'node:http';
import { type AddressInfo, createServer as createRawServer, type Socket } from 'node:net';
import { onTestFinished } from 'vitest';
import type { ServeOptions } from '../../src/gateways/serve.ts';
import type { UpstreamApplication } from '../../src/upstream/application.ts';
import { forward } from '../../src/upstream/forward.ts';
import type { ForwardOptions } from '../../src/upstream/options.ts';
import { start, type TestServer } from '../http/kit.ts';
import { LogRecorder } from '../log-recorder.ts';

export interface HttpUpstream {
  readonly url: string;
  readonly server: HttpServer;
  /** Connections that were accepted. */
  readonly connections: () => number;
  /** Stops at once, as a crash does. */
  crash(): Promise<void>;
}

/** A node:http server. */
export async function httpUpstream(
  listener: RequestListener,
  where: { readonly port: number } | { readonly path: string } = { port: 0 },
): Promise<HttpUpstream> {
  const server = createServer({ requestTimeout: 0 }, listener);
  let connections = 0;
  server.on('connection', () => {
    connections++;
  });
  await new Promise<void>((resolve) => {
    server.listen('port' in where ? { ...where, host: '127.0.0.1' } : where, resolve);
  });
  const crash = () =>
    new Promise<void>((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
  onTestFinished(crash);
  const address = server.address() as AddressInfo | string;
  return {
    url: typeof address === 'string' ? `http+unix:${address}` : `http://127.0.0.1:${address.port}`,
    server,
    connections: () => connections,
    crash,
  };
}

/** A server that says what it is told to, whatever it is asked. */
export async function rawUpstream(
  onConnection: (socket: Socket, count: number) => void,
): Promise<{ url: string; port: number; sockets: Socket[] }> {
  const sockets: Socket[] = [];
  const server = createRawServer({ allowHalfOpen: true }, (socket) => {
    sockets.push(socket);
    socket.on('error', () => undefined);
    onConnection(socket, sockets.length);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.close();
    for (const socket of sockets) socket.destroy();
  });
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}`, port, sockets };
}

/** Whether the peer of a socket has ended it, in order or by a reset. */
export function isOver(socket: Socket | undefined): boolean {
  return socket !== undefined && (socket.readableEnded || socket.destroyed);
}

/** Answers each request, whose end is that of its head, with these bytes. */
export function answeringWith(text: string): (socket: Socket) => void {
  return (socket) => {
    socket.on('data', () => socket.write(text, 'latin1'));
  };
}

/** A server in front of an upstream, with the logs of both. */
export async function front(
  url: string,
  options: ForwardOptions = {},
  serving: ServeOptions = {},
): Promise<TestServer & { readonly app: UpstreamApplication; readonly appLog: LogRecorder }> {
  const log = new LogRecorder();
  const app = forward(url, { log, ...options });
  onTestFinished(() => app.close());
  const server = await start(app, serving);
  return { ...server, app, appLog: log };
}

/** The reasons that the log gives for requests without an answer. */
export function reasons({ log }: TestServer): string[] {
  return log.lines
    .filter(({ message }) => message === 'no answer')
    .map(({ fields }) => String(fields.reason));
}
