/** Memory stays bounded, whatever passes through: server and worker as processes of their own. */
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { afterAll, describe, expect, it, type TestContext } from 'vitest';
import { type Command, cleanUp, project, startServer } from '../../cli/command.ts';
import { sendRequest } from '../../conformance/harness-http.ts';
import { RawConnection } from '../../conformance/wire.ts';
import { need } from '../../interop/components.ts';
import { APPS, THREADS } from './site.ts';

afterAll(cleanUp);

const MIB = 1024 * 1024;
const SIZE = 300 * MIB;
const BLOCK = Buffer.alloc(MIB, 'memory\n');
// Of what has passed, V8 leaves up to some 60 MiB uncollected, be it 300 or 900 MiB; more where its
// threads get no processor.
const MOST_GROWTH = 150 * MIB;

/** A server and its one worker. */
class Watched {
  private readonly command: Command;
  private readonly port: number;

  private constructor(command: Command, url: string) {
    this.command = command;
    this.port = Number(new URL(url).port);
  }

  static async start(
    context: TestContext,
    threads: number,
    how: 'received' | 'streamed',
  ): Promise<Watched> {
    const interpreter = need('python3', context);
    const options = JSON.stringify({
      directory: APPS,
      python: interpreter,
      threads,
      env: { PYTHONDONTWRITEBYTECODE: '1' },
    });
    const app = `python('applications:application', ${options})`;
    const directory = project({
      'app.mjs': `import { streaming } from 'wizgi';
import { python } from 'wizgi/python';
export default ${how === 'streamed' ? `streaming(${app})` : app};
`,
    });
    const command = startServer(['app.mjs', '--limit-request-body', String(SIZE)], {
      cwd: directory,
    });
    const watched = new Watched(command, await command.listening());
    // What is loaded at first use is no growth.
    await watched.ask('/content/pattern/k?size=1000000&block=65536');
    await watched.ask('/reading/digest/k');
    return watched;
  }

  connect(): Promise<RawConnection> {
    return RawConnection.open({ port: this.port, host: '127.0.0.1' });
  }

  /** A connection whose content is counted and thrown away, when it is read at all. */
  socket(target: string): Promise<Socket> {
    return new Promise((resolve, reject) => {
      const socket = connect({ port: this.port, host: '127.0.0.1' });
      socket.once('error', reject);
      socket.once('connect', () => {
        socket.write(`GET ${target} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`);
        resolve(socket);
      });
    });
  }

  async ask(target: string, body?: AsyncIterable<Uint8Array>): Promise<string> {
    const connection = await this.connect();
    const method = body === undefined ? 'GET' : 'POST';
    void sendRequest(connection, { method, target, ...(body === undefined ? {} : { body }) });
    const answer = await connection.readAnswer();
    connection.close();
    expect([target, answer.status, answer.complete]).toEqual([target, 200, true]);
    return answer.body.toString('latin1');
  }

  async events(key: string): Promise<unknown[]> {
    return (JSON.parse(await this.ask(`/applications/seen/${key}`)) as [number, unknown[]])[1];
  }

  /** How much either process has grown at most while something was done, in bytes. */
  async growth(doing: () => Promise<void>): Promise<number> {
    const [worker] = JSON.parse(await this.ask('/applications/seen/k')) as [number];
    const pids = [worker, this.command.child.pid as number];
    const before = pids.map((pid) => {
      // The peak is counted from here on. (proc(5), /proc/pid/clear_refs)
      writeFileSync(`/proc/${pid}/clear_refs`, '5');
      return memory(pid, 'VmRSS');
    });
    await doing();
    return Math.max(...pids.map((pid, index) => memory(pid, 'VmHWM') - (before[index] as number)));
  }
}

function memory(pid: number, what: 'VmRSS' | 'VmHWM'): number {
  const status = readFileSync(`/proc/${pid}/status`, 'latin1');
  return Number(new RegExp(`^${what}:\\s+(\\d+) kB$`, 'm').exec(status)?.[1]) * 1024;
}

async function* much(): AsyncGenerator<Uint8Array> {
  for (let sent = 0; sent < SIZE; sent += BLOCK.length) yield BLOCK;
}

function digestOfMuch(): string {
  const hash = createHash('sha256');
  for (let hashed = 0; hashed < SIZE; hashed += BLOCK.length) hash.update(BLOCK);
  return hash.digest('hex');
}

async function received(socket: Socket): Promise<number> {
  let size = 0;
  for await (const data of socket) size += (data as Buffer).length;
  return size;
}

describe.each(['received', 'streamed'] as const)('an upload of 300 MiB, %s', (how) => {
  it('grows neither server nor worker', async (context) => {
    const watched = await Watched.start(context, how === 'received' ? 1 : 4, how);
    const growth = await watched.growth(async () => {
      const answer = JSON.parse(await watched.ask('/reading/digest/k', much()));
      expect(answer.slice(0, 2)).toEqual([SIZE, digestOfMuch()]);
    });
    expect(growth).toBeLessThan(MOST_GROWTH);
  });
});

describe.each(THREADS)('downloads, %i threads', (threads) => {
  it('of 300 MiB grow neither server nor worker', async (context) => {
    const watched = await Watched.start(context, threads, 'received');
    const growth = await watched.growth(async () => {
      const target = `/content/endless/k?size=200000&length=${SIZE}`;
      expect(await received(await watched.socket(target))).toBeGreaterThan(SIZE);
    });
    expect(growth).toBeLessThan(MOST_GROWTH);
  });
});

it('a client that does not read holds an endless response up', async (context) => {
  const watched = await Watched.start(context, 4, 'received');
  const made = async () => (await watched.events('slow')).length * 20_000;
  const growth = await watched.growth(async () => {
    const sockets = await Promise.all(
      [1, 2].map(() => watched.socket('/closing/tracked/slow?shape=endless')),
    );
    let before = -1;
    // What the application has made stays the same once all on the way is full.
    await expect
      .poll(
        async () => {
          const last = before;
          before = await made();
          return before > 0 && before === last;
        },
        { interval: 400, timeout: 30_000 },
      )
      .toBe(true);
    expect(before).toBeLessThan(2 * 16 * MIB);
    // It goes on when it can.
    for (const socket of sockets) socket.resume();
    await expect.poll(made, { timeout: 20_000 }).toBeGreaterThan(before + 100 * MIB);
    for (const socket of sockets) socket.destroy();
    await expect
      .poll(async () => (await watched.events('slow')).filter((event) => event === 'close').length)
      .toBe(2);
  });
  expect(growth).toBeLessThan(MOST_GROWTH);
});
