/** A running command: its logs, signals, and what applications do behind its back. */
import { existsSync, readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { type Command, cleanUp, project, start, startServer } from './command.ts';

afterEach(cleanUp);

const APP = `
export const app = (environ, startResponse) => {
  const { PATH_INFO } = environ;
  if (PATH_INFO === '/fail') throw new Error('the application is broken');
  if (PATH_INFO === '/late') setTimeout(() => { throw new Error('thrown later'); });
  if (PATH_INFO === '/reject') Promise.reject(new Error('rejected later'));
  if (PATH_INFO === '/print') console.log('printed');
  if (PATH_INFO === '/errors') environ['wsgi.errors'].write('a line for the log\\n');
  startResponse('200 OK', [['Content-Type', 'text/plain'], ['Set-Cookie', 'id=secret']]);
  return PATH_INFO === '/slow' ? slow() : ['ok\\n'];
};
async function* slow() {
  yield 'begun\\n';
  await new Promise((resolve) => process.once('SIGUSR2', resolve));
  yield 'ended\\n';
}
`;

const files = { 'app.mjs': APP };

function serveApp(
  args: readonly string[] = [],
  options: Parameters<typeof startServer>[1] = {},
): Command {
  return startServer(['app.mjs', ...args], { cwd: project(files), ...options });
}

/** Sends bytes as they are, and gives what came back until the connection ended. */
async function raw(url: string, bytes: string): Promise<string> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve, reject) => {
    let answer = '';
    const socket = connect(Number(port), hostname, () => socket.end(bytes, 'latin1'));
    socket.on('data', (data) => {
      answer += data.toString('latin1');
    });
    socket.on('close', () => resolve(answer));
    socket.on('error', reject);
  });
}

describe('start', () => {
  it('says what is served, and where', async () => {
    const server = serveApp();
    const url = await server.listening();
    expect(url).toMatch(/^http:\/\/127\.0\.0\.1:[1-9]\d*$/);
    expect(server.stderr.replace(/^\[[^\]]*\] \[\d+\] /gm, '').split('\n')).toEqual([
      expect.stringMatching(/^\[INFO\] wizgi \d+\.\d+\.\d+ serves app\.mjs$/),
      `[INFO] Listening at: ${url}`,
      '',
    ]);
  });

  it('listens on several addresses', async () => {
    const directory = project(files);
    const server = serveApp(['-b', `unix:${directory}/s.sock`], { cwd: directory });
    await server.until(({ stderr }) => stderr.match(/Listening at: /g)?.length === 2);
    expect(server.stderr).toContain(`Listening at: unix:${directory}/s.sock\n`);
  });
});

