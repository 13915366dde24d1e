import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { kitCases } from '../../src/testing/kit/index.ts';
import { cleanUp, type Exit, project, start, startServer } from './command.ts';

afterEach(cleanUp);

interface Outcome extends Exit {
  readonly stdout: string;
  readonly stderr: string;
}

async function conformance(...args: string[]): Promise<Outcome> {
  const command = start(['conformance', ...args]);
  const exit = await command.exited;
  return { ...exit, stdout: command.stdout, stderr: command.stderr };
}

/** Serves the kit's application as `--path` tells. */
async function kit(): Promise<string> {
  const { stdout } = await conformance('--path', 'typescript');
  return startServer([stdout.trim()]).listening();
}

/** Serves an application of a file. */
function serving(source: string): Promise<string> {
  return startServer([join(project({ 'app.ts': source }), 'app.ts')]).listening();
}

/** The kit's application, to which no query comes through. */
const BROKEN = `
import { kitApplication } from 'wizgi/testing';
export const application = (environ, startResponse) =>
  kitApplication({ ...environ, QUERY_STRING: '' }, startResponse);
`;

describe('wizgi conformance', () => {
  it('finds nothing against the server of this package', async () => {
    const { code, stdout, stderr } = await conformance(await kit(), '--only', 'status,headers');
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout).toMatch(
      /^http:\/\/127\.0\.0\.1:\d+: wizgi\/\S+, with threads, application in ty/,
    );
    expect(stdout).toContain('The server conforms. Passed: ');
    expect(stdout).toContain('Failed: 0 must, 0 should, 0 may. Not judged: 0.');
  });

  it('reports failures, the gravest first, and exits with 1', async () => {
    const url = await serving(BROKEN);
    const { code, stdout } = await conformance(url, '--only', 'environ.query-string,environ.url');
    expect(code).toBe(1);
    expect(stdout).toContain(`MUST    environ.query-string
        QUERY_STRING is all behind the first question mark, as it was sent
        expected: environ/QUERY_STRING is "a=%20+b?c&%C3"
        seen:     environ/QUERY_STRING is ""
        PEP 3333, environ Variables
`);
    expect(stdout).toContain('The server does not conform. Passed: 2. Failed: 2 must');
  });

  it('counts what should be only when it is strict', async () => {
    const url = await serving(`
      import { kitApplication } from 'wizgi/testing';
      export const application = (environ, startResponse) =>
        kitApplication({ ...environ, HTTP_CONTENT_LENGTH: '1' }, startResponse);
    `);
    const args = [url, '--only', 'environ.content-length'];
    const lax = await conformance(...args);
    expect([lax.code, lax.stdout]).toEqual([
      0,
      expect.stringContaining('Failed: 0 must, 1 should'),
    ]);
    expect((await conformance(...args, '--strict')).code).toBe(1);
  });

  it('reports as JSON', async () => {
    const { code, stdout } = await conformance(await kit(), '--json', '--only', 'environ.url');
    expect([code, JSON.parse(stdout)]).toMatchObject([
      0,
      {
        conforms: true,
        server: { kit: 'wizgi-conformance', multithread: true },
        results: [{ id: 'environ.url', level: 'must', outcome: 'passed' }],
      },
    ]);
  });

  it('lists the cases', async () => {
    const { code, stdout } = await conformance('--list', '--only', 'must', '--skip', 'environ');
    const expected = kitCases.filter(({ id, level }) => level === 'must' && !/^environ\./.test(id));
    expect([code, stdout.split('\n').length - 1]).toEqual([0, expected.length]);
    expect(stdout).toMatch(
      /^fields\.variable +must +a header field is in the environ as HTTP_\*\n/,
    );
    const { stdout: json } = await conformance('--list', '--json');
    expect(JSON.parse(json)).toEqual(kitCases);
  });

  it('tells where the application in Python is', async () => {
    const { stdout } = await conformance('--path');
    expect(existsSync(join(stdout.trim(), 'wizgi_conformance/__init__.py'))).toBe(true);
  });

  it('says how to serve the application where something else is served', async () => {
    const url = await serving(`export const application = (environ, startResponse) => {
      startResponse('200 OK', []);
      return ['something else'];
    };`);
    const { code, stdout, stderr } = await conformance(url);
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toContain(
      `wizgi: ${url} does not serve the conformance kit's application; it answered 200 OK with "something else"\n`,
    );
    expect(stderr).toMatch(
      /\n {2}wizgi serve \S+:kitApplication\n {2}gunicorn .* wizgi_conformance:a/,
    );
  });

  it.each([
    [['http://127.0.0.1:1'], /^wizgi: http:\/\/127\.0\.0\.1:1 cannot be judged: .*ECONNREFUSED/],
    [[], 'wizgi: the URL is missing, as in wizgi conformance http://127.0.0.1:8000\n'],
    [['localhost:8000'], /^wizgi: "localhost:8000" is no URL of a server; expected http:\/\/HOST/],
    [['http://a', 'http://b'], 'wizgi: one URL is judged at a time; there is also http://b\n'],
    [['--onyl', 'x'], 'wizgi: wizgi conformance has no flag --onyl; did you mean --only?\n'],
    [['--only'], 'wizgi: --only lacks its value\n'],
    [['--timeout', 'x', 'http://a'], /^wizgi: --timeout is "x"; expected a number of seconds/],
    [['--timeout', '0', 'http://a'], 'wizgi: --timeout is 0; cases need some time\n'],
    [['--list=yes'], 'wizgi: --list takes no value\n'],
    [['http://a', '--skip', 'y'], 'wizgi: no case of the conformance kit is called "y"\n'],
    [
      ['--path', 'cobol'],
      /^wizgi: the kit's application is there in python and typescript, not in/,
    ],
  ])('says what is wrong with %j', async (args, message) => {
    const { code, stdout, stderr } = await conformance(...args);
    expect([code, stdout]).toEqual([2, '']);
    if (typeof message === 'string') expect(stderr).toBe(message);
    else expect(stderr).toMatch(message);
  });
});
