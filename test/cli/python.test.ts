/** Python targets through the command: flags, mounts, signals, and what is said of mistakes. */
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { need } from '../interop/components.ts';
import {
  type Command,
  cleanUp,
  project,
  type StartOptions,
  start,
  startServer,
} from './command.ts';

beforeEach((context) => {
  need('python3', context);
});
afterEach(cleanUp);

/** Answers with a Python expression; a request for /slow waits until the file `go` is there. */
const app = (expression: string, name = 'app') => `
import os, sys, time
def ${name}(environ, start_response):
    start_response('200 OK', [('Content-Type', 'text/plain')])
    yield str(${expression}).encode()
    while environ['PATH_INFO'] == '/slow' and not os.path.exists('go'):
        time.sleep(0.01)
`;

const text = async (url: string): Promise<string> => (await fetch(url)).text();

/** A start that no variable of whoever runs the tests has an influence on. */
const plain = { VIRTUAL_ENV: '', WEB_CONCURRENCY: '' };
const serve = (args: readonly string[], cwd: string, env: StartOptions['env'] = {}): Command =>
  startServer(args, { cwd, env: { ...plain, ...env } });

/** Processes by their ids: those that answer requests made at the same time. */
async function pids(url: string, enough: number): Promise<Set<string>> {
  const found = new Set<string>();
  await vi.waitFor(
    async () => {
      for (const pid of await Promise.all(Array.from({ length: 16 }, () => text(url)))) {
        found.add(pid);
      }
      expect(found.size).toBeGreaterThanOrEqual(enough);
    },
    { timeout: 15_000 },
  );
  return found;
}

function isAlive(pid: string): boolean {
  try {
    return process.kill(Number(pid), 0);
  } catch {
    return false;
  }
}

describe('a Python target', () => {
  it.each([
    ['site_app', { 'site_app.py': app("'module'") }, 'module'],
    ['pkg.web:other', { 'pkg/web.py': app("'name'", 'other') }, 'name'],
    ['app.wsgi', { 'app.wsgi': app("'file'", 'application') }, 'file'],
    [
      'web.py:make("x")',
      { 'web.py': `def make(what):${app('what').replace(/\n/g, '\n    ')}\n    return app` },
      'x',
    ],
  ] as const)('%s', async (target, files, answer) => {
    const server = serve([target], project(files));
    const url = await server.listening();
    expect(server.stderr).toContain(` serves ${target}\n`);
    expect(await text(url)).toBe(answer);
    expect(await server.stop()).toEqual({ code: 0, signal: null });
  });

  it('gets the environment, the directory and the path that flags ask for', async () => {
    const directory = project({
      'sub/app.py': app(
        "(os.getcwd() == os.path.dirname(__file__), os.environ['NAME'], sys.path[:2])",
      ),
    });
    const args = ['app', '--chdir', 'sub', '-e', 'NAME=me', '--pythonpath', 'a,/b'];
    const server = serve(args, directory);
    const [, path] =
      /^\(True, 'me', \['(.*)\/a', '\/b'\]\)$/.exec(await text(await server.listening())) ?? [];
    expect(path).toMatch(/\/sub$/);
  });

  it('runs in as many processes as -w says, else $WEB_CONCURRENCY', async () => {
    const directory = project({ 'app.py': app('(time.sleep(0.01), os.getpid())[1]') });
    for (const [args, env] of [
      [['-w', '3'], { WEB_CONCURRENCY: '9' }],
      [[], { WEB_CONCURRENCY: '3' }],
    ] as const) {
      const server = serve(['app', ...args], directory, env);
      const found = await pids(await server.listening(), 3);
      expect(found.size).toBe(3);
      await server.stop();
      expect([...found].filter(isAlive)).toEqual([]);
    }
  });

  it('is configured by a file, whose options flags override', async () => {
    const directory = project({
      'wizgi.config.ts': `export default { app: 'app:other', workers: 2, threads: 7, env: { NAME: 'file' } };`,
      'app.py': app(
        "(os.environ['NAME'], environ['wsgi.multithread'], environ['wsgi.multiprocess'])",
        'other',
      ),
    });
    const server = serve(['--threads', '1'], directory);
    expect(await text(await server.listening())).toBe("('file', False, True)");
  });

  it('can be made by a configuration file', async () => {
    const directory = project({
      'wizgi.config.ts': `
        import { python } from 'wizgi/python';
        export default { app: python('app', { threads: 2 }) };`,
      'app.py': app("(os.getpid(), environ['wsgi.multithread'])"),
    });
    const server = serve([], directory);
    const [, pid = ''] = /^\((\d+), True\)$/.exec(await text(await server.listening())) ?? [];
    expect(isAlive(pid)).toBe(true);
    expect(await server.stop()).toEqual({ code: 0, signal: null });
    expect(isAlive(pid)).toBe(false);
  });

  it('is loaded by --check-config', async () => {
    const directory = project({ 'app.py': `print('loaded')\n${app('1')}` });
    const command = start(['serve', 'app', '-w', '2', '--check-config'], {
      cwd: directory,
      env: plain,
    });
    expect(await command.exited).toEqual({ code: 0, signal: null });
    expect(command.stdout).toBe('wizgi: app and its options are fine\n');
    expect(command.stderr).toContain('loaded');
  });
});

