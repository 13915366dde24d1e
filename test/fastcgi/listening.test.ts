/** FastCGI 1.0 §2 and §3.2: where we are listened to, and by whom. */
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { MAIN } from '../cli/command.ts';
import { answering, Client, until } from '../http/kit.ts';
import { need } from '../interop/components.ts';
import { get, Peer, post, startFastCgi } from './kit.ts';

const hello = answering(() => 'hello');

describe('sockets', () => {
  it('FCGI-16 Unix sockets have the permissions that they are given', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'wizgi-fcgi-'));
    onTestFinished(() => rmSync(directory, { recursive: true }));
    const path = join(directory, 'app.sock');
    const server = await startFastCgi(hello, {
      bind: [`fastcgi+unix:${path}`],
      socketMode: '660',
    });
    expect(server.addresses).toEqual([`fastcgi+unix:${path}`]);
    expect(statSync(path).mode & 0o777).toBe(0o660);
    const peer = await server.peer();
    expect((await peer.ask(get())).body).toBe('hello');
  });

  it('several protocols are served at once', async () => {
    const server = await startFastCgi(hello, {
      bind: ['fastcgi://127.0.0.1:0', 'http://127.0.0.1:0'],
    });
    const peer = await server.peer();
    expect((await peer.ask(get())).body).toBe('hello');
    const client = await Client.open(server.addresses[1] as string);
    client.send('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
    expect((await client.answer()).body).toBe('hello');
  });
});

describe('peers', () => {
  afterEach(() => {
    delete process.env['FCGI_WEB_SERVER_ADDRS'];
  });

  it('K20 those that allowFrom does not name are not heard', async () => {
    const server = await startFastCgi(hello, { allowFrom: ['192.0.2.1'] });
    const peer = await server.peer();
    peer.send(get());
    await peer.closed();
    expect([peer.records, server.log.loud]).toEqual([[], ['refused peer-not-allowed']]);
  });

  it('FCGI-14, K20 nor those that FCGI_WEB_SERVER_ADDRS does not name', async () => {
    process.env['FCGI_WEB_SERVER_ADDRS'] = '127.0.0.2,192.0.2.1';
    const directory = mkdtempSync(join(tmpdir(), 'wizgi-fcgi-'));
    onTestFinished(() => rmSync(directory, { recursive: true }));
    const unix = `fastcgi+unix:${join(directory, 'app.sock')}`;
    for (const bind of ['fastcgi://127.0.0.1:0', unix]) {
      const server = await startFastCgi(hello, { bind: [bind] });
      const peer = await server.peer();
      peer.send(get());
      await peer.closed();
      expect([peer.records, server.log.loud]).toEqual([[], ['refused peer-not-allowed']]);
    }
  });

  it('FCGI-14 it takes the place of allowFrom', async () => {
    process.env['FCGI_WEB_SERVER_ADDRS'] = '192.0.2.1, 127.0.0.1';
    const server = await startFastCgi(hello, { allowFrom: ['192.0.2.1'] });
    const peer = await server.peer();
    expect((await peer.ask(get())).body).toBe('hello');
  });

  it.each(['abc', '', '127.0.0.1,', '127.0.0.0/8'])(
    'FCGI-15 %j is no list of addresses, and the server does not start',
    async (text) => {
      process.env['FCGI_WEB_SERVER_ADDRS'] = text;
      await expect(startFastCgi(hello)).rejects.toThrow(/^the environment's FCGI_WEB_SERVER_ADDRS/);
    },
  );
});

/** Listens as web servers do for what they start, and becomes the command. */
const LAUNCHER = `
import os, socket, sys
kind, where, closed, *command = sys.argv[1:]
if kind == 'tcp':
    listener = socket.socket()
    listener.bind(('127.0.0.1', 0))
    listener.listen()
    with open(where + '.new', 'w') as file:
        file.write(str(listener.getsockname()[1]))
else:
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(where + '.new')
    listener.listen()
os.rename(where + '.new', where)
os.dup2(listener.fileno(), 0)
if closed == 'closed':
    os.close(1)
    os.close(2)
os.execv(command[0], command)
`;

interface Started {
  readonly child: ChildProcess;
  readonly peer: () => Promise<Peer>;
}

async function startedByWebServer(kind: 'tcp' | 'unix', closed: boolean): Promise<Started> {
  if (!existsSync(MAIN)) throw new Error('dist is not built: npm run build');
  const directory = mkdtempSync(join(tmpdir(), 'wizgi-fcgi-'));
  const where = join(directory, kind === 'unix' ? 'app.sock' : 'port');
  const app = join(directory, 'app.mjs');
  writeFileSync(
    app,
    `export default async (environ, startResponse) => {
      if (environ.PATH_INFO === '/slow') await new Promise((resolve) => setTimeout(resolve, 300));
      startResponse('200 OK', []);
      return [environ.PATH_INFO, ' ', Buffer.from(environ['wsgi.input'].read())];
    };`,
  );
  const command = [process.execPath, MAIN, 'serve', app, '-b', 'fastcgi+fd://0'];
  const child = spawn(
    'python3',
    ['-c', LAUNCHER, kind, where, closed ? 'closed' : 'open', ...command],
    { stdio: 'ignore' },
  );
  onTestFinished(() => {
    child.kill('SIGKILL');
    rmSync(directory, { recursive: true });
  });
  await until('the socket', () => existsSync(where));
  const address =
    kind === 'unix' ? `unix:${where}` : `http://127.0.0.1:${readFileSync(where, 'utf8')}`;
  return { child, peer: async () => new Peer(await Client.open(address)) };
}

describe('a socket that is inherited as descriptor 0', () => {
  beforeEach((context) => void need('python3', context));

  it.each([
    ['tcp', false],
    ['tcp', true],
    ['unix', false],
    ['unix', true],
  ] as const)(
    'FCGI-12, FCGI-58 is listened on: %s, the others closed: %s',
    async (kind, closed) => {
      const { peer } = await startedByWebServer(kind, closed);
      const first = await peer();
      first.send(post('abc', [['PATH_INFO', '/a']], { flags: 0 }));
      expect((await first.answer()).body).toBe('/a abc');
      await first.closed();
      const second = await peer();
      expect((await second.ask(get([['PATH_INFO', '/b']]))).body).toBe('/b ');
    },
  );

  it('FCGI-17 SIGTERM lets what runs come to its end', async () => {
    const { child, peer } = await startedByWebServer('tcp', false);
    const first = await peer();
    await first.ask(get());
    first.send(get([['PATH_INFO', '/slow']]), get([['PATH_INFO', '/fast']], { id: 2 }));
    await first.answer(2);
    child.kill('SIGTERM');
    expect((await first.answer()).body).toBe('/slow ');
    await first.closed();
    await until('the process to end', () => child.exitCode !== null || child.signalCode !== null);
    expect([child.exitCode, child.signalCode]).toEqual([0, null]);
  });

  it('FCGI-13, FCGI-61 what is no listening socket is refused, with a word', async () => {
    const child = spawn(process.execPath, [MAIN, 'serve', '-b', 'fastcgi+fd://0'], {
      stdio: ['pipe', 'ignore', 'pipe'],
    });
    onTestFinished(() => void child.kill('SIGKILL'));
    let said = '';
    child.stderr.on('data', (data) => {
      said += data;
    });
    await until('the process to end', () => child.exitCode !== null);
    expect(said).toContain('fd://0');
    expect(said).not.toContain('    at ');
    expect(child.exitCode).not.toBe(0);
  });
}, 30_000);
