/** Servers of other projects, as upstreams. */
import { existsSync, mkdirSync, mkdtempSync, readdirSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { until } from '../http/kit.ts';
import { launch, need } from '../interop/components.ts';
import { freePort } from '../interop/free-port.ts';
import { needPackages, type Skipping } from '../python/packages.ts';

/** A WSGI application in Python that tells what it was asked. */
const APPLICATION = `
import json

def application(environ, start_response):
    length = int(environ.get('CONTENT_LENGTH') or 0)
    body = environ['wsgi.input'].read(length).decode('latin-1')
    if environ['PATH_INFO'] == '/large':
        start_response('200 OK', [('Content-Type', 'text/plain')])
        return (b'x' * 10000 for _ in range(100))
    texts = {key: value for key, value in environ.items() if isinstance(value, str)}
    answer = json.dumps(dict(texts, body=body)).encode('latin-1')
    start_response('203 Told', [('Content-Type', 'application/json'),
                                ('Content-Length', str(len(answer)))])
    return [answer]
`;

export function folder(): string {
  return mkdtempSync(join(tmpdir(), 'wizgi-test-'));
}

/** Waits until somebody listens. */
export async function listening(where: { port: number } | { path: string }): Promise<void> {
  let up = false;
  await until(
    `${JSON.stringify(where)} to be listened to`,
    () => {
      const socket = connect(where, () => {
        up = true;
        socket.destroy();
      });
      socket.on('error', () => undefined);
      return up;
    },
    15_000,
  );
}

function applicationFolder(): string {
  const directory = folder();
  writeFileSync(join(directory, 'probe.py'), APPLICATION);
  return directory;
}

/** Starts gunicorn; gives its URL. */
export async function gunicorn(context: Skipping, workerClass: string): Promise<string> {
  const python = needPackages(['gunicorn'], context);
  const port = await freePort();
  const address = ['-b', `127.0.0.1:${port}`];
  const options = ['-k', workerClass, '--threads', '2', '--keep-alive', '30'];
  const args = ['-m', 'gunicorn', ...options, ...address, 'probe'];
  launch(python, args, { cwd: applicationFolder(), stdio: 'ignore' });
  await listening({ port });
  return `http://127.0.0.1:${port}`;
}

/** Starts uWSGI with one of its own servers; gives its URL. */
export async function uwsgi(
  context: Skipping,
  option: 'http-socket' | 'socket' | 'fastcgi-socket' | 'scgi-socket',
  overUnix: boolean,
): Promise<string> {
  const program = need('uwsgi', context);
  const protocol = {
    'http-socket': 'http',
    socket: 'uwsgi',
    'fastcgi-socket': 'fastcgi',
    'scgi-socket': 'scgi',
  }[option];
  const directory = applicationFolder();
  const port = await freePort();
  const path = join(directory, 'up.sock');
  const address = overUnix ? path : `127.0.0.1:${port}`;
  const args = [`--${option}`, address, '--plugin', 'python3', '--wsgi-file', 'probe.py'];
  launch(program, [...args, '--master', '--disable-logging', '--die-on-term'], {
    cwd: directory,
    stdio: 'ignore',
  });
  await listening(overUnix ? { path } : { port });
  return overUnix ? `${protocol}+unix:${path}` : `${protocol}://127.0.0.1:${port}`;
}

/** Debian puts the version into the program's name. */
function phpFpm(context: Skipping): string {
  const names = existsSync('/usr/sbin') ? readdirSync('/usr/sbin') : [];
  const name = names.find((entry) => /^php-fpm[\d.]*$/.test(entry));
  if (name !== undefined) return join('/usr/sbin', name);
  const reason = 'php-fpm is not installed: apt-get install php-fpm';
  if (process.env.CI === 'true') throw new Error(reason);
  context.skip(reason);
  throw new Error(reason);
}

/** Starts php-fpm for some files; gives its URL and their directory. */
export async function php(
  context: Skipping,
  files: Readonly<Record<string, string>>,
  overUnix: boolean,
): Promise<{ url: string; root: string }> {
  const program = phpFpm(context);
  const directory = folder();
  const root = join(directory, 'www');
  for (const [name, text] of Object.entries(files)) {
    const path = join(root, name);
    mkdirSync(join(path, '..'), { recursive: true });
    writeFileSync(path, text);
  }
  const port = await freePort();
  const path = join(directory, 'php.sock');
  const user = process.getuid?.() === 0 ? 'user = root\ngroup = root' : '';
  writeFileSync(
    join(directory, 'fpm.conf'),
    `[global]
daemonize = no
error_log = ${directory}/fpm.log
[www]
${user}
listen = ${overUnix ? path : `127.0.0.1:${port}`}
pm = static
pm.max_children = 2
catch_workers_output = yes
php_flag[display_errors] = off
`,
  );
  const asRoot = process.getuid?.() === 0 ? ['-R'] : [];
  launch(program, ['-F', '-n', '-y', join(directory, 'fpm.conf'), ...asRoot], { stdio: 'ignore' });
  await listening(overUnix ? { path } : { port });
  return { url: overUnix ? `fastcgi+unix:${path}` : `fastcgi://127.0.0.1:${port}`, root };
}