describe('the access log', () => {
  it('is off unless it goes to a terminal', async () => {
    const server = serveApp();
    await fetch(await server.listening());
    await server.stop();
    expect(server.stdout).toBe('');
  });

  it('goes to stdout, in the combined format, within a second', async () => {
    const server = serveApp(['--access-logfile', '-']);
    const url = await server.listening();
    await fetch(`${url}/path?q`, { headers: { 'User-Agent': 'test', Referer: 'http://a/' } });
    await server.until(({ stdout }) => stdout.endsWith('\n'));
    expect(server.stdout).toMatch(
      /^127\.0\.0\.1 - - \[\d\d\/\w{3}\/\d{4}:\d\d:\d\d:\d\d [+-]\d{4}\] "GET \/path\?q HTTP\/1\.1" 200 3 "http:\/\/a\/" "test"\n$/,
    );
  });

  it('goes to a file, in a format of one, complete at the end', async () => {
    const directory = project(files);
    const format = '%(m)s %(U)s %(s)s %({x-id}i)s %({content-type}o)s %({set-cookie}o)s';
    const args = ['--access-logfile', 'access.log', '--access-logformat', format];
    const server = serveApp(args, { cwd: directory });
    const url = await server.listening();
    await fetch(`${url}/a`, { headers: { 'X-Id': '7' } });
    await fetch(`${url}/b`);
    await server.stop();
    expect(readFileSync(`${directory}/access.log`, 'utf8')).toBe(
      'GET /a 200 7 text/plain [redacted]\nGET /b 200 - text/plain [redacted]\n',
    );
  });

  it('has one line for one request, whatever is in it', async () => {
    const server = serveApp(['--access-logfile', '-']);
    const url = await server.listening();
    const answer = await raw(
      url,
      'GET /%0a"%22\\ HTTP/1.1\r\nHost: a\r\nUser-Agent: "\\\xe2\x80\xa8\t\xff\r\nConnection: close\r\n\r\n',
    );
    await server.stop();
    const lines = server.stdout.trimEnd().split('\n');
    expect(lines).toHaveLength(1);
    expect(server.stdout).toMatch(/^[\x20-\x7e]*\n$/);
    if (answer.startsWith('HTTP/1.1 200')) {
      expect(server.stdout).toContain(String.raw`"GET /%0a\x22%22\x5c HTTP/1.1" 200`);
      expect(server.stdout).toContain(String.raw`"\x22\x5c\xe2\x80\xa8\x09\xff"`);
    }
  });

  it('can be JSON', async () => {
    const server = serveApp(['--access-logfile', '-', '--access-logformat', 'json']);
    const url = await server.listening();
    await fetch(`${url}/a`, { headers: { 'User-Agent': 'x"\xe9', Cookie: 'secret' } });
    await server.stop();
    expect(server.stdout).toMatch(/^[\x20-\x7e]*\n$/);
    expect(server.stdout).not.toContain('secret');
    expect(JSON.parse(server.stdout)).toMatchObject({
      remote_address: '127.0.0.1',
      method: 'GET',
      target: '/a',
      status: 200,
      bytes: 3,
      user_agent: 'x"\xe9',
    });
  });

  it('that nobody reads does not stop the server', async () => {
    const server = serveApp(
      ['--access-logfile', '-', '--access-logformat', `${'x'.repeat(64 * 1024)}%(s)s`],
      { unread: true },
    );
    const url = await server.listening();
    for (let count = 0; count < 60; count += 1) {
      expect((await fetch(url)).status).toBe(200);
    }
    server.kill('SIGTERM');
    server.child.stdout?.resume();
    expect(await server.exited).toEqual({ code: 0, signal: null });
  });
});

