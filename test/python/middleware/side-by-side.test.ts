/** Applications in both languages in one server. */
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it, onTestFinished } from 'vitest';
import { upperCase } from '../../../examples/middleware.ts';
import { type PythonOptions, python } from '../../../src/python/index.ts';
import { pipeline } from '../../../src/wsgi/application.ts';
import { mount } from '../../../src/wsgi/mount.ts';
import type { Application, ApplicationLike, Middleware } from '../../../src/wsgi/types.ts';
import { cleanUp, project, start, startServer } from '../../cli/command.ts';
import type { Served } from '../../conformance/harness.ts';
import { httpHarness } from '../../conformance/harness-http.ts';
import { need } from '../../interop/components.ts';
import { needPackages, PYTHON } from '../packages.ts';
import { FIXTURES } from './surround.ts';

afterEach(cleanUp);

const quietly: PythonOptions = {
  pythonpath: [FIXTURES],
  env: { PYTHONDONTWRITEBYTECODE: '1' },
};

function host(target: string, options: PythonOptions = {}) {
  const app = python(target, { ...quietly, ...options });
  onTestFinished(() => app.close());
  return app;
}

async function serving(app: ApplicationLike): Promise<Served> {
  const served = await httpHarness.serve(app);
  onTestFinished(() => served.close());
  return served;
}

const where: Application = (environ, startResponse) => {
  startResponse('200 OK', [['Content-Type', 'application/json']]);
  return [JSON.stringify({ root: environ.SCRIPT_NAME, path: environ.PATH_INFO })];
};

async function json(served: Served, target: string): Promise<unknown> {
  return JSON.parse((await served.request({ target })).body.toString());
}

const frameworks = [
  { name: 'Flask', modules: ['flask'], target: 'places:flask_app()' },
  { name: 'Django', modules: ['django'], target: 'places:django_app()' },
];

describe.each(frameworks)('$name beside TypeScript', ({ modules, target }) => {
  it.for(['', '/site', '/caf\u00e9/x'])(
    'knows where it is mounted: %j',
    async (prefix, context) => {
      needPackages(modules, context);
      const site = host(target, { python: PYTHON });
      const served = await serving(mount({ '/api': where, [prefix || '/']: site }));
      const encoded = encodeURI(prefix);
      const { root, item, external } = (await json(served, `${encoded}/`)) as Record<
        string,
        string
      >;
      // Flask leaves it to the browser to encode.
      const resolved = [item, external].map((url) => new URL(url ?? '', 'http://a').href);
      expect([root, ...resolved]).toEqual([
        prefix,
        `http://a${encoded}/items/a%20b`,
        `http://a${encoded}/items/x`,
      ]);
      const away = await served.request({ target: `${encoded}/away` });
      const location = away.headers.get('Location') ?? '';
      expect([away.status, location]).toEqual([302, `${encoded}/items/%C3%A9`]);
      expect(await json(served, location)).toMatchObject({ item: '\u00e9' });
      expect(await json(served, '/api/x/y')).toEqual({ root: '/api', path: '/x/y' });
      expect((await served.request({ target: `${encoded}/nothing` })).status).toBe(404);
    },
  );
});

describe('Python behind middleware in TypeScript', () => {
  it('gets the text of environ, not its objects', async (context) => {
    need('python3', context);
    const adding: Middleware = (app) => (environ, startResponse) => {
      const added = {
        'my.text': 'any \u00e9 \u20ac \u{1f600}',
        'my.empty': '',
        'my.true': true,
        'my.false': false,
        'my.number': 5,
        'my.object': { a: 1 },
        'my.list': ['x'],
        'my.null': null,
        'my.function': () => 1,
        REMOTE_USER: 'alice',
      };
      return app(Object.assign(environ, added), startResponse);
    };
    const served = await serving(pipeline(adding, host('places:plain')));
    const environ = (await json(served, '/')) as Record<string, unknown>;
    const mine = Object.entries(environ).filter(([key]) => /^my\.|^REMOTE_USER/.test(key));
    expect(Object.fromEntries(mine)).toEqual({
      'my.text': 'any \u00e9 \u20ac \u{1f600}',
      'my.empty': '',
      'my.true': true,
      'my.false': false,
      REMOTE_USER: 'alice',
    });
  });

  it('is rewritten, gets headers, and is transformed while it streams', async (context) => {
    need('python3', context);
    const directory = mkdtempSync(join(tmpdir(), 'wizgi-gate-'));
    onTestFinished(() => rmSync(directory, { recursive: true }));
    const file = join(directory, 'go');
    const rewriting: Middleware = (app) => (environ, startResponse) => {
      environ.QUERY_STRING = file;
      return app(environ, (status, headers, error) =>
        startResponse(status, [...headers, ['X-Outer', 'typescript']], error),
      );
    };
    const served = await serving(pipeline(rewriting, upperCase, host('places:waiting')));
    const exchange = served.open();
    const { headers } = await exchange.head();
    expect([headers.get('X-Inner'), headers.get('X-Outer')]).toEqual(['python', 'typescript']);
    expect((await exchange.read())?.toString()).toBe('FIRST ');
    writeFileSync(file, '');
    expect((await exchange.read())?.toString()).toBe('SECOND');
    expect(await exchange.read()).toBeNull();
  });
});

