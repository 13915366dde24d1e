/** Every version of CPython that is there, through the command. */
import { createHash, randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it, type TestContext } from 'vitest';
import { type Command, cleanUp, startServer } from '../cli/command.ts';
import { need } from '../interop/components.ts';
import { interpreters } from './versions/interpreters.ts';

const APP = fileURLToPath(new URL('versions/app.py', import.meta.url));

afterAll(cleanUp);

/** What `/facts` answers. */
interface Facts {
  readonly multithread: boolean;
  readonly multiprocess: boolean;
  readonly run_once: boolean;
  readonly version: string;
  readonly build: string;
  readonly gil: boolean;
}

function serveApp(python: string, target: string, flags: readonly string[]): Command {
  return startServer([`${APP}:${target}`, '--python', python, ...flags]);
}

async function textOf(url: string, init: RequestInit = {}): Promise<string> {
  const response = await fetch(url, init);
  const text = await response.text();
  expect([response.status, text]).toEqual([200, text]);
  return text;
}

async function jsonOf<T>(url: string, init: RequestInit = {}): Promise<T> {
  return JSON.parse(await textOf(url, init)) as T;
}

/** Sends random bytes, and expects to hear which. */
async function upload(url: string, size: number): Promise<void> {
  const body = randomBytes(size);
  const sha256 = createHash('sha256').update(body).digest('hex');
  expect(await jsonOf(url, { method: 'PUT', body })).toEqual({ bytes: size, sha256 });
}

/** What is asked of each version, of a server with four threads. */
const questions: Readonly<Record<string, (url: string) => Promise<void>>> = {
  'says hello': async (url) => {
    expect(await textOf(`${url}/hello?world`)).toBe('Hello, world!');
  },
  'reads a form': async (url) => {
    const body = new URLSearchParams({ name: 'Zoë & Renée', empty: '' });
    const form = await jsonOf(`${url}/form`, { method: 'POST', body });
    expect(form).toEqual({ name: ['Zoë & Renée'] });
  },
  'sends a block before the next one is made': async (url) => {
    const { body } = await fetch(`${url}/stream`);
    const reader = (body as ReadableStream<Uint8Array>).getReader();
    expect(String.fromCharCode(...((await reader.read()).value ?? []))).toBe('first ');
    expect((await fetch(`${url}/release`)).status).toBe(204);
    expect(String.fromCharCode(...((await reader.read()).value ?? []))).toBe('second');
    expect((await reader.read()).done).toBe(true);
  },
  'sends a file': async (url) => {
    expect(await textOf(`${url}/file`)).toBe(readFileSync(APP, 'utf8'));
  },
  'sends what write() was given': async (url) => {
    expect(await textOf(`${url}/write`)).toBe('written, written, returned');
  },
  'replaces a response by exc_info': async (url) => {
    const response = await fetch(`${url}/exc-info`);
    expect([response.status, response.statusText]).toEqual([503, 'Lost']);
    expect(response.headers.get('X-Mood')).toBeNull();
    expect(await response.text()).toBe('It was lost.');
  },
  'shows that a response broke off': async (url) => {
    const response = await fetch(`${url}/broken`);
    expect(response.status).toBe(200);
    await expect(response.text()).rejects.toThrow();
  },
  'takes a big upload': (url) => upload(`${url}/upload?65536`, 16 << 20),
  'takes uploads at the same time': async (url) => {
    // Small reads while more arrives: what threads without a lock over them would mix up.
    for (let round = 0; round < 10; round++) {
      await Promise.all([1, 2, 3, 4].map(() => upload(`${url}/upload?1000`, 1_500_000)));
    }
  },
  'runs four requests in four threads': async (url) => {
    const threads = await Promise.all([1, 2, 3, 4].map(() => textOf(`${url}/meet`)));
    expect(new Set(threads).size).toBe(4);
  },
};

describe.each(interpreters)('$name', ({ name, path }) => {
  const servers = new Map<string, Command>();
  afterAll(async () => {
    for (const server of servers.values()) expect((await server.stop()).code).toBe(0);
  });

  /** One server for all questions: started by the first of them. */
  const serverOf = (target: string, context: TestContext): Command => {
    const server = servers.get(target) ?? serveApp(path(context), target, ['--threads', '4']);
    servers.set(target, server);
    return server;
  };

  describe.each(['application', 'validated'])('%s', (target) => {
    it.for(Object.entries(questions))('%s', async ([, ask], context) =>
      ask(await serverOf(target, context).listening()),
    );

    it('complains of nothing but what was broken', async (context) => {
      const server = serverOf(target, context);
      const url = await server.listening();
      await (await fetch(`${url}/broken`)).text().catch(() => undefined);
      await server.until(({ stderr }) => stderr.includes('the rest'));
      expect(new Set(server.stderr.match(/^\w*(?:Error|Warning)\b.*/gm))).toEqual(
        new Set(['LookupError: the rest']),
      );
    });
  });

  it('is what runs', async (context) => {
    const url = await serverOf('application', context).listening();
    const { version, build, gil } = await jsonOf<Facts>(`${url}/facts`);
    const free = build === 'free-threaded';
    if (name !== 'python3') expect(`python${version}${free ? 't' : ''}`).toBe(name);
    expect(gil).toBe(!free);
  });
});

const modes = [1, 2].flatMap((workers) => [1, 4].map((threads) => ({ workers, threads })));

describe.each(modes)('with $workers workers of $threads threads', ({ workers, threads }) => {
  it('wsgi.multithread, multiprocess and run_once tell the truth', async (context) => {
    const python = need('python3', context);
    const flags = ['-w', String(workers), '--threads', String(threads)];
    const url = await serveApp(python, 'application', flags).listening();
    expect(await jsonOf<Facts>(`${url}/facts`)).toMatchObject({
      multithread: threads > 1,
      multiprocess: workers > 1,
      run_once: false,
    });
    const processes = new Set<number>();
    let most = 0;
    for (let round = 0; round < 50; round++) {
      const requests = Array.from({ length: 2 * workers * threads }, () =>
        jsonOf<{ pid: number; inside: number }>(`${url}/alone`),
      );
      for (const { pid, inside } of await Promise.all(requests)) {
        processes.add(pid);
        most = Math.max(most, inside);
      }
      if (processes.size === workers && most === threads) break;
    }
    expect([processes.size, most]).toEqual([workers, threads]);
  });
});