describe('mounts', () => {
  it('mix languages; each Python application has workers of its own', async () => {
    const directory = project({
      'main.mjs': `export const app = (e, s) => { s('200 OK', []); return ['main ', e.PATH_INFO]; };`,
      'one.py': app("('one', environ['SCRIPT_NAME'], environ['PATH_INFO'], os.getpid())"),
      'two.py': app("('two', environ['SCRIPT_NAME'], environ['PATH_INFO'], os.getpid())"),
    });
    const args = [
      'main.mjs',
      '--mount',
      '/one=one.py',
      '--mount',
      '/one/two=two:app',
      '--threads',
      '2',
    ];
    const server = serve(args, directory);
    const url = await server.listening();
    expect(await text(`${url}/x`)).toBe('main /x');
    const [, one] = /^\('one', '\/one', '\/x', (\d+)\)$/.exec(await text(`${url}/one/x`)) ?? [];
    const [, two] = /^\('two', '\/one\/two', '', (\d+)\)$/.exec(await text(`${url}/one/two`)) ?? [];
    expect(one).toMatch(/^\d+$/);
    expect(two).toMatch(/^\d+$/);
    expect(one).not.toBe(two);
    expect(await server.stop()).toEqual({ code: 0, signal: null });
    expect([one, two].filter((pid) => isAlive(pid as string))).toEqual([]);
  });
});

describe('signals', () => {
  it('SIGHUP loads the application anew; what cannot be loaded changes nothing', async () => {
    const directory = project({ 'app.py': app("'before'") });
    const server = serve(['app'], directory);
    const url = await server.listening();
    expect(await text(url)).toBe('before');
    // Another length each time: within a second, Python tells versions of a file by their size.
    writeFileSync(join(directory, 'app.py'), app("'afterwards'"));
    server.kill('SIGHUP');
    await server.until(({ stderr }) => stderr.includes('[INFO] reloaded\n'));
    expect(await text(url)).toBe('afterwards');
    writeFileSync(join(directory, 'app.py'), 'import no_such_package\n');
    server.kill('SIGHUP');
    await server.until(({ stderr }) => stderr.includes('[ERROR] reloading failed'));
    expect(server.stderr).toContain(
      "app.py, line 1, imports 'no_such_package', which is not installed",
    );
    expect(await text(url)).toBe('afterwards');
  });

  it('SIGTERM lets running requests finish, before the workers end', async () => {
    const directory = project({ 'app.py': app('os.getpid()') });
    const server = serve(['app'], directory);
    const response = await fetch(`${await server.listening()}/slow`);
    server.kill('SIGTERM');
    await server.until(({ stderr }) => stderr.includes('stopping: running requests may finish'));
    writeFileSync(join(directory, 'go'), '');
    const pid = await response.text();
    expect(pid).toMatch(/^\d+$/);
    expect(await server.exited).toEqual({ code: 0, signal: null });
    expect(isAlive(pid)).toBe(false);
  });

  it('a second one ends the workers too', async () => {
    const server = serve(['app'], project({ 'app.py': app('os.getpid()') }));
    const response = await fetch(`${await server.listening()}/slow`);
    const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
    const pid = (await reader?.read())?.value ?? '';
    server.kill('SIGTERM');
    await server.until(({ stderr }) => stderr.includes('stopping'));
    server.kill('SIGTERM');
    expect(await server.exited).toEqual({ code: 143, signal: null });
    await expect(reader?.read()).rejects.toThrow();
    await vi.waitFor(() => expect(isAlive(pid)).toBe(false), { timeout: 10_000 });
  });
});

