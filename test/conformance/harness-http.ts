import { once } from 'node:events';
import type { NetConnectOpts } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { serve } from '../../src/gateways/serve.ts';
import { type LogLine, LogRecorder } from '../log-recorder.ts';
import type { Answer, AnswerHead, Harness, OpenExchange, RequestSpec, Served } from './harness.ts';
import { RawConnection, type WireHead } from './wire.ts';

/** HTTP/1.1 over real sockets, seen through a client that reads every byte. */
export const httpHarness: Harness = {
  name: 'HTTP/1.1',
  capabilities: {
    http1: true,
    server: true,
    asIs: true,
    sync: true,
    direct: true,
    patient: true,
  },
  async serve(app, options = {}) {
    const { host = '127.0.0.1', brokenLog = false, ...rest } = options;
    const log = new LogRecorder(brokenLog);
    const errors = new TextRecorder();
    const server = await serve(app, {
      bind: [host === 'unix' ? `unix:${socketPath()}` : `${host}:0`],
      log,
      errors,
      gracefulTimeout: 1,
      ...rest,
    });
    return new ServedOverHttp({
      address: addressOf(server.addresses[0] ?? ''),
      log: () => log.lines,
      errors: () => errors.text,
      close: () => server.close(),
    });
  },
};

let sockets = 0;

function socketPath(): string {
  return join(tmpdir(), `wizgi-test-${process.pid}-${++sockets}.sock`);
}

class TextRecorder {
  text = '';

  write(text: string): void {
    this.text += text;
  }
}

function addressOf(address: string): NetConnectOpts {
  if (address.startsWith('unix:')) return { path: address.slice('unix:'.length) };
  const { port, hostname } = new URL(address);
  return { port: Number(port), host: hostname.replace(/^\[|\]$/g, '') };
}

/** A server, and where it can be spoken to in HTTP/1.1. */
export interface Site {
  readonly address: NetConnectOpts;
  log(): readonly LogLine[];
  /** What applications wrote to `wsgi.errors`. */
  errors(): string;
  close(): Promise<void>;
}

export class ServedOverHttp implements Served {
  private readonly site: Site;
  private readonly connections: RawConnection[] = [];

  constructor(site: Site) {
    this.site = site;
  }

  get log(): readonly LogLine[] {
    return this.site.log();
  }

  get errors(): string {
    return this.site.errors();
  }

  async connect(): Promise<RawConnection> {
    const connection = await RawConnection.open(this.site.address);
    this.connections.push(connection);
    return connection;
  }

  async request(spec: RequestSpec = {}): Promise<Answer> {
    const connection = await this.connect();
    try {
      sendRequest(connection, spec).catch(() => undefined);
      return await connection.readAnswer(spec.method);
    } finally {
      connection.close();
    }
  }

  open(spec: RequestSpec = {}): OpenExchange {
    return new OpenRequest(this.connect(), spec);
  }

  async close(): Promise<void> {
    for (const connection of this.connections) connection.close();
    await this.site.close();
  }
}

class OpenRequest implements OpenExchange {
  private readonly connection: Promise<RawConnection>;
  private readonly begun: Promise<WireHead>;
  private content: AsyncGenerator<Buffer> | null = null;
  private left: 'reset' | 'fin' | null = null;

  constructor(connection: Promise<RawConnection>, spec: RequestSpec) {
    this.connection = connection.then((opened) => {
      if (this.left === null) sendRequest(opened, spec).catch(() => undefined);
      return opened;
    });
    this.begun = this.connection.then(async (opened) => {
      let head = await opened.readHead();
      while (head.status < 200) head = await opened.readHead();
      this.content = opened.content(head, spec.method);
      // Reading goes on demand, so that a case can stop reading.
      opened.socket.pause();
      return head;
    });
    this.begun.catch(() => undefined);
  }

  head(): Promise<AnswerHead> {
    return this.begun;
  }

  async read(): Promise<Buffer | null> {
    await this.begun;
    const { socket } = await this.connection;
    socket.resume();
    const step = await this.content?.next();
    socket.pause();
    return step === undefined || step.done ? null : step.value;
  }

  leave(how: 'reset' | 'fin'): void {
    this.left = how;
    void this.connection.then((opened) => (how === 'reset' ? opened.reset() : opened.close()));
  }
}

/** Writes a request; an iterable body in chunks, as it comes. */
export async function sendRequest(connection: RawConnection, spec: RequestSpec): Promise<void> {
  const { method = 'GET', target = '/', headers = [], body, protocol = 'HTTP/1.1' } = spec;
  let head = `${method} ${target} ${protocol}\r\n`;
  if (!headers.some(([name]) => name.toLowerCase() === 'host')) head += 'Host: a\r\n';
  for (const [name, value] of headers) head += `${name}: ${value}\r\n`;
  if (body === undefined) {
    connection.send(`${head}\r\n`);
  } else if (typeof body === 'string' || body instanceof Uint8Array) {
    const content = Buffer.from(body as Uint8Array);
    connection.send(`${head}Content-Length: ${content.length}\r\n\r\n`);
    connection.send(content);
  } else {
    connection.send(`${head}Transfer-Encoding: chunked\r\n\r\n`);
    for await (const block of body) {
      const content = Buffer.from(block as Uint8Array);
      if (content.length === 0) continue;
      connection.send(`${content.length.toString(16)}\r\n`);
      connection.send(content);
      connection.send('\r\n');
      if (connection.socket.writableNeedDrain) await once(connection.socket, 'drain');
    }
    connection.send('0\r\n\r\n');
  }
}
