/** One handler under node:http and under fromNode, side by side: the first says what is right. */
import { createServer, request as httpRequest, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';
import { fromNode, type NodeApplication, type NodeHandler } from 'wizgi/node';
import { serve } from '../../src/gateways/serve.ts';
import type { Application } from '../../src/wsgi/types.ts';
import { type LogLine, LogRecorder } from '../log-recorder.ts';

export interface Site {
  readonly port: number;
  readonly log: readonly LogLine[];
  /** What was written to `wsgi.errors`. */
  errors(): string;
}

/** A server of node:http. */
export async function native(handler: NodeHandler): Promise<Site> {
  const server = createServer(handler);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  return { port: (server.address() as AddressInfo).port, log: [], errors: () => '' };
}

/** The HTTP gateway, with a Node handler. */
export function adapted(app: NodeApplication | PromiseLike<NodeApplication>): Promise<Site> {
  return serving(fromNode(app));
}

/** The HTTP gateway, with any application. */
export async function serving(
  app: Application,
  options: { readonly timeout?: number; readonly scriptName?: string } = {},
): Promise<Site> {
  const log = new LogRecorder(false);
  let errors = '';
  const server = await serve(app, {
    bind: ['127.0.0.1:0'],
    log,
    errors: {
      write: (text: string) => {
        errors += text;
      },
    },
    gracefulTimeout: 1,
    ...options,
  });
  onTestFinished(() => server.close());
  return {
    port: Number(new URL(server.addresses[0] ?? '').port),
    log: log.lines,
    errors: () => errors,
  };
}

export interface Request {
  readonly method?: string;
  readonly path?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array | FormData | AsyncIterable<Uint8Array>;
}

export interface Answer {
  readonly status: string;
  /** All but what concerns the connection and the time. */
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body: Buffer;
  /** Whether the content ended as its framing says. */
  readonly complete: boolean;
}

const LEFT_OUT = new Set(['date', 'connection', 'keep-alive', 'transfer-encoding']);

/** Sends a request with a client of node:http. */
export async function send(site: Site, request: Request = {}): Promise<Answer> {
  const { method = 'GET', path = '/', headers = {}, body } = request;
  const { content, type } = await contentOf(body);
  return new Promise((resolve, reject) => {
    let answered = false;
    const outgoing = httpRequest(
      { port: site.port, host: '127.0.0.1', method, path, headers: { ...type, ...headers } },
      (incoming) => {
        answered = true;
        const pieces: Buffer[] = [];
        incoming.on('data', (piece: Buffer) => pieces.push(piece));
        incoming.on('error', () => undefined);
        incoming.on('close', () => {
          const raw = incoming.rawHeaders;
          const pairs = raw.flatMap((name, at) =>
            at % 2 === 0 ? [[name, raw[at + 1] ?? ''] as const] : [],
          );
          resolve({
            status: `${incoming.statusCode} ${incoming.statusMessage}`,
            headers: pairs.filter(([name]) => !LEFT_OUT.has(name.toLowerCase())),
            body: Buffer.concat(pieces),
            complete: incoming.complete,
          });
        });
      },
    );
    // Once there is an answer, that tells how it ended.
    outgoing.on('error', (error) => !answered && reject(error));
    if (content === undefined || typeof content === 'string' || content instanceof Uint8Array) {
      outgoing.end(content);
    } else {
      void sendBlocks(content, outgoing);
    }
  });
}

async function sendBlocks(
  blocks: AsyncIterable<Uint8Array>,
  to: NodeJS.WritableStream,
): Promise<void> {
  for await (const block of blocks) to.write(block);
  to.end();
}

async function contentOf(body: Request['body']): Promise<{
  readonly content: Exclude<Request['body'], FormData>;
  readonly type: IncomingHttpHeaders;
}> {
  if (!(body instanceof FormData)) return { content: body, type: {} };
  const encoded = new Response(body);
  return {
    content: new Uint8Array(await encoded.arrayBuffer()),
    type: { 'content-type': encoded.headers.get('content-type') ?? '' },
  };
}

/** What of an answer has to be the same; each server chooses how its end is told. */
export function essence(answer: Answer): unknown {
  const { status, headers, body, complete } = answer;
  const others = headers.filter(([name]) => name.toLowerCase() !== 'content-length');
  const length = header(answer, 'content-length') ?? String(body.length);
  return { status, headers: others, length, body: body.toString('latin1'), complete };
}

/** The value of a header of an answer. */
export function header({ headers }: Answer, name: string): string | undefined {
  return headers.find(([other]) => other.toLowerCase() === name)?.[1];
}