describe('the command', () => {
  const api = `exports.app = (environ, startResponse) => {
    startResponse('200 OK', [['Content-Type', 'text/plain']]);
    return ['api at ' + environ.SCRIPT_NAME + '|' + environ.PATH_INFO];
  };`;
  const env = { PYTHONDONTWRITEBYTECODE: '1', VIRTUAL_ENV: '' };

  it('mounts them side by side', async (context) => {
    needPackages(['flask', 'django'], context);
    const mounts = ['/api=./api.cjs', '/flask=places:flask_app()', '/=places:django_app()'];
    const server = startServer(
      [
        ...mounts.flatMap((mount) => ['--mount', mount]),
        ...['--python', PYTHON, '--pythonpath', FIXTURES, '--threads', '2'],
      ],
      { cwd: project({ 'api.cjs': api }), env },
    );
    const url = await server.listening();
    const get = async (path: string) => (await fetch(url + path)).text();
    expect(await get('/api/x')).toBe('api at /api|/x');
    expect(JSON.parse(await get('/flask/items/x'))).toMatchObject({ root: '/flask' });
    expect(JSON.parse(await get('/items/x'))).toMatchObject({ path: '/items/x' });
    expect(await server.stop()).toEqual({ code: 0, signal: null });
  });

  /** Answers with its process, which makes a file when it ends in order. */
  const wsgi = (answer: string) => `
import atexit, os
atexit.register(lambda: open(f'ended-{os.getpid()}', 'w'))
def application(environ, start_response):
    start_response('200 OK', [('Content-Type', 'text/plain')])
    return [f'${answer} {os.getpid()}'.encode()]
def middleware(app):
    def wrapped(environ, start_response):
        environ['my.pid'] = str(os.getpid())
        return app(environ, start_response)
    return wrapped
`;
  const config = `
import { defineConfig, mount, pipeline } from 'wizgi';
import { python, pythonMiddleware } from 'wizgi/python';
const passing = (app) => (environ, startResponse) => app(environ, startResponse);
const pid = (environ, startResponse) => {
  startResponse('200 OK', []);
  return ['around ' + environ['my.pid']];
};
export default defineConfig({
  app: mount({
    '/wrapped': pipeline(passing, python('one.wsgi')),
    '/around': pipeline(pythonMiddleware('two.wsgi:middleware'), passing, pid),
    '/': python('two.wsgi'),
  }),
});
`;

  it('starts, reloads and ends Python applications that are mounted in an application', async (context) => {
    need('python3', context);
    const cwd = project({
      'wizgi.config.mjs': config,
      'one.wsgi': wsgi('one'),
      'two.wsgi': wsgi('two'),
    });
    const server = startServer([], { cwd, env });
    const url = await server.listening();
    const ask = async () => {
      const paths = ['/wrapped', '/around', '/'];
      return Promise.all(paths.map(async (path) => (await fetch(url + path)).text()));
    };
    const before = await ask();
    expect(before.map((text) => text.replace(/\d+/, '#'))).toEqual(['one #', 'around #', 'two #']);
    writeFileSync(join(cwd, 'one.wsgi'), wsgi('new'));
    server.kill('SIGHUP');
    await server.until(({ stderr }) => stderr.includes('[INFO] reloaded\n'));
    const after = await ask();
    expect(after[0]).toMatch(/^new \d+$/);
    expect(after.filter((text) => before.includes(text))).toEqual([]);
    expect(await server.stop()).toEqual({ code: 0, signal: null });
    for (const text of [...before, ...after]) {
      expect(readdirSync(cwd)).toContain(`ended-${text.replace(/\D+/, '')}`);
    }
  });

  it('says what is wrong with one of them', async (context) => {
    need('python3', context);
    const cwd = project({ 'wizgi.config.mjs': config, 'one.wsgi': wsgi('one') });
    const command = start(['serve', '-b', '127.0.0.1:0'], { cwd, env });
    const { code } = await command.exited;
    expect([code, command.stderr]).toEqual([
      1,
      expect.stringMatching(/^wizgi: two\.wsgi\S* could not be loaded: .*\n$/),
    ]);
  });
});
