/** What users read when something is wrong: golden texts. */
import { createServer } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { cleanUp, project, start } from './command.ts';

afterEach(cleanUp);

const files = {
  'package.json': '{ "type": "module" }',
  'app.ts': 'export const app = () => [];\n',
  'named.ts': 'export const api = () => [];\nexport const config = 1;\n',
  'nothing.mjs': 'export {};\n',
  'kinds.mjs':
    'export const number = 4;\nexport const list = [1];\n' +
    'export const promise = Promise.resolve();\nexport const object = {};\n',
  'syntax.ts': 'const a = 1;\nconst b = ;\n',
  'syntax.mjs': 'const a = 1;\n\tconst b = ;\n',
  'syntax.cjs': 'const a = 1;\nconst b = ;\n',
  'imports-syntax.ts': "import './syntax.ts';\n",
  'imports-syntax.mjs': "import './syntax.mjs';\n",
  'no-such-export.mjs': "import { nothing } from './kinds.mjs';\n",
  'missing-file.ts': "import './nope.ts';\n",
  'missing-file.mjs': "import './nope.mjs';\n",
  'missing-package.ts': "import 'no-such-package';\n",
  'missing-package.mjs': "import 'no-such-package';\n",
  'throws.ts':
    'interface A {}\nfunction connect(): never {\n  throw new Error("no database");\n}\nconnect();\n',
  'throws.mjs': 'throw new Error("no database");\n',
  'bad-json.ts': 'const settings: object =\n  JSON.parse("{");\nexport const app = settings;\n',
  'bad-json.mjs': 'export const app =\n  JSON.parse("{");\n',
  'throws-value.mjs': 'throw "just a text";\n',
  'throws-cause.cjs': 'throw new Error("outer", { cause: new TypeError("inner") });\n',
  'never.mjs': 'await new Promise(() => {});\nexport const app = () => [];\n',
  'wizgi.config.bad.mjs': 'export default { bnd: "x" };\n',
  'wizgi.config.type.mjs': 'export default { app: "./app.ts", backlog: "many" };\n',
  'wizgi.config.none.mjs': 'export const config = {};\n',
  'wizgi.config.noapp.mjs': 'export default { bind: ":0" };\n',
  'wizgi.config.workers.mjs': 'export default { app: "./app.ts", workers: 2 };\n',
  'wizgi.config.mount.mjs': 'export default { mount: { api: "./app.ts" } };\n',
  'folder/other.ts': 'export const app = () => [];\n',
};

const SUPPORTED =
  'expected a JavaScript or TypeScript file (app.ts, .mts, .js, .mjs or .cjs), a Python file or module (app.py, mysite.wsgi), a PasteDeploy file (site.ini), or the URL of an upstream server (http://127.0.0.1:3000)';
const EXPECTED =
  'expected a WSGI application: a function (environ, startResponse), a class, or an object with a call method; or one of Express, Koa, Fastify, Nest, Hono or another with fetch()';

async function run(args: readonly string[], directory = project(files)) {
  const command = start(args, { cwd: directory });
  const { code } = await command.exited;
  const text = command.stderr.replaceAll(directory, '/project');
  return { code, text, stdout: command.stdout };
}

