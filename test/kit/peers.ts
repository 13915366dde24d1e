/** Other servers of WSGI, each serving the kit's application with threads where it has them. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { connect } from 'node:net';
import { type Component, need } from '../interop/components.ts';
import { freePort } from '../interop/free-port.ts';
import { needPackages, type Skipping } from '../python/packages.ts';
import { PYTHON_PATH } from './serving.ts';

export interface Peer {
  readonly name: string;
  /** What has to be imported by the interpreter of the tests, at the version that is pinned. */
  readonly module?: string;
  /** A program of the system, or the standard library, at whatever version that has. */
  readonly component?: Component;
  /** Its version, by a program and arguments. */
  version(python: string): readonly [program: string, ...args: string[]];
  /** The command line, as it is documented, for an address of 127.0.0.1. */
  command(python: string, port: number): readonly [program: string, ...args: string[]];
}

const APP = 'wizgi_conformance:application';

/** `importlib.metadata`, as not every package tells its version itself. */
function packageVersion(name: string) {
  return (python: string): [string, ...string[]] => [
    python,
    '-c',
    `from importlib.metadata import version; print(version("${name}"))`,
  ];
}

export const peers: readonly Peer[] = [
  {
    name: 'gunicorn',
    module: 'gunicorn',
    version: packageVersion('gunicorn'),
    command: (python, port) => [
      ...([python, '-m', 'gunicorn', '--bind', `127.0.0.1:${port}`] as const),
      ...['--threads', '4', '--graceful-timeout', '1', APP],
    ],
  },
  {
    name: 'waitress',
    module: 'waitress',
    version: packageVersion('waitress'),
    command: (python, port) => [python, '-m', 'waitress', `--listen=127.0.0.1:${port}`, APP],
  },
  {
    name: 'cheroot',
    module: 'cheroot',
    version: packageVersion('cheroot'),
    command: (python, port) => [python, '-m', 'cheroot', '--bind', `127.0.0.1:${port}`, APP],
  },
  {
    name: 'uWSGI',
    component: 'uwsgi',
    version: () => ['uwsgi', '--version'],
    command: (_python, port) => [
      ...(['uwsgi', '--plugin', 'python3', '--http-socket', `127.0.0.1:${port}`] as const),
      ...['--threads', '4', '--need-app', '--die-on-term', '--single-interpreter'],
      ...['--pythonpath', PYTHON_PATH, '--module', APP],
    ],
  },
  {
    name: 'wsgiref',
    component: 'python3',
    version: () => [
      'python3',
      '-c',
      'import sys; print("CPython %d.%d.%d" % sys.version_info[:3])',
    ],
    command: (_python, port) => ['python3', '-m', 'wizgi_conformance', String(port)],
  },
];

export interface Started {
  readonly url: string;
  readonly version: string;
  close(): Promise<void>;
}

/** Starts a server and waits until it listens. */
export async function startPeer(peer: Peer, context: Skipping): Promise<Started> {
  if (peer.component !== undefined) need(peer.component, context);
  const python = peer.module === undefined ? '' : needPackages([peer.module], context);
  const [asked, ...rest] = peer.version(python);
  const version = spawnSync(asked, rest, { encoding: 'utf8' }).stdout.trim();
  const port = await freePort();
  const [program, ...args] = peer.command(python, port);
  const child = spawn(program, args, {
    env: { ...process.env, PYTHONPATH: PYTHON_PATH, PYTHONDONTWRITEBYTECODE: '1' },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let errors = '';
  child.stderr?.on('data', (data: Buffer) => {
    errors = (errors + data.toString()).slice(-10_000);
  });
  while (!(await listens(port))) {
    if (child.exitCode !== null) throw new Error(`${peer.name} ended: ${errors}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return { url: `http://127.0.0.1:${port}`, version, close: () => end(child) };
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGTERM');
  const timer = setTimeout(() => child.kill('SIGKILL'), 3_000);
  await ended;
  clearTimeout(timer);
}

function listens(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1' }, () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}
