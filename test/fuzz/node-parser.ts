/** What node:http makes of an input, given to its server over a stream in memory. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { Duplex } from 'node:stream';
import type { Reading, Request } from './reading.ts';

export class NodeParser {
  private readonly server: Server;
  private readonly readings = new Map<unknown, Draft>();

  constructor() {
    this.server = createServer({
      insecureHTTPParser: false,
      requestTimeout: 0,
      headersTimeout: 0,
      keepAliveTimeout: 0,
      connectionsCheckingInterval: 2 ** 30,
    });
    const onRequest = (request: IncomingMessage, response: ServerResponse) =>
      this.readings.get(request.socket)?.add(request, response);
    this.server.on('request', onRequest);
    this.server.on('checkContinue', onRequest);
    this.server.on('checkExpectation', onRequest);
    this.server.on('connect', (_, socket: Duplex) => {
      this.readings.get(socket)?.refuse('CONNECT');
      socket.destroy();
    });
    this.server.on('clientError', (error: NodeJS.ErrnoException, socket: Duplex) => {
      this.readings.get(socket)?.refuse(error.code ?? 'unknown');
      socket.destroy();
    });
  }

  async read(input: Buffer): Promise<Reading> {
    const draft = new Draft();
    const stream = new Duplex({
      read() {},
      write(chunk: Buffer, _, done) {
        draft.written(chunk);
        done();
      },
    });
    this.readings.set(stream, draft);
    stream.on('error', () => {});
    this.server.emit('connection', stream as unknown as Socket);
    stream.push(input);
    stream.push(null);
    await settled(stream);
    this.readings.delete(stream);
    return draft.reading();
  }
}

/** The stream is closed, or nothing has happened to it for a few turns of the event loop. */
async function settled(stream: Duplex): Promise<void> {
  for (let turn = 0; turn < 12 && !stream.destroyed; turn++) {
    await new Promise((resolve) => setImmediate(resolve));
  }
  stream.destroy();
  await new Promise((resolve) => setImmediate(resolve));
}

class Draft {
  private readonly requests: { message: IncomingMessage; chunks: Buffer[] }[] = [];
  private refusal: string | null = null;

  add(message: IncomingMessage, response: ServerResponse): void {
    const chunks: Buffer[] = [];
    this.requests.push({ message, chunks });
    message.on('error', () => {});
    message.on('data', (chunk: Buffer) => chunks.push(chunk));
    message.on('end', () => response.end());
  }

  refuse(code: string): void {
    // Input behind a request that closes: it is not read, by us neither.
    if (code !== 'HPE_CLOSED_CONNECTION') this.refusal ??= code;
  }

  written(chunk: Buffer): void {
    // Without an event, node:http answers for itself where Host is missing.
    if (chunk.toString('latin1').includes('HTTP/1.1 400 ')) this.refuse('NO_HOST');
  }

  reading(): Reading {
    const requests = this.requests.map(({ message, chunks }): Request => {
      const fields: [string, string][] = [];
      const raw = message.rawHeaders;
      for (let index = 0; index < raw.length; index += 2) {
        fields.push([raw[index] as string, raw[index + 1] as string]);
      }
      return {
        method: message.method ?? '',
        target: message.url ?? '',
        minor: message.httpVersionMinor,
        fields,
        body: message.complete ? Buffer.concat(chunks).toString('latin1') : null,
      };
    });
    return { requests, refusal: this.refusal };
  }
}