describe('exit code 2: the command line', () => {
  it.each([
    ['serve ap.ts', 'there is no file ap.ts; did you mean app.ts?'],
    ['serve app.js', 'there is no file app.js; did you mean app.ts?'],
    ['serve app', 'there is no file app; did you mean app.ts?'],
    ['serve app:api', 'there is no file app; did you mean app.ts:api?'],
    ['serve folder/x.ts', 'there is no file folder/x.ts; in that directory there are other.ts'],
    ['serve no/app.ts', 'there is no file no/app.ts; there is no directory no either'],
    ['serve folder', 'folder is a directory; name a file in it'],
    ['serve package.json', `package.json is no module; ${SUPPORTED}`],
    [
      'serve gopher://a/',
      "upstream 'gopher://a/': 'gopher' is not spoken; the protocols are http, https, fastcgi, scgi, uwsgi, ajp",
    ],
    ['serve fastcgi://a', "upstream 'fastcgi://a': the port is missing, as in 'fastcgi://a:9000'"],
    ['serve http://user:secret@a/', "upstream 'http://…@a/': credentials cannot stand in the URL"],
    [
      'serve app.ts --upstream-timeout 3',
      '--upstream-timeout concerns upstream servers that are named as TARGET, as in http://127.0.0.1:3000: there is none',
    ],
    [
      'serve http://a:1 --balance hash',
      '--balance concerns several upstream servers in one TARGET, as in http://a:3000,http://b:3000: there is one',
    ],
    [
      'serve http://a:1,http://b:2 --balance random',
      'option \'method\' (--balance) is "random"; expected one of round-robin, least-connections, hash',
    ],
    ['serve app.tsx', `app.tsx: JSX files are not yet supported; ${SUPPORTED}`],
    [
      'serve app.ts b.ts',
      'one TARGET is served at a time; there is also b.ts, which --mount can add at a path',
    ],
    ['serve app.ts --mount /api', '--mount is "/api"; expected PREFIX=TARGET, as in /api=api.ts'],
    ['serve app.ts --mount api=app.ts', '--mount is at "api"; expected a path, as in /api'],
    [
      'serve --mount /api=app.ts --mount /api/=app.ts',
      '--mount: there are two applications at /api',
    ],
    ['serve app.ts --mount /=app.ts', '--mount: there are two applications at /'],
    ['serve app.ts --mount /api=ap.ts', 'there is no file ap.ts; did you mean app.ts?'],
    [
      'serve app.ts -w 4',
      '--workers concerns Python applications that are named as TARGET: there is none; JavaScript and TypeScript run in the process of the server',
    ],
    [
      'serve --python python3',
      '--python concerns Python applications that are named as TARGET: there is none; JavaScript and TypeScript run in the process of the server',
    ],
    [
      'serve -c wizgi.config.workers.mjs',
      '--workers concerns Python applications that are named as TARGET: there is none; JavaScript and TypeScript run in the process of the server',
    ],
    [
      'serve -c wizgi.config.mount.mjs',
      'wizgi.config.mount.mjs: mount is at "api"; expected a path, as in /api',
    ],
    ['serve --bnd x', 'there is no flag --bnd; did you mean --bind?'],
    [
      'serve app.ts -b foo',
      "bind 'foo': expected 'HOST:PORT', 'unix:PATH' or 'fd://N', as in '127.0.0.1:8000'",
    ],
    ['serve app.ts --chdir /no/such', '--chdir /no/such: there is no such directory'],
    ['serve app.ts -e NAME', '--env is "NAME"; expected NAME=VALUE'],
    ['serve app.ts --log-file no/x.log', 'cannot write the log file no/x.log (ENOENT)'],
    ['serve -c none.ts', 'there is no configuration file none.ts'],
    [
      'serve -c wizgi.config.bad.mjs',
      "wizgi.config.bad.mjs: there is no option 'bnd'; did you mean bind?",
    ],
    [
      'serve -c wizgi.config.type.mjs',
      'option \'backlog\' (--backlog) is "many"; expected a whole number',
    ],
    [
      'serve -c wizgi.config.none.mjs',
      'wizgi.config.none.mjs has no configuration: expected export default defineConfig({ … })',
    ],
    [
      'serve -c wizgi.config.noapp.mjs',
      'wizgi.config.noapp.mjs names no app, and there is no TARGET',
    ],
    ['srve app.ts', 'there is no command srve; did you mean serve?'],
    ['app.ts', 'to serve app.ts: wizgi serve app.ts'],
    ['frobnicate', 'there is no command frobnicate; to serve an application: wizgi serve app.ts'],
    ['-b :0', 'the command is missing; to serve an application: wizgi serve app.ts'],
    ['serve app.ts --nph', '--nph is a flag of wizgi cgi'],
    ['serve app.ts --json', '--json is a flag of wizgi check'],
    ['top', 'the command top is not available yet'],
  ])('%s', async (line, message) => {
    expect(await run(line.split(' '))).toEqual({
      code: 2,
      text: `wizgi: ${message}\n`,
      stdout: '',
    });
  });
});

describe('exit code 1: the application', () => {
  it.each([
    [
      'named.ts',
      'named.ts: the module exports no application, app or default; it exports api, config',
    ],
    [
      'named.ts:ap',
      "named.ts:ap: the module has no export 'ap'; did you mean 'api'? It exports api, config",
    ],
    [
      'nothing.mjs',
      'nothing.mjs: the module exports no application, app or default; it exports nothing',
    ],
    ['kinds.mjs:number', `number of kinds.mjs is a number, not an application; ${EXPECTED}`],
    ['kinds.mjs:list', `list of kinds.mjs is a list, not an application; ${EXPECTED}`],
    ['kinds.mjs:promise', `promise of kinds.mjs is undefined, not an application; ${EXPECTED}`],
    [
      'kinds.mjs:object',
      `object of kinds.mjs is an object without a call method, not an application; ${EXPECTED}`,
    ],
    ['missing-file.ts', "missing-file.ts imports './nope.ts', which cannot be found"],
    ['missing-file.mjs', "missing-file.mjs imports 'nope.mjs', which cannot be found"],
    [
      'missing-package.ts',
      "missing-package.ts imports 'no-such-package', which cannot be found; if it is a package: npm install no-such-package",
    ],
    [
      'missing-package.mjs',
      "missing-package.mjs imports 'no-such-package', which cannot be found; if it is a package: npm install no-such-package",
    ],
    [
      'never.mjs',
      'the application was never loaded: a top-level await, or a promise of it, does not settle',
    ],
    ['throws-value.mjs', "throws-value.mjs failed while it was loaded:\n\n'just a text'"],
  ])('%s', async (target, message) => {
    expect(await run(['serve', target])).toEqual({
      code: 1,
      text: `wizgi: ${message}\n`,
      stdout: '',
    });
  });
});

