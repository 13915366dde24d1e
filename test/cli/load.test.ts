/** Every kind of file and of export, and what TypeScript may say. */
import { afterEach, describe, expect, it } from 'vitest';
import { cleanUp, project, start, startServer } from './command.ts';

afterEach(cleanUp);

const answer = (text: string) =>
  `(environ, startResponse) => { startResponse('200 OK', [['Content-Type', 'text/plain']]); return ['${text}']; }`;

async function body(target: string, files: Readonly<Record<string, string>>): Promise<string> {
  const server = startServer([target], { cwd: project(files) });
  const response = await fetch(await server.listening());
  const text = await response.text();
  expect(await server.stop()).toEqual({ code: 0, signal: null });
  return text;
}

describe('files', () => {
  it.each([
    ['app.ts', 'export const app: unknown = '],
    ['app.mts', 'export const app: unknown = '],
    ['app.mjs', 'export const app = '],
    ['app.cjs', 'exports.app = '],
  ])('%s', async (file, code) => {
    expect(await body(file, { [file]: code + answer(file) })).toBe(file);
  });

  it.each([
    ['module', 'export const app = '],
    ['commonjs', 'exports.app = '],
  ])('app.js in a package of type %s', async (type, code) => {
    const files = { 'package.json': JSON.stringify({ type }), 'app.js': code + answer(type) };
    expect(await body('app.js', files)).toBe(type);
  });

  it('by an absolute path', async () => {
    const directory = project({ 'app.ts': `export const app = ${answer('absolute')}` });
    const server = startServer([`${directory}/app.ts`]);
    expect(await (await fetch(await server.listening())).text()).toBe('absolute');
  });
});

describe('exports', () => {
  it.each([
    [
      'application first',
      `export const application = ${answer('1')}; export const app = ${answer('2')};`,
    ],
    ['app second', `export const app = ${answer('1')}; export default ${answer('2')};`],
    ['default last', `export default ${answer('1')}; export const other = 1;`],
  ])('%s', async (_, code) => {
    expect(await body('a.ts', { 'a.ts': code })).toBe('1');
    expect(await body('a.mjs', { 'a.mjs': code })).toBe('1');
  });

  it('by name', async () => {
    const code = `export const app = ${answer('app')}; export const $other_1 = ${answer('other')};`;
    expect(await body('a.ts:$other_1', { 'a.ts': code })).toBe('other');
  });

  it.each([
    ['a function', answer('it')],
    ['an object of exports', `{ application: ${answer('it')} }`],
    ['made exports', `Object.fromEntries([['app', ${answer('it')}]])`],
  ])('module.exports is %s', async (_, code) => {
    expect(await body('a.cjs', { 'a.cjs': `module.exports = ${code}` })).toBe('it');
  });

  it.each([
    [
      'a class',
      `export class App { constructor(e, s) { s('200 OK', []); } *[Symbol.iterator]() { yield 'it'; } }`,
    ],
    ['an object', `export const App = { call(e, s) { s('200 OK', []); return ['it']; } };`],
  ])('%s is an application', async (_, code) => {
    expect(await body('a.mjs:App', { 'a.mjs': code })).toBe('it');
  });
});