describe('mistakes: exit code 1 and one message', () => {
  const files = {
    'app.py': app('1'),
    'dependency.py': '\nimport no_such_package\n',
    'exits.py': 'import sys\nsys.exit(3)\n',
    'asgi.py': 'async def app(scope, receive, send): pass\n',
    'plain.txt': '',
  };

  /** The message, without lines of the log. */
  async function message(args: readonly string[], directory = project(files), env = {}) {
    const command = start(['serve', ...args, '-b', '127.0.0.1:0'], {
      cwd: directory,
      env: { ...plain, ...env },
    });
    const { code } = await command.exited;
    const lines = command.stderr.split('\n').filter((line) => !/^\[.*\] \[INFO\] /.test(line));
    const shown = lines.join('\n').replaceAll(directory, '/project');
    return { code, text: shown.replace(/\/\S+(?= \(Python \d\.\d+\)| -m pip)/g, 'PYTHON') };
  }

  it.each([
    ['ap', 'there is no module ap; did you mean app?'],
    ['app:ap', 'the module app (/project/app.py) has no ap; did you mean app:app?'],
    ['ap.wsgi', 'there is no module ap.wsgi'],
    ['ap.py', 'there is no file ap.py; did you mean app.py?'],
    ['site.ini#main', 'there is no file site.ini'],
    [
      'dependency',
      "dependency.py, line 2, imports 'no_such_package', which is not installed for PYTHON",
    ],
    ['exits', 'exits ends the process while it is imported (SystemExit 3)'],
    ['asgi', 'asgi:app is an ASGI application'],
  ])('%s', async (target, expected) => {
    const { code, text: shown } = await message([target]);
    expect(shown).toMatch(/^wizgi: [^\n]*\n$/);
    expect(shown).toContain(expected);
    expect(shown).not.toMatch(/Traceback|^ +at /m);
    expect(code).toBe(1);
  });

  it.each([
    [
      ['--python', 'python9'],
      'option \'python\' (--python) is "python9", which is not on PATH; install it, or give its path, as in .venv/bin/python',
    ],
    [
      ['--python', './plain.txt'],
      'option \'python\' (--python) is "/project/plain.txt", which cannot be executed; name an interpreter, as in python3 or .venv/bin/python',
    ],
  ])('%j', async (args, expected) => {
    expect(await message(['app', ...args])).toEqual({ code: 1, text: `wizgi: ${expected}\n` });
  });

  it.each([
    ['3.8', 'is Python 3.8; wizgi needs 3.9 or newer: name another interpreter with --python'],
    ['', 'does not work as a Python interpreter ('],
  ])('an interpreter that calls itself %j', async (version, expected) => {
    const directory = project(files);
    mkdirSync(join(directory, '.venv/bin'), { recursive: true });
    const interpreter = join(directory, '.venv/bin/python');
    writeFileSync(interpreter, `#!/bin/sh\necho '${version}'\nexit 3\n`);
    chmodSync(interpreter, 0o755);
    const { code, text: shown } = await message(['app'], directory);
    expect(shown).toMatch(/^wizgi: [^\n]*\n$/);
    expect(shown).toContain(`/project/.venv/bin/python ${expected}`);
    expect(code).toBe(1);
  });

  it('of one mount of several', async () => {
    const { code, text: shown } = await message(['app', '--mount', '/x=dependency.py']);
    expect(shown).toMatch(/^wizgi: [^\n]*no_such_package[^\n]*\n$/);
    expect(code).toBe(1);
  });

  it('a port that is in use ends the workers too', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => other.once('listening', resolve));
    const { port } = other.address() as { port: number };
    const directory = project({ 'app.py': `import os\nprint('worker', os.getpid())\n${app('1')}` });
    const command = start(['serve', 'app', '-b', `127.0.0.1:${port}`], {
      cwd: directory,
      env: plain,
    });
    expect((await command.exited).code).toBe(1);
    other.close();
    expect(command.stderr).toContain(`wizgi: 127.0.0.1:${port} is already in use`);
    const [, pid = ''] = /worker (\d+)/.exec(command.stderr) ?? [];
    expect(pid).not.toBe('');
    await vi.waitFor(() => expect(isAlive(pid)).toBe(false), { timeout: 10_000 });
  });

  it('an application that fails is shown from its own first line on', async () => {
    const directory = project({
      'fails.py': "def connect():\n    raise OSError('no database')\nconnect()\n",
    });
    const { code, text: shown } = await message(['fails'], directory);
    expect(shown).toMatch(/^wizgi: fails [^\n]*\n/);
    expect(shown).toContain('  File "/project/fails.py", line 3, in <module>\n');
    expect(shown).toMatch(/OSError: no database\n+$/);
    expect(shown).not.toMatch(/wizgi_worker|importlib/);
    expect(code).toBe(1);
  });
});
