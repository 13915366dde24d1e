/** AJP servers under test, and a web server that shows every packet. */
import type { ServeOptions } from '../../src/gateways/serve.ts';
import type { ApplicationLike, Environ } from '../../src/wsgi/types.ts';
import { answering, type Client, start, type TestServer, until } from '../http/kit.ts';
import { content, NO_CONTENT, type Said, said } from './packets.ts';

export interface AjpServer extends TestServer {
  peer(): Promise<Peer>;
}

export async function startAjp(
  app: ApplicationLike,
  options: ServeOptions = {},
): Promise<AjpServer> {
  const server = await start(app, { bind: ['ajp://127.0.0.1:0'], ...options });
  return { ...server, peer: async () => new Peer(await server.client()) };
}

/** An answer, with the packets that it came in. */
export interface Answer {
  readonly status: number;
  readonly reason: string;
  readonly headers: readonly (readonly [string, string])[];
  readonly body: string;
  /** What END_RESPONSE says; null where the connection ended without one. */
  readonly reuse: number | null;
  readonly packets: readonly Said[];
}

/** A web server's end of a connection. */
export class Peer {
  readonly client: Client;
  private readonly waiting: Said[] = [];

  constructor(client: Client) {
    this.client = client;
  }

  send(...packets: readonly Uint8Array[]): void {
    this.client.send(Buffer.concat(packets));
  }

  /** The next packet, or how the connection ended. */
  async next(): Promise<Said | 'fin' | 'reset'> {
    const { client } = this;
    return until('a packet', () => {
      const { packets, rest } = said(client.buffer);
      this.waiting.push(...packets);
      client.buffer = rest;
      const next = this.waiting.shift();
      if (next !== undefined) return next;
      return client.ended === 'open' ? null : client.ended;
    });
  }

  /** Reads an answer; what it asks for is sent from `pieces`, and nothing when there are no more. */
  async answer(pieces: readonly string[] = []): Promise<Answer> {
    const packets: Said[] = [];
    const left = [...pieces];
    for (;;) {
      const packet = await this.next();
      if (typeof packet === 'string') return summary(packets);
      packets.push(packet);
      if ('end' in packet) return summary(packets);
      if ('ask' in packet) {
        const piece = left.shift();
        this.send(piece === undefined ? NO_CONTENT : content(piece));
      }
    }
  }

  /** Sends a request and reads its answer. */
  async request(packet: Uint8Array, pieces: readonly string[] = []): Promise<Answer> {
    this.send(packet);
    return this.answer(pieces);
  }

  closed(): Promise<'fin' | 'reset'> {
    return this.client.closed();
  }
}

function summary(packets: readonly Said[]): Answer {
  let answer: Answer = {
    status: 0,
    reason: '',
    headers: [],
    body: '',
    reuse: null,
    packets,
  };
  for (const packet of packets) {
    if ('head' in packet) {
      const { head: status, reason, headers } = packet;
      answer = { ...answer, status, reason, headers };
    } else if ('chunk' in packet) {
      answer = { ...answer, body: answer.body + packet.chunk };
    } else if ('end' in packet) {
      answer = { ...answer, reuse: packet.end };
    }
  }
  return answer;
}

/** Notes the environs that an application is called with, and answers with the request's content. */
export function noting(): { readonly app: ApplicationLike; readonly environs: Environ[] } {
  const environs: Environ[] = [];
  const app = answering((environ) => {
    environs.push({ ...environ });
    return Buffer.from(environ['wsgi.input'].read()).toString('latin1') || '-';
  });
  return { app, environs };
}

/** The texts of an environ. */
export function texts(environ: Environ | undefined): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(environ ?? {}).filter(([, value]) => typeof value === 'string'),
  );
}
