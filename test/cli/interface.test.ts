/** Applications of other interfaces than WSGI's: which are known, and what `--interface` says. */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { cgi } from '../cgi/kit.ts';
import { cleanUp, project, ROOT, start, startServer } from './command.ts';

afterEach(cleanUp);

const APPS = join(ROOT, 'test/frameworks/apps');

const files = {
  'package.json': '{ "type": "module" }',
  'wsgi.mjs': `export const app = (e, s) => { s('200 OK', []); return ['wsgi ', e.PATH_INFO]; };`,
  'fetch.mjs': `export const app = (request) => new Response('fetch ' + new URL(request.url).pathname);`,
  'node.mjs': `export const app = (request, response) => { response.end('node ' + request.url); };`,
  'object.mjs': `export default { fetch: (request) => new Response('object ' + request.method) };`,
  'promise.mjs': `export default new Promise((resolve) => setImmediate(resolve, { fetch: () => new Response('promised') }));`,
  'rejected.mjs': `export const app = Promise.reject(new Error('no database'));`,
  'class.mjs': `export class App { fetch() {} }; export const app = class { call() {} };`,
  'both.mjs': `export const app = { call(e, s) { s('200 OK', []); return ['wsgi']; }, fetch: () => new Response('fetch') };`,
  'server.mjs': `import { createServer } from 'node:http'; export const app = createServer();`,
  'express.mjs': `export { app } from '${APPS}/express5.mjs';`,
  'common.cjs': `const app = Object.assign((q, r) => r.end('connect'), { handle() {}, use() {} }); module.exports = app;`,
  'fastify.mjs': `export { default } from '${ROOT}/node_modules/fastify/fastify.js';`,
  'unready.mjs': `import Fastify from './fastify.mjs';
    export const app = Fastify().register(async () => { throw new Error('no database'); });`,
  'hooks.mjs': `import Fastify from './fastify.mjs';
    export const app = Fastify();
    app.get('/', async () => 'hooked');
    app.addHook('onClose', async () => console.log('closed'));`,
  'listens.mjs': `import { createServer } from 'node:http';
    createServer((request, response) => response.end()).listen(0, '127.0.0.1');`,
  'listens.cjs': `require('node:http').createServer(() => {}).listen(0, '127.0.0.1');`,
  'equals.ts': `class App { callback() { return (q: unknown, r: any) => r.end('equals'); } use() {} }
    export = new App();`,
  'both-listen.mjs': `import { createServer } from 'node:http';
    export const app = { fetch: () => new Response('served') };
    createServer().listen(0, '127.0.0.1');`,
};

async function text(url: string, init: RequestInit = {}): Promise<string> {
  return (await fetch(url, init)).text();
}

async function body(args: readonly string[], path = '/'): Promise<string> {
  const server = startServer(args, { cwd: project(files) });
  return text(`${await server.listening()}${path}`);
}

async function failure(line: string): Promise<{ code: number | null; text: string }> {
  const command = start(line.split(' '), { cwd: project(files) });
  const { code } = await command.exited;
  return { code, text: command.stderr };
}

