import type { NetConnectOpts } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { serve } from '../../src/gateways/serve.ts';
import type { ClientCodec } from '../../src/protocols/client-codec.ts';
import { LogRecorder } from '../log-recorder.ts';
import type { Answer, AnswerHead, Harness, OpenExchange, RequestSpec, Served } from './harness.ts';
import { type Content, MetaConnection, variablesOf } from './meta-client.ts';
import { CutError } from './wire.ts';

/** A protocol whose requests are meta-variables. */
export interface MetaProtocol {
  readonly name: string;
  /** As in `--bind`. */
  readonly scheme: string;
  /** The length of content has to be said before it. */
  readonly counted: boolean;
  /** Front ends start any number of processes. */
  readonly multiprocess?: boolean;
  client(): ClientCodec;
}

/** A gateway spoken to directly, through the project's own client codec. */
export function metaHarness(protocol: MetaProtocol): Harness {
  return {
    name: protocol.name,
    capabilities: {
      http1: false,
      server: true,
      asIs: true,
      sync: true,
      direct: true,
      multiprocess: protocol.multiprocess === true,
      patient: true,
    },
    async serve(app, options = {}) {
      const { host = '127.0.0.1', brokenLog = false, ...rest } = options;
      const log = new LogRecorder(brokenLog);
      let errors = '';
      const { scheme } = protocol;
      const server = await serve(app, {
        bind: [host === 'unix' ? `${scheme}+unix:${socketPath()}` : `${scheme}://${host}:0`],
        log,
        errors: {
          write: (text: string) => {
            errors += text;
          },
        },
        gracefulTimeout: 1,
        ...rest,
      });
      const client = new Client(protocol, addressOf(server.addresses[0] ?? ''));
      return {
        get log() {
          return log.lines;
        },
        get errors() {
          return errors;
        },
        request: (spec = {}) => client.request(spec),
        open: (spec = {}) => new OpenRequest(client, spec),
        connect: () => {
          throw new Error(`${protocol.name} is not HTTP`);
        },
        close: async () => {
          client.close();
          await server.close();
        },
      } satisfies Served;
    },
  };
}

let sockets = 0;

function socketPath(): string {
  return join(tmpdir(), `wizgi-test-meta-${process.pid}-${++sockets}.sock`);
}

function addressOf(address: string): NetConnectOpts {
  const path = /^[a-z]+\+unix:(.*)$/.exec(address)?.[1];
  if (path !== undefined) return { path };
  const [, host = '', port] = /^[a-z]+:\/\/\[?([^\]]*?)\]?:(\d+)$/.exec(address) ?? [];
  return { host, port: Number(port) };
}

/** Keeps connections for further requests, as front ends do, where the protocol can. */
class Client {
  private readonly protocol: MetaProtocol;
  private readonly address: NetConnectOpts;
  private readonly idle: MetaConnection[] = [];
  private readonly connections: MetaConnection[] = [];

  constructor(protocol: MetaProtocol, address: NetConnectOpts) {
    this.protocol = protocol;
    this.address = address;
  }

  /** A connection on which the request is on its way. */
  async begin(spec: RequestSpec): Promise<MetaConnection> {
    const content = await this.contentOf(spec);
    const known = content === null || content instanceof Uint8Array || this.protocol.counted;
    const length = content instanceof Uint8Array ? content.length : (spec.length ?? null);
    const connection = await this.connection();
    const variables = variablesOf(known ? spec : chunked(spec), known ? length : null);
    connection.send(variables, content).catch(() => undefined);
    return connection;
  }

  async request(spec: RequestSpec): Promise<Answer> {
    const connection = await this.begin(spec);
    const head = await connection.head();
    const pieces: Buffer[] = [];
    try {
      for (let piece = await connection.content(); piece !== null; ) {
        pieces.push(piece);
        piece = await connection.content();
      }
    } catch (error) {
      if (!(error instanceof CutError)) throw error;
      return { ...head, body: Buffer.concat(pieces), complete: false };
    }
    this.release(connection);
    return { ...head, body: Buffer.concat(pieces), complete: true };
  }

  release(connection: MetaConnection): void {
    if (connection.reusable && connection.alive) this.idle.push(connection);
    else connection.socket.destroy();
  }

  close(): void {
    for (const { socket } of this.connections) socket.destroy();
  }

  private async connection(): Promise<MetaConnection> {
    for (let kept = this.idle.pop(); kept !== undefined; kept = this.idle.pop()) {
      if (kept.alive) return kept;
    }
    const connection = await MetaConnection.open(this.address, this.protocol.client());
    this.connections.push(connection);
    return connection;
  }

  private async contentOf({ body, length }: RequestSpec): Promise<Content> {
    if (body === undefined) return null;
    if (typeof body === 'string' || body instanceof Uint8Array) {
      return Buffer.from(body as Uint8Array);
    }
    if (!this.protocol.counted || length !== undefined) return body;
    const blocks: Buffer[] = [];
    for await (const block of body) blocks.push(Buffer.from(block as Uint8Array));
    return Buffer.concat(blocks);
  }
}

const chunked = (spec: RequestSpec): RequestSpec => ({
  ...spec,
  headers: [...(spec.headers ?? []), ['Transfer-Encoding', 'chunked']],
});

class OpenRequest implements OpenExchange {
  private readonly connection: Promise<MetaConnection>;
  private readonly begun: Promise<AnswerHead>;

  constructor(client: Client, spec: RequestSpec) {
    this.connection = client.begin(spec);
    this.begun = this.connection.then(async (connection) => {
      const head = await connection.head();
      // Reading goes on demand, so that a case can stop reading.
      connection.socket.pause();
      return head;
    });
    this.begun.catch(() => undefined);
  }

  head(): Promise<AnswerHead> {
    return this.begun;
  }

  async read(): Promise<Buffer | null> {
    await this.begun;
    const connection = await this.connection;
    connection.socket.resume();
    try {
      return await connection.content();
    } finally {
      connection.socket.pause();
    }
  }

  leave(how: 'reset' | 'fin'): void {
    void this.connection.then(({ socket }) =>
      how === 'reset' ? socket.resetAndDestroy() : socket.destroy(),
    );
  }
}