describe('a SyntaxError that running code throws is no mistake of the file', () => {
  it.each(['bad-json.ts', 'bad-json.mjs'])('%s', async (target) => {
    const { code, text } = await run(['serve', target]);
    expect(code).toBe(1);
    expect(text).toContain(
      `${target} failed while it was loaded:\n\nSyntaxError: Expected property`,
    );
    expect(text).toMatch(new RegExp(`\\n +at .*${target}:2:\\d+`));
  });
});

describe('a syntax error is shown at its place', () => {
  it.each([
    ['syntax.ts', 'syntax.ts:2:11: Unexpected token\n\n 2 | const b = ;\n   |           ^\n'],
    [
      'imports-syntax.ts',
      'syntax.ts:2:11: Unexpected token\n\n 2 | const b = ;\n   |           ^\n',
    ],
    ['syntax.cjs', "syntax.cjs:2:11: Unexpected token ';'\n\n 2 | const b = ;\n   |           ^\n"],
    [
      'syntax.mjs',
      "syntax.mjs:2:12: Unexpected token ';'\n\n 2 |  const b = ;\n   |            ^\n",
    ],
    [
      'no-such-export.mjs',
      "no-such-export.mjs:1:10: The requested module './kinds.mjs' does not provide an export named 'nothing'\n\n 1 | import { nothing } from './kinds.mjs';\n   |          ^\n",
    ],
  ])('%s', async (target, shown) => {
    const { code, text } = await run(['serve', target]);
    expect(text).toBe(`wizgi: syntax error in ${shown}`);
    expect(code).toBe(1);
  });

  it('or at least in which file to look', async () => {
    const { text } = await run(['serve', 'imports-syntax.mjs']);
    expect(text).toBe(
      "wizgi: imports-syntax.mjs, or a module that it imports, has a syntax error: Unexpected token ';'\n",
    );
  });
});

describe('a module that throws is shown with its own stack', () => {
  it('of TypeScript', async () => {
    const { code, text } = await run(['serve', 'throws.ts']);
    expect(text).toBe(
      'wizgi: throws.ts failed while it was loaded:\n\nError: no database\n' +
        '    at connect (/project/throws.ts:3:9)\n    at /project/throws.ts:5:1\n',
    );
    expect(code).toBe(1);
  });

  it('of JavaScript', async () => {
    const { text } = await run(['serve', 'throws.mjs']);
    expect(text).toBe(
      'wizgi: throws.mjs failed while it was loaded:\n\nError: no database\n' +
        '    at file:///project/throws.mjs:1:7\n',
    );
  });

  it('with its cause', async () => {
    const { text } = await run(['serve', 'throws-cause.cjs']);
    expect(text).toContain('Error: outer\n');
    expect(text).toContain('Caused by: TypeError: inner\n');
  });
});

it('says what is wrong with $WEB_CONCURRENCY', async () => {
  const command = start(['serve'], { env: { WEB_CONCURRENCY: 'many' } });
  expect((await command.exited).code).toBe(2);
  expect(command.stderr).toBe(
    'wizgi: $WEB_CONCURRENCY is "many"; expected a whole number of at least 1, which is the number of workers\n',
  );
});

it('names a port that is in use', async () => {
  const other = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => other.once('listening', resolve));
  const { port } = other.address() as { port: number };
  const { code, text } = await run(['serve', 'app.ts', '-b', `127.0.0.1:${port}`]).finally(() =>
    other.close(),
  );
  expect(text).toBe(
    `wizgi: 127.0.0.1:${port} is already in use: stop the other server, or choose another address with --bind (-b), as in -b 127.0.0.1:8001\n`,
  );
  expect(code).toBe(1);
});

it('shows the manual when there is nothing to do', async () => {
  const { code, text } = await run([]);
  expect(text).toContain('Usage: wizgi serve [TARGET] [options]');
  expect(code).toBe(2);
});