describe('without --interface', () => {
  it.each([
    ['wsgi.mjs', 'wsgi /'],
    ['object.mjs', 'object GET'],
    ['promise.mjs', 'promised'],
    ['both.mjs', 'wsgi'],
    ['common.cjs', 'connect'],
    ['equals.ts', 'equals'],
  ])('%s', async (target, answer) => {
    expect(await body([target])).toBe(answer);
  });

  it('applications of every framework stand side by side, each as what it is', async () => {
    const names = ['express4', 'express5', 'koa', 'fastify', 'nest', 'hono', 'itty'];
    const mounts = names.flatMap((name) => ['--mount', `/${name}=${APPS}/${name}.mjs`]);
    const server = startServer(['wsgi.mjs', ...mounts], { cwd: project(files) });
    const url = await server.listening();
    const post = {
      method: 'POST',
      body: '{"a":1}',
      headers: { 'Content-Type': 'application/json' },
    };
    const answers = names.map((name) => text(`${url}/${name}/json`, post));
    expect(await Promise.all(answers)).toEqual(names.map(() => '{"received":{"a":1}}'));
    expect(await text(`${url}/other`)).toBe('wsgi /other');
  });

  it('a bare fetch handler fails, and the log says what to do', async () => {
    const server = startServer(['fetch.mjs'], { cwd: project(files) });
    expect((await fetch(await server.listening())).status).toBe(500);
    await server.until(({ stderr }) => stderr.includes('--interface'));
    expect(server.stderr).toMatch(/application error .*hint="it looks like a .*--interface fetch/);
  });

  it('a bare handler of node:http fails, and the log says what to do', async () => {
    const server = startServer(['node.mjs'], { cwd: project(files) });
    expect((await fetch(await server.listening())).status).toBe(500);
    await server.until(({ stderr }) => stderr.includes('--interface node'));
  });

  it('a plain application loads no adapter', async () => {
    const coverage = mkdtempSync(join(tmpdir(), 'wizgi-coverage-'));
    const env = { NODE_V8_COVERAGE: coverage };
    const command = start(['serve', 'wsgi.mjs', '--check-config'], { cwd: project(files), env });
    expect((await command.exited).code).toBe(0);
    const loaded = readdirSync(coverage).map((name) => readFileSync(join(coverage, name), 'utf8'));
    rmSync(coverage, { recursive: true });
    expect(loaded.join()).toContain('/dist/cli/adapt.js');
    expect(loaded.join()).not.toContain('/dist/adapters/');
  });
});

describe('--interface', () => {
  it.each([
    ['fetch', 'fetch.mjs', 'fetch /a%20b'],
    ['node', 'node.mjs', 'node /a%20b'],
    ['wsgi', 'wsgi.mjs', 'wsgi /a b'],
    ['auto', 'wsgi.mjs', 'wsgi /a b'],
    ['fetch', 'object.mjs', 'object GET'],
    ['fetch', 'promise.mjs', 'promised'],
  ])('%s with %s', async (name, target, answer) => {
    expect(await body([target, '--interface', name], '/a%20b')).toBe(answer);
  });

  it('can stand in the configuration, whose app can be the application itself', async () => {
    const directory = project({
      ...files,
      'wizgi.config.mjs': `import { app } from './fetch.mjs'; export default { app, interface: 'fetch' };`,
      'auto.config.mjs': `import app from './promise.mjs';
        export default { app, mount: { '/object': './object.mjs' } };`,
    });
    const server = startServer([], { cwd: directory });
    expect(await text(await server.listening())).toBe('fetch /');
    const other = startServer(['-c', 'auto.config.mjs'], { cwd: directory });
    const url = await other.listening();
    expect([await text(url), await text(`${url}/object`)]).toEqual(['promised', 'object GET']);
  });

  it('is not needed for the hooks of a framework, which run at the end', async () => {
    const directory = project(files);
    const server = startServer(['hooks.mjs'], { cwd: directory });
    expect(await text(await server.listening())).toBe('hooked');
    expect(server.stdout).not.toContain('closed');
    expect(await server.stop()).toEqual({ code: 0, signal: null });
    expect(server.stdout).toContain('closed');
  });

  it('is a flag of wizgi cgi, too', async () => {
    const directory = project(files);
    const flags = ['--interface', 'fetch'];
    const { answer } = await cgi(join(directory, 'fetch.mjs'), {
      flags,
      variables: { SCRIPT_NAME: '', PATH_INFO: '/x' },
    });
    expect(answer).toMatchObject({ status: 200, body: 'fetch /x' });
  });
});

const HANDLERS = {
  fetch: 'a function (request) that gives a Response, or an object with such a fetch()',
  node: 'a function (request, response), or an application of Express, Connect, Koa, Fastify or Nest',
};
const EXPECTED =
  'a WSGI application: a function (environ, startResponse), a class, or an object with a call method; or one of Express, Koa, Fastify, Nest, Hono or another with fetch()';

describe('what does not fit is told', () => {
  it.each([
    [
      1,
      'serve express.mjs --interface fetch',
      'app of express.mjs is an Express application, which --interface fetch does not fit; leave it out, or say --interface node',
    ],
    [
      1,
      'serve object.mjs --interface wsgi',
      'default of object.mjs is a Fetch handler, which --interface wsgi does not fit; leave it out, or say --interface fetch',
    ],
    [
      1,
      'serve both.mjs --interface node',
      `app of both.mjs is an object with a call method, which --interface node does not fit; expected ${HANDLERS.node}`,
    ],
    [
      1,
      'serve class.mjs --interface fetch',
      `app of class.mjs is a class, which --interface fetch does not fit; expected ${HANDLERS.fetch}`,
    ],
    [
      1,
      'serve server.mjs',
      `app of server.mjs is a server of node:http, not an application; expected ${EXPECTED}`,
    ],
    [
      1,
      'serve listens.mjs',
      'listens.mjs: the module exports no application, app or default, but listens by itself; export the application instead of listen()',
    ],
    [
      1,
      'serve listens.cjs',
      'listens.cjs: the module exports no application, app or default, but listens by itself; export the application instead of listen()',
    ],
    [
      2,
      'serve app.py --interface node',
      '--interface concerns applications in JavaScript and TypeScript: app.py is a Python application',
    ],
    [
      2,
      'serve http://127.0.0.1:1 --interface fetch',
      '--interface concerns applications in JavaScript and TypeScript: http://127.0.0.1:1 is an upstream server',
    ],
    [
      2,
      'serve --interface fetch',
      '--interface concerns applications in JavaScript and TypeScript: there is none',
    ],
    [
      2,
      'serve wsgi.mjs --interface asgi',
      '--interface is "asgi"; expected auto, wsgi, fetch or node',
    ],
  ])('with code %i: %s', async (code, line, message) => {
    expect(await failure(line)).toEqual({ code, text: `wizgi: ${message}\n` });
  });

  it('an application that does not become ready, with the stack of its error', async () => {
    const { code, text } = await failure('serve unready.mjs');
    expect(text).toMatch(
      /^wizgi: app of unready\.mjs did not become ready:\n\nError: no database\n {4}at /,
    );
    expect(code).toBe(1);
  });

  it('a promise that is rejected, with the stack of its error', async () => {
    const { code, text } = await failure('serve rejected.mjs');
    expect(text).toMatch(
      /^wizgi: app of rejected\.mjs was rejected:\n\nError: no database\n {4}at /,
    );
    expect(code).toBe(1);
  });

  it('an application that listens by itself, too', async () => {
    const server = startServer(['both-listen.mjs'], { cwd: project(files) });
    expect(await text(await server.listening())).toBe('served');
    expect(server.stderr).toContain(
      '[WARNING] the application listens by itself, too: call listen() only where wizgi does not target=both-listen.mjs\n',
    );
  });
});
