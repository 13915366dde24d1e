/** `wizgi check`, as its users start it. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { need } from '../interop/components.ts';
import { needPackages } from '../python/packages.ts';
import { cleanUp, project, ROOT, type StartOptions, start } from './command.ts';

let directory = '';
beforeAll(() => {
  directory = project(files);
});
afterAll(cleanUp);

const files = {
  'good.ts': `
    import type { Application } from 'wizgi';
    export const application: Application = (environ, startResponse) => {
      startResponse('200 OK', [['Content-Type', 'text/plain']]);
      return ['good'];
    };`,
  'bad.mjs': `
    export const application = (environ, startResponse) => {
      if (environ.PATH_INFO === '/broken') throw new Error('no such page');
      if (environ.PATH_INFO === '/warned') startResponse('200 OK', []);
      else startResponse('200 OK', [['Content-Type', 'text/plain'], ['Connection', 'close']]);
      return ['content'];
    };`,
  'fetch.mjs': `export default { fetch: () => new Response('from fetch') };`,
  'silent.mjs': `export const application = () => new Promise(() => undefined);`,
  'endless.mjs': `
    export const application = (environ, startResponse) => {
      startResponse('200 OK', [['Content-Type', 'text/plain']]);
      return (function* () { for (;;) yield 'x'.repeat(65536); })();
    };`,
  'stray.mjs': `
    export const application = (environ, startResponse) => {
      Promise.reject(new Error('rejected'));
      startResponse('200 OK', [['Content-Type', 'text/plain']]);
      return (async function* () {
        await new Promise((resolve) => {
          setTimeout(() => { resolve(); throw new Error('thrown'); });
        });
        yield 'x';
      })();
    };`,
  'ends.mjs': `export const application = () => process.exit(0);`,
  'good.py': `
def application(environ, start_response):
    body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
    start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", str(len(body)))])
    return [body]
`,
  'bad.py': `
import os

def application(environ, start_response):
    path = environ["PATH_INFO"]
    if path == "/dies":
        os._exit(3)
    if path == "/seeks":
        environ["wsgi.input"].seek(0)
    if path == "/raises":
        raise ValueError("no such page")
    start_response("200 OK", [("Content-Type", "text/plain")])
    return ["text"] if path == "/text" else [bytearray(b"bytes")]
`,
  'wizgi.config.mjs': `
    import { application } from './bad.mjs';
    export default { app: application };`,
};

async function check(args: readonly string[], options: StartOptions = {}) {
  const command = start(['check', ...args], { cwd: directory, ...options });
  const { code } = await command.exited;
  return { code, stdout: command.stdout, stderr: command.stderr };
}

/** What a JSON report says of findings: rule, what was seen, and in which requests. */
async function findingsOf(args: readonly string[]) {
  const { stdout, code, stderr } = await check([...args, '--json']);
  if (stdout === '') throw new Error(stderr);
  const { findings } = JSON.parse(stdout) as {
    findings: { rule: string; seen: string; requests: string[]; error?: string }[];
  };
  return { code, findings };
}