describe('the log', () => {
  it('has the stack of an application that fails, and its request; the client has neither', async () => {
    const server = serveApp();
    const url = await server.listening();
    const response = await fetch(`${url}/fail`);
    expect(response.status).toBe(500);
    expect(await response.text()).not.toContain('broken');
    await server.until(({ stderr }) =>
      /Error: the application is broken\n {4}at .*app\.mjs:4/.test(stderr),
    );
    expect(server.stderr).toMatch(/\[ERROR\] .*GET \/fail/);
    expect((await fetch(url)).status).toBe(200);
  });

  it('takes what is written to wsgi.errors', async () => {
    const server = serveApp();
    await fetch(`${await server.listening()}/errors`);
    await server.until(({ stderr }) => stderr.includes('\na line for the log\n'));
  });

  it('can be JSON, in a file', async () => {
    const directory = project(files);
    const args = ['--log-format', 'json', '--error-logfile', 'x.log'];
    const server = serveApp(args, { cwd: directory });
    const url = await vi.waitFor(() => {
      const text = readFileSync(`${directory}/x.log`, 'utf8');
      return /Listening at: (http[^"]+)/.exec(text)?.[1] ?? expect.fail();
    }, 10_000);
    await fetch(`${url}/errors`);
    await fetch(`${url}/fail`);
    await server.stop();
    const lines = readFileSync(`${directory}/x.log`, 'utf8').trimEnd().split('\n');
    const entries = lines.map((line) => JSON.parse(line));
    expect(entries).toContainEqual(
      expect.objectContaining({ msg: 'wsgi.errors', text: 'a line for the log' }),
    );
    expect(entries).toContainEqual(
      expect.objectContaining({
        level: 'error',
        error: expect.stringContaining('Error: the application is broken\n    at '),
      }),
    );
    expect(server.stderr).toBe('');
  });

  it('shows as much as it is asked to', async () => {
    const directory = project(files);
    const args = ['serve', 'app.mjs', '--log-level', 'error', '-b', `unix:${directory}/s`];
    const server = start(args, { cwd: directory });
    await vi.waitFor(() => expect(existsSync(`${directory}/s`)).toBe(true), 10_000);
    server.kill('SIGHUP');
    await server.stop();
    expect(server.stderr).toBe('');
  });
});

describe('errors that nobody catches', () => {
  it.each([
    ['/late', 'uncaught exception', 'Error: thrown later'],
    ['/reject', 'unhandled rejection', 'Error: rejected later'],
  ])('%s', async (path, message, error) => {
    const server = serveApp();
    const url = await server.listening();
    await fetch(url + path);
    await server.until(({ stderr }) => stderr.includes(`[ERROR] ${message}\n${error}\n    at `));
    expect((await fetch(url)).status).toBe(200);
  });
});

it('survives that nobody reads its output any more', async () => {
  const server = serveApp(['--access-logfile', '-']);
  const url = await server.listening();
  server.child.stdout?.destroy();
  server.child.stderr?.destroy();
  for (const path of ['/print', '/errors', '/fail', '/print', '/errors']) {
    await (await fetch(url + path)).text();
  }
  expect((await fetch(url)).status).toBe(200);
  server.kill('SIGTERM');
  expect(await server.exited).toEqual({ code: 0, signal: null });
});

describe('signals', () => {
  it.each(['SIGINT', 'SIGTERM'] as const)('%s lets running requests finish', async (signal) => {
    const server = serveApp();
    const url = await server.listening();
    const response = await fetch(`${url}/slow`);
    const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
    expect((await reader?.read())?.value).toBe('begun\n');
    server.kill(signal);
    await server.until(({ stderr }) =>
      stderr.includes(`stopping: running requests may finish signal=${signal}`),
    );
    await expect(fetch(url)).rejects.toThrow();
    server.kill('SIGUSR2');
    expect((await reader?.read())?.value).toBe('ended\n');
    expect((await reader?.read())?.done).toBe(true);
    expect(await server.exited).toEqual({ code: 0, signal: null });
    expect(server.stderr).toMatch(/\[INFO\] stopped\n$/);
  });

  it('a second one ends everything at once', async () => {
    const server = serveApp();
    const url = await server.listening();
    const reader = (await fetch(`${url}/slow`)).body?.getReader();
    await reader?.read();
    server.kill('SIGTERM');
    await server.until(({ stderr }) => stderr.includes('stopping'));
    server.kill('SIGTERM');
    expect(await server.exited).toEqual({ code: 143, signal: null });
    await expect(reader?.read()).rejects.toThrow();
  });

  it('one that the application sends to itself when it has cleaned up is no second one', async () => {
    const cleaning = `process.once('SIGTERM', () => setImmediate(() => {
      process.kill(process.pid, 'SIGTERM');
      console.log('cleaned up');
    }));`;
    const directory = project({ 'app.mjs': APP + cleaning });
    const server = serveApp([], { cwd: directory });
    const reader = (await fetch(`${await server.listening()}/slow`)).body?.getReader();
    await reader?.read();
    server.kill('SIGTERM');
    await server.until(({ stdout }) => stdout.includes('cleaned up'));
    server.kill('SIGUSR2');
    expect(Buffer.from((await reader?.read())?.value ?? []).toString()).toBe('ended\n');
    expect(await server.exited).toEqual({ code: 0, signal: null });
  });

  it('SIGHUP is ignored, and logged', async () => {
    const server = serveApp();
    const url = await server.listening();
    server.kill('SIGHUP');
    await server.until(({ stderr }) => stderr.includes('SIGHUP is ignored'));
    expect((await fetch(url)).status).toBe(200);
  });
});
