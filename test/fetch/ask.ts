import { request } from 'node:http';

/** One request of a test, with what is to be compared of its answer. */
export interface Question {
  readonly method?: string;
  readonly path: string;
  readonly headers?: Readonly<Record<string, string | string[]>>;
  readonly body?: string | Uint8Array;
}

export interface Reply {
  readonly status: number;
  readonly reason: string;
  /** In lower case and in order, but for those of the connection. */
  readonly headers: readonly string[];
  readonly body: string;
}

/** What servers say of their own connections, of the day, and of how they frame an answer. */
const OWN = new Set(['connection', 'keep-alive', 'date', 'transfer-encoding', 'content-length']);

/** Asks a server, over a connection of its own. */
export function ask(port: number, question: Question): Promise<Reply> {
  const { method = 'GET', path, headers = {}, body } = question;
  return new Promise((resolve, reject) => {
    const options = { port, host: '127.0.0.1', method, path, headers, agent: false };
    const outgoing = request(options, (incoming) => {
      const blocks: Buffer[] = [];
      incoming.on('data', (block: Buffer) => blocks.push(block));
      incoming.once('error', reject);
      incoming.once('end', () => {
        const pairs: string[] = [];
        for (let i = 0; i < incoming.rawHeaders.length; i += 2) {
          const name = (incoming.rawHeaders[i] ?? '').toLowerCase();
          if (!OWN.has(name)) pairs.push(`${name}: ${incoming.rawHeaders[i + 1]}`);
        }
        resolve({
          status: incoming.statusCode ?? 0,
          reason: incoming.statusMessage ?? '',
          headers: pairs.sort(),
          body: Buffer.concat(blocks).toString('latin1'),
        });
      });
    });
    outgoing.once('error', reject);
    outgoing.end(body);
  });
}