describe('wizgi check', () => {
  it('finds nothing in an application that keeps the contract', async () => {
    const { code, stdout, stderr } = await check(['good.ts']);
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout).toMatch(
      /^good\.ts\n\n {2}GET \/ +200 OK, 4 bytes\n {2}HEAD \/ +200 OK, 0 bytes\n/,
    );
    expect(stdout).toMatch(/\n\nnothing found in 11 requests\n$/);
  });

  it('reports by rule: what was seen, where, and what to do', async () => {
    const { code, stdout } = await check(['bad.mjs', '/a', '/broken']);
    expect(code).toBe(1);
    expect(stdout).toContain(`
error: header-hop-by-hop
  - there is a header "Connection"
    in GET /a; HEAD /a; GET /a, left early
  No header concerns the connection: that is the server's business.
  Leave it out; the server decides on persistence and on transfer codings.
  See PEP 3333, Other HTTP Features; RFC 9110 §7.6.1.
`);
    expect(stdout).toMatch(
      /error: application-fails\n {2}- it threw Error: no such page\n {4}in GET \/broken; .*\n {6}Error: no such page\n {10}at application .*bad\.mjs/,
    );
    expect(stdout).toMatch(/\n2 errors, 0 warnings in 6 requests, of which 6 had a status/);
  });

  it('takes a method with a URL, and absolute URLs', async () => {
    const { stdout } = await check([
      'bad.mjs',
      'PUT:/warned',
      'https://example.org/warned',
      '--json',
    ]);
    const { target, requests } = JSON.parse(stdout);
    expect(target).toBe('bad.mjs');
    expect(requests[0]).toEqual({
      request: 'PUT /warned',
      method: 'PUT',
      target: '/warned',
      status: '200 OK',
      size: 7,
      left: false,
    });
    expect(requests.map(({ request }: { request: string }) => request)).toEqual([
      'PUT /warned',
      'GET https://example.org/warned',
      'HEAD https://example.org/warned',
      'GET https://example.org/warned, left early',
    ]);
  });

  it('lets warnings pass, unless they count', async () => {
    expect((await check(['bad.mjs', '/warned'])).code).toBe(0);
    expect((await check(['bad.mjs', '/warned', '--strict'])).code).toBe(1);
  });

  it('checks what the configuration file names, and every mount', async () => {
    expect((await check([])).stdout).toContain('error: header-hop-by-hop');
    const { findings } = await findingsOf(['good.ts', '/bad/a', '--mount', '/bad=bad.mjs']);
    expect(findings.map(({ rule }) => rule)).toEqual(['header-hop-by-hop']);
  });

  it('checks applications of other kinds through their adapters', async () => {
    const { code, stdout } = await check(['fetch.mjs']);
    expect(stdout).toContain('GET /                                  200 OK, 10 bytes');
    expect(code).toBe(0);
  });

  it('does not wait for ever', async () => {
    const { findings } = await findingsOf(['silent.mjs', 'GET:/', '--timeout', '0.1']);
    expect(findings).toMatchObject([
      { rule: 'application-fails', seen: 'there was no answer within 0.1 s' },
    ]);
    const { stdout } = await check(['endless.mjs', 'GET:/']);
    expect(stdout).toMatch(/GET \/ {2}200 OK, \d+ bytes, then the client left/);
  });

  it('survives what an application throws beside its requests, and that it ends the process', async () => {
    const { findings } = await findingsOf(['stray.mjs', 'GET:/']);
    expect(findings.map(({ seen }) => seen)).toEqual([
      'it threw Error: rejected, where nobody catches it',
      'it threw Error: thrown, where nobody catches it',
    ]);
    expect(await check(['ends.mjs'])).toEqual({
      code: 1,
      stdout: '',
      stderr: 'wizgi: the application ended the process, and so the check\n',
    });
  });

  it.each([
    ['no URL', ['good.ts', 'xyz'], /^wizgi: "xyz" is no URL to check; expected a path/],
    ['a flag of servers', ['good.ts', '-b', ':0'], /^wizgi: --bind means nothing to wizgi check: /],
    ['no such file', ['god.ts'], /^wizgi: there is no file god\.ts; did you mean good\.ts\?/],
  ])('says what is wrong with %s', async (_what, args, message) => {
    const { code, stderr, stdout } = await check(args);
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toMatch(message);
  });

  it('--help says how', async () => {
    const { code, stdout } = await check(['--help']);
    expect(code).toBe(0);
    expect(stdout).toContain('wizgi check [options] TARGET [URL...]');
    expect(stdout).toContain('--strict');
  });
});

describe('wizgi check of Python applications', () => {
  it('sees the application itself', async (context) => {
    need('python3', context);
    expect(await check(['good.py'])).toMatchObject({ code: 0, stderr: '' });
    const urls = ['/', '/text', '/raises', '/seeks'].map((path) => `GET:${path}`);
    const { code, findings } = await findingsOf(['bad.py', ...urls]);
    expect(code).toBe(1);
    expect(findings).toMatchObject([
      { rule: 'input-methods', seen: 'seek was asked of it', requests: ['GET /seeks'] },
      {
        rule: 'application-fails',
        seen: 'it raised ValueError: no such page',
        requests: ['GET /raises'],
        error: expect.stringMatching(
          /^Traceback .*\n {2}File ".*bad\.py", line 11, in application/,
        ),
      },
      { rule: 'block-bytes', seen: 'a block is of type bytearray', requests: ['GET /'] },
      { rule: 'block-bytes', seen: 'a block is "text"', requests: ['GET /text'] },
    ]);
  });

  it('reports a worker that ends', async (context) => {
    need('python3', context);
    const { code, findings } = await findingsOf(['bad.py', 'GET:/dies', 'GET:/']);
    expect(code).toBe(1);
    expect(findings[0]).toMatchObject({ rule: 'application-fails', requests: ['GET /dies'] });
    // The next one is up to its successor.
    expect(findings[1]).toMatchObject({ rule: 'block-bytes', requests: ['GET /'] });
  });

  it.for([
    ['Flask', ['flask'], ['examples/flask/app.py']],
    [
      'Django',
      ['django'],
      ['--chdir', 'examples/django', 'mysite.wsgi', '/admin/', 'POST:/admin/'],
    ],
  ] as const)('finds nothing in %s', async ([, modules, args], context) => {
    const python = needPackages(modules, context);
    const { stdout, code } = await check(['--python', python, ...args], { cwd: ROOT });
    expect(stdout).toMatch(/nothing found/);
    expect(code).toBe(0);
  });
});
