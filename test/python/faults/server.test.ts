/** The server's own end, and how it comes back, as far as Python workers are concerned. */
import { readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Command, cleanUp, project, startServer } from '../../cli/command.ts';
import { until } from '../../http/kit.ts';
import { need } from '../../interop/components.ts';
import { end, FIXTURES, gone, isAlive } from './kit.ts';
import { load } from './load.ts';

const PLAIN = { VIRTUAL_ENV: '', WEB_CONCURRENCY: '', PYTHONDONTWRITEBYTECODE: '1' };

/** Starts the command in a directory of its own. */
function serve(target: string, ...args: string[]): { server: Command; directory: string } {
  const directory = project({});
  const server = startServer([target, '--pythonpath', FIXTURES, ...args], {
    cwd: directory,
    env: PLAIN,
  });
  return { server, directory };
}

/** Process ids of the workers, once so many have answered. */
async function workers(url: string, count: number): Promise<number[]> {
  const found = new Set<number>();
  while (found.size < count) {
    const answers = Array.from({ length: 8 }, async () => (await fetch(`${url}/doze_pid`)).text());
    for (const text of await Promise.all(answers)) found.add(Number(text));
  }
  return [...found];
}

beforeEach((context) => {
  need('python3', context);
});
afterEach(cleanUp);

describe('the server, killed by SIGKILL', () => {
  it.for([
    ['a worker in an endless loop', '/spin', '1'],
    ['threads in an endless loop', '/spin', '2'],
    ['a worker in native code', '/native', '1'],
  ] as const)('takes its workers with it: %s', async ([, path, threads], context) => {
    const { server } = serve('faulty', '-w', '2', '--threads', threads);
    const url = await server.listening();
    const pids = await workers(url, 2);
    context.onTestFinished(() => pids.forEach(end));
    const answer = fetch(`${url}${path}`).then(
      () => 'answered',
      () => 'cut',
    );
    await until('an answer of the other worker', async () => (await fetch(`${url}/pid`)).ok);
    server.kill('SIGKILL');
    await gone(pids);
    await answer;
  });
});

describe('SIGTERM', () => {
  it('to every process at once, as service managers send it: what runs is finished', async () => {
    const { server, directory } = serve('counted', '-w', '2');
    const url = await server.listening();
    const requests = load(url, '/slow', 8);
    await until('answers', () => requests.answered.length > 20);
    const pids = await server.until(({ stderr }) => {
      const found = [...stderr.matchAll(/worker serves worker=(\d+)/g)];
      return found.length === 2 && found.map(([, pid]) => Number(pid));
    });
    for (const pid of pids) process.kill(pid, 'SIGTERM');
    server.kill('SIGTERM');
    const { answered, failed } = await requests.finish();
    // Connections that came too late, or that were between two requests.
    for (const how of failed.values())
      expect(how).toMatch(/ECONNREFUSED|ECONNRESET|socket hang up/);
    expect(await server.exited).toEqual({ code: 0, signal: null });
    await gone(pids);
    const record = readFileSync(join(directory, 'record'), 'latin1');
    const begun = [...record.matchAll(/^begin (\d+)$/gm)].map(([, number]) => Number(number));
    expect(begun.sort((one, other) => one - other)).toEqual(
      [...answered].sort((one, other) => one - other),
    );
    expect(server.stderr).not.toMatch(/\[(?:WARN|ERROR)\]/);
  });

  it('ends what does not finish, after the graceful timeout', async () => {
    const { server } = serve('faulty', '--graceful-timeout', '0.5');
    const url = await server.listening();
    const [pid = 0] = await workers(url, 1);
    const answer = fetch(`${url}/spin`).then(
      () => 'answered',
      () => 'cut',
    );
    server.kill('SIGTERM');
    expect(await answer).toBe('cut');
    await server.exited;
    expect(isAlive(pid)).toBe(false);
  });
});

describe('a start', () => {
  it('after SIGKILL takes over the Unix socket that was left', async () => {
    const directory = project({});
    const socket = join(directory, 'app.sock');
    const args = ['faulty', '--pythonpath', FIXTURES, '-b', `unix:${socket}`];
    for (let round = 0; round < 2; round++) {
      const server = startServer(args, { cwd: directory, env: PLAIN });
      await server.until(({ stderr }) => stderr.includes(`Listening at: unix:${socket}`));
      server.kill('SIGKILL');
      await server.exited;
    }
  });

  it('on a Unix socket in use: one message, and no worker is left', async () => {
    const directory = project({});
    const socket = join(directory, 'app.sock');
    const other = createServer().listen(socket);
    await new Promise((resolve) => other.once('listening', resolve));
    const server = startServer(['faulty', '--pythonpath', FIXTURES, '-b', `unix:${socket}`], {
      cwd: directory,
      env: PLAIN,
    });
    expect((await server.exited).code).toBe(1);
    other.close();
    expect(server.stderr).toMatch(/wizgi: .*app\.sock': another server listens there; stop it/);
    expect(server.stderr).not.toMatch(/^\s+at /m);
    const pids = [...server.stderr.matchAll(/worker=(\d+)/g)].map(([, pid]) => Number(pid));
    await gone(pids);
  });
});

describe('an application that ends its process while it is loaded', () => {
  it.for([
    ['os._exit(7)', 'ended with exit code 7'],
    ['os.kill(os.getpid(), 9)', 'killed by SIGKILL'],
    ["os.write(2, b'no licence') and os._exit(1)", 'no licence'],
  ] as const)('%s: one message, exit code 1', async ([code, expected]) => {
    const directory = project({ 'web.py': `import os\n${code}\n` });
    const server = startServer(['web'], { cwd: directory, env: PLAIN });
    expect(await server.exited).toEqual({ code: 1, signal: null });
    const messages = server.stderr.match(/^wizgi: .*$/gm) ?? [];
    expect(messages).toHaveLength(1);
    expect(messages[0]).toContain('wizgi: web could not be loaded: its process ');
    expect(server.stderr).toContain(expected);
    expect(server.stderr).not.toMatch(/^\s+at |Traceback/m);
  });
});

describe('SIGHUP', () => {
  it('again and again under load: no request fails', async () => {
    const { server } = serve('counted', '-w', '2');
    const url = await server.listening();
    const requests = load(url, '/', 8);
    for (let round = 1; round <= 3; round++) {
      server.kill('SIGHUP');
      await server.until(({ stderr }) => stderr.split('[INFO] reloaded\n').length > round);
    }
    const { failed, answered } = await requests.finish();
    expect([...failed]).toEqual([]);
    expect(answered.length).toBeGreaterThan(50);
  });
});
