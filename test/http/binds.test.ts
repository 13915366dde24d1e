import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, statSync, writeFileSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { createServer, type Server as NetServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { parseBind } from '../../src/gateways/bind.ts';
import { ConfigurationError, type ServerOptions } from '../../src/gateways/options.ts';
import { serve } from '../../src/gateways/serve.ts';
import { answering, Client, get, start, until } from './kit.ts';
import { startChild } from './process.ts';

const app = answering((environ) =>
  [environ.SERVER_NAME, environ.SERVER_PORT, environ.REMOTE_ADDR, environ.REMOTE_PORT].join(' '),
);

const socketPath = async (name = 'app.sock') =>
  join(await mkdtemp(join(tmpdir(), 'wizgi-test-')), name);

async function ask(address: string): Promise<string> {
  const client = await Client.open(address);
  client.send(get('/', 'Connection: close\r\n'));
  return (await client.answer()).body;
}

/** Why a server does not start. */
async function refusal(options: ServerOptions): Promise<string> {
  try {
    const server = await serve(app, options);
    await server.close();
  } catch (error) {
    expect(error).toBeInstanceOf(ConfigurationError);
    return (error as Error).message;
  }
  throw new Error('it started');
}

describe('addresses', () => {
  it.each([
    ['127.0.0.1:8000', { kind: 'tcp', host: '127.0.0.1', port: 8000 }],
    ['http://127.0.0.1:8000', { kind: 'tcp', host: '127.0.0.1', port: 8000 }],
    ['http://127.0.0.1:8000/', { kind: 'tcp', host: '127.0.0.1', port: 8000 }],
    [':8000', { kind: 'tcp', host: '', port: 8000 }],
    ['localhost:0', { kind: 'tcp', host: 'localhost', port: 0 }],
    ['[::1]:8000', { kind: 'tcp', host: '::1', port: 8000 }],
    ['unix:/run/app.sock', { kind: 'unix', path: '/run/app.sock' }],
    ['http+unix:app.sock', { kind: 'unix', path: 'app.sock' }],
    ['fd://3', { kind: 'fd', fd: 3 }],
  ])('%s', (text, bind) => {
    expect(parseBind(text)).toEqual({ protocol: 'http', ...bind });
  });

  it.each([
    '8000',
    'unix:',
    'fd://x',
    '127.0.0.1:65536',
    '::1:8000',
    'ftp://a:1',
    '',
    'a:b',
    '/x:1',
  ])('%j is refused', (text) => {
    expect(() => parseBind(text)).toThrow(ConfigurationError);
  });
});

describe('listening', () => {
  it('on IPv4: the names and addresses of both ends', async () => {
    const server = await start(app);
    expect(server.addresses[0]).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
    const port = new URL(server.addresses[0] as string).port;
    expect(await ask(server.addresses[0] as string)).toMatch(
      new RegExp(`^127\\.0\\.0\\.1 ${port} 127\\.0\\.0\\.1 \\d+$`),
    );
  });

  it('ENV-32 on IPv6: SERVER_NAME in brackets, REMOTE_ADDR without', async () => {
    const server = await start(app, { bind: ['[::1]:0'] });
    expect(server.addresses[0]).toMatch(/^http:\/\/\[::1\]:\d+$/);
    expect(await ask(server.addresses[0] as string)).toMatch(/^\[::1\] \d+ ::1 \d+$/);
  });

  it('on all interfaces: an IPv4 client shows in its own notation', async () => {
    const server = await start(app, { bind: [':0'] });
    const { port } = new URL(server.addresses[0] as string);
    expect(await ask(`http://127.0.0.1:${port}`)).toMatch(/^127\.0\.0\.1 \d+ 127\.0\.0\.1 \d+$/);
  });

  it('ENV-13 on a Unix socket', async () => {
    const path = await socketPath();
    const server = await start(app, { bind: [`unix:${path}`] });
    expect(server.addresses).toEqual([`unix:${path}`]);
    expect(await ask(`unix:${path}`)).toBe('localhost 80  ');
    await server.close();
    expect(existsSync(path)).toBe(false);
  });

  it.each(['600', '660', '0666', '0o770'])('a Unix socket with mode %s', async (mode) => {
    const path = await socketPath();
    const umask = process.umask();
    await start(app, { bind: [`unix:${path}`], socketMode: mode });
    expect(statSync(path).mode & 0o777).toBe(Number.parseInt(mode.replace('o', ''), 8));
    expect(process.umask()).toBe(umask);
  });

  it('a socket file that nobody listens on is replaced', async () => {
    const path = await socketPath();
    const child = await startChild('hello', { bind: [`unix:${path}`] });
    process.kill(child.pid, 'SIGKILL');
    await child.ended;
    expect(existsSync(path)).toBe(true);
    await start(app, { bind: [`unix:${path}`] });
    expect(await ask(`unix:${path}`)).toContain('localhost');
  });

  it('a socket that another server listens on is left alone', async () => {
    const path = await socketPath();
    await start(app, { bind: [`unix:${path}`] });
    expect(await refusal({ bind: [`unix:${path}`] })).toBe(
      `bind 'unix:${path}': another server listens there; stop it or choose another path`,
    );
    expect(await ask(`unix:${path}`)).toContain('localhost');
  });

  it('also one whose backlog is full', async () => {
    const path = await socketPath();
    const busy: NetServer = createServer(() => undefined);
    busy.listen({ path, backlog: 1 });
    await once(busy, 'listening');
    // Not in this process, which would accept.
    const filler = spawn('python3', [
      '-c',
      `import socket,sys
s=socket.socket(socket.AF_UNIX); s.bind(sys.argv[1]); s.listen(0)
keep=[]
while True:
    c=socket.socket(socket.AF_UNIX); c.setblocking(False)
    try: c.connect(sys.argv[1])
    except BlockingIOError: break
    keep.append(c)
print('full',flush=True); sys.stdin.read()`,
      `${path}2`,
    ]);
    onTestFinished(() => {
      filler.kill('SIGKILL');
      busy.close();
    });
    await once(filler.stdout, 'data');
    expect(await refusal({ bind: [`unix:${path}2`] })).toContain('another server listens there');
    expect(existsSync(`${path}2`)).toBe(true);
  });

  it('a regular file is not replaced', async () => {
    const path = await socketPath('data.txt');
    writeFileSync(path, 'precious');
    expect(await refusal({ bind: [`unix:${path}`] })).toBe(
      `bind 'unix:${path}': the file exists and is no socket; remove it or choose another path`,
    );
    expect(existsSync(path)).toBe(true);
  });

  it('several at once; one that fails closes the others', async () => {
    const path = await socketPath();
    const server = await start(app, { bind: ['127.0.0.1:0', `unix:${path}`, '[::1]:0'] });
    for (const address of server.addresses) expect(await ask(address)).not.toBe('');
    const taken = new URL(server.addresses[0] as string).host;
    const other = await socketPath();
    await refusal({ bind: [`unix:${other}`, taken] });
    expect(existsSync(other)).toBe(false);
  });

  it('a port in use: says so, and what to do', async () => {
    const server = await start(app);
    const { host } = new URL(server.addresses[0] as string);
    expect(await refusal({ bind: [host] })).toBe(
      `${host} is already in use: stop the other server, or choose another address with --bind (-b), as in -b 127.0.0.1:8001`,
    );
  });

  it.each([
    [
      { bind: ['192.0.2.1:8000'] },
      'cannot listen on 192.0.2.1:8000: this machine has no such address',
    ],
    [{ bind: ['fd://999'] }, /^cannot listen on fd:\/\/999: /],
    [
      { bind: ['unix:/nonexistent/app.sock'] },
      /^(?:no permission|cannot listen) .*unix:\/nonexistent/,
    ],
    [{ bind: [] }, /^option 'bind'/],
    [{ ports: 1 } as ServerOptions, /^unknown option 'ports'/],
    [{ keepAlive: '5' } as unknown as ServerOptions, /^option 'keepAlive' \(--keep-alive\) is "5"/],
  ])('%j is refused', async (options, message) => {
    expect(await refusal(options)).toMatch(message);
  });

  it('an inherited TCP socket', async () => {
    const listener = createServer();
    listener.listen(0, '127.0.0.1');
    await once(listener, 'listening');
    const { fd } = (listener as unknown as { _handle: { fd: number } })._handle;
    const child = await startChild('hello', { bind: ['fd://3'] }, { descriptors: [fd] });
    // Both processes hold the socket; this one must not take its connections.
    listener.close();
    expect(child.addresses[0]).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
    expect(await ask(child.addresses[0] as string)).toBe('hello /');
    process.kill(child.pid, 'SIGTERM');
    expect(await child.ended).toBe(0);
  });

  it('an inherited Unix socket serves, and its file stays', async () => {
    const path = await socketPath();
    const parent = spawn('python3', [
      '-c',
      `import os,socket,subprocess,sys
s=socket.socket(socket.AF_UNIX); s.bind(sys.argv[1]); s.listen(8)
fd=os.dup(s.fileno()); s.close(); os.dup2(fd, 3)
os.execv(sys.argv[2], sys.argv[2:])`,
      path,
      process.execPath,
      new URL('child.mjs', import.meta.url).pathname,
      'hello',
      JSON.stringify({ bind: ['fd://3'] }),
    ]);
    onTestFinished(() => {
      parent.kill('SIGKILL');
    });
    const [line] = await once(parent.stdout, 'data');
    expect(JSON.parse(String(line))).toEqual(['fd://3']);
    expect(await ask(`unix:${path}`)).toBe('hello /');
    parent.kill('SIGTERM');
    await once(parent, 'exit');
    expect(existsSync(path)).toBe(true);
  });

  it('a Unix socket without permission says so', async () => {
    // Where not even root may make a file.
    expect(await refusal({ bind: ['unix:/sys/wizgi.sock'] })).toContain('no permission');
  });

  it('a Unix socket in a directory that does not exist says so', async () => {
    const path = join(await socketPath(), '..', 'missing', 'app.sock');
    expect(await refusal({ bind: [`unix:${path}`] })).toMatch(/there is no directory .*missing;/);
  });
});

describe('E13 out of descriptors', () => {
  it('old connections live, further ones are closed, and new ones come again', async () => {
    const child = await startChild(
      'hello',
      {},
      { wrapper: ['sh', '-c', 'ulimit -n 48; exec "$@"', 'sh'] },
    );
    const first = await child.client();
    first.send(get('/first'));
    await first.answer();
    const many = await Promise.all(Array.from({ length: 60 }, () => child.client()));
    await until('some to be closed', () => many.some((client) => client.ended !== 'open'));
    first.send(get('/still'));
    expect((await first.answer()).body).toBe('hello /still');
    for (const client of many) client.socket.destroy();
    let body = '';
    const deadline = performance.now() + 5_000;
    while (body === '' && performance.now() < deadline) {
      body = await ask(child.addresses[0] as string).catch(() => '');
    }
    expect(body).toBe('hello /');
  });
});