describe('TypeScript', () => {
  it('may use what only a compiler knows, and import in every way', async () => {
    const files = {
      'a.ts': `
        import data from './data.json';
        import { one } from './one';
        import { two } from './two.js';
        import { three } from './three.ts';
        import common from './common.cjs';
        import { readFileSync } from 'node:fs';
        enum Color { Red = 1, Green }
        class Point { constructor(public readonly x: number) {} }
        const parts = [data.zero, one, two, three, common.four, Color.Green, new Point(6).x,
          typeof readFileSync, typeof __dirname, import.meta.url.startsWith('file:')];
        export const app = (environ: object, startResponse: Function) => {
          startResponse('200 OK', []);
          return [parts.join(' ')];
        };`,
      'data.json': '{ "zero": 0 }',
      'one.ts': 'export const one: number = 1;',
      'two.ts': 'export const two: number = 2;',
      'three.ts': 'export const three: number = 3;',
      'common.cjs': 'module.exports = { four: 4 };',
    };
    expect(await body('a.ts', files)).toBe('0 1 2 3 4 2 6 function string true');
  });

  it('gets the instance of wizgi that serves it', async () => {
    const code = (cast: string) => `
      import { streaming, WsgiError } from 'wizgi';
      export const app = streaming((environ${cast}, startResponse${cast}) => {
        try {
          startResponse('wrong', []);
        } catch (error) {
          startResponse('200 OK', [], error);
          return [String(error instanceof WsgiError), ' ', String(environ['wizgi.streaming'])];
        }
      });`;
    const files = {
      'package.json': '{ "type": "module" }',
      'a.ts': code(': any'),
      'a.js': code(''),
    };
    expect(await body('a.ts', files)).toMatch(/^true /);
    expect(await body('a.js', files)).toMatch(/^true /);
  });

  it('is compiled anew when it changed, although compiled code is kept', async () => {
    expect(await body('a.ts', { 'a.ts': `export const app = ${answer('before')}` })).toBe('before');
    expect(await body('a.ts', { 'a.ts': `export const app = ${answer('after')}` })).toBe('after');
  });

  it('does without a directory to keep compiled code in', async () => {
    const directory = project({ 'a.ts': `export const app = ${answer('it')}`, file: '' });
    const env = { XDG_CACHE_HOME: `${directory}/file` };
    const server = startServer(['a.ts'], { cwd: directory, env });
    expect(await (await fetch(await server.listening())).text()).toBe('it');
  });
});

describe('where nothing is named', () => {
  it('the demo application is served', async () => {
    const server = startServer([], { cwd: project({}) });
    expect(await (await fetch(await server.listening())).text()).toMatch(/^Hello world!\n/);
    expect(server.stderr).toContain('serves the demo application');
  });

  it.each(['ts', 'mts', 'js', 'mjs'])('wizgi.config.%s is', async (extension) => {
    const directory = project({
      'package.json': '{ "type": "module" }',
      [`wizgi.config.${extension}`]: `
        import { defineConfig } from 'wizgi';
        export default defineConfig({ app: './folder/app.mjs', env: { NAME: 'me' }, serverHeader: 'x' });`,
      'folder/app.mjs': `export const app = (e, s) => { s('200 OK', []); return [process.env.NAME]; };`,
    });
    const server = startServer([], { cwd: directory });
    const response = await fetch(await server.listening());
    expect(response.headers.get('server')).toBe('x');
    expect(await response.text()).toBe('me');
  });

  it('flags override the file, whose app can be an application itself', async () => {
    const directory = project({
      'other.config.ts': `
        export default {
          app: (e: object, s: Function) => { s('200 OK', []); return [process.env['NAME'] ?? '']; },
          bind: 'nonsense', env: { NAME: 'file' }, serverHeader: 'file',
        };`,
    });
    const args = ['-c', 'other.config.ts', '-e', 'NAME=flag', '--server-header', 'flag'];
    const server = startServer(args, { cwd: directory });
    const response = await fetch(await server.listening());
    expect(response.headers.get('server')).toBe('flag');
    expect(await response.text()).toBe('flag');
  });
});

describe('several applications', () => {
  const files = {
    'site.ts': `export const app = ${answer('site')}`,
    'api.mjs': `export const app = (e, s) => { s('200 OK', []); return [e.SCRIPT_NAME, ' ', e.PATH_INFO]; };`,
    'other.cjs': `exports.special = ${answer('special')}`,
  };
  const texts = async (url: string, ...paths: readonly string[]) =>
    Promise.all(paths.map(async (path) => (await fetch(url + path)).text()));

  it('stand beside TARGET, each at its path', async () => {
    const args = ['site.ts', '--mount', '/api=api.mjs', '--mount', '/api/x/=other.cjs:special'];
    const server = startServer(args, { cwd: project(files) });
    const url = await server.listening();
    expect(server.stderr).toContain('serves site.ts, /api=api.mjs, /api/x=other.cjs:special\n');
    expect(await texts(url, '/', '/apis', '/api', '/api/a', '/api/x')).toEqual([
      'site',
      'site',
      '/api ',
      '/api /a',
      'special',
    ]);
  });

  it('do without a TARGET', async () => {
    const server = startServer(['--mount', '/api=api.mjs'], { cwd: project(files) });
    const url = await server.listening();
    expect(await texts(url, '/api/a')).toEqual(['/api /a']);
    expect((await fetch(url)).status).toBe(404);
  });

  it('can be named in the configuration, whose places flags can take', async () => {
    const directory = project({
      ...files,
      'sub/wizgi.config.ts': `
        import { special } from '../other.cjs';
        export default { app: '../site.ts', mount: { '/api': '../api.mjs', '/special/': special } };`,
    });
    const args = ['-c', 'sub/wizgi.config.ts', '--mount', '/api=site.ts'];
    const server = startServer(args, { cwd: directory });
    const url = await server.listening();
    expect(await texts(url, '/', '/api/a', '/special')).toEqual(['site', 'site', 'special']);
  });
});

describe('without serving', () => {
  it('--check-config loads the application', async () => {
    const directory = project({ 'a.ts': 'console.log("loaded"); export const app = () => [];' });
    const command = start(['serve', 'a.ts', '--check-config'], { cwd: directory });
    expect(await command.exited).toEqual({ code: 0, signal: null });
    expect(command.stdout).toBe('loaded\nwizgi: a.ts and its options are fine\n');
  });

  it('--print-config shows what would apply', async () => {
    const directory = project({
      'sub/wizgi.config.mjs': 'export default { app: "./a.ts", timeout: 7, ajpSecret: "x" };',
    });
    const args = ['serve', '--chdir', 'sub', '--print-config', '--limit-request-body', '1k'];
    const command = start([...args, '--mount', '/api=api.py'], {
      cwd: directory,
      env: { WEB_CONCURRENCY: '3' },
    });
    expect(await command.exited).toEqual({ code: 0, signal: null });
    const lines = command.stdout.split('\n').map((line) => line.replace(/ +/g, ' '));
    expect(lines).toEqual(
      expect.arrayContaining([
        'app = "./a.ts"',
        'timeout = 7',
        'maxBody = 1024',
        'ajpSecret = "[redacted]"',
        'workers = 3',
        'mount = ["/api=api.py"]',
        'logLevel = "info"',
      ]),
    );
  });

  it('--version names the versions', async () => {
    const command = start(['--version']);
    await command.exited;
    expect(command.stdout).toMatch(/^wizgi \d+\.\d+\.\d+ on Node\.js \d+\.\d+\.\d+\n$/);
  });

  it('--help is the manual', async () => {
    const command = start(['serve', '--help']);
    expect(await command.exited).toEqual({ code: 0, signal: null });
    expect(command.stdout).toMatch(/^Serves WSGI applications/);
  });
});

it('sets the environment before it loads', async () => {
  const code = `const name = process.env.NAME;
    export const app = (e, s) => { s('200 OK', []); return [name]; };`;
  const server = startServer(['a.mjs', '-e', 'NAME=a=b'], { cwd: project({ 'a.mjs': code }) });
  expect(await (await fetch(await server.listening())).text()).toBe('a=b');
});

it('answers soon after the start', async () => {
  const directory = project({ 'a.ts': `export const app = ${answer('it')}` });
  // A loose bound, for machines with other things to do, and until it is met: what counts is measured
  // by hand.
  for (let time = Number.POSITIVE_INFINITY; time >= 3000; ) {
    const began = performance.now();
    const server = startServer(['a.ts'], { cwd: directory });
    await (await fetch(await server.listening())).text();
    time = performance.now() - began;
    await server.stop();
  }
});
