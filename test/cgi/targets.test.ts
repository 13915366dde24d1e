/** What a process for one request can be made of: scripts, files that name the command, Python. */
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { cleanUp, project } from '../cli/command.ts';
import { need } from '../interop/components.ts';
import { APPS, cgi } from './kit.ts';

const SITE = fileURLToPath(new URL('fixtures/site.py', import.meta.url));
const folder = project({
  'app.mjs': `
    console.log('printed while it is loaded', process.env.HTTP_PROXY ?? 'none');
    export const app = (environ, startResponse) => {
      startResponse('200 OK', [['Content-Type', 'text/plain']]);
      return [environ.PATH_INFO, environ.HTTP_PROXY ?? '', environ.added ?? ''];
    };`,
  'script.mjs': `#!/usr/bin/env node
    import { cgi } from 'wizgi/cgi';
    import { app } from './app.mjs';
    cgi(app, { environ: { added: ' and more' } });`,
  'mistaken.mjs': `
    import { cgi } from 'wizgi/cgi';
    cgi(() => [], { bind: ['127.0.0.1:0'] });`,
  'executable.ts': `#!/usr/bin/env -S wizgi cgi
    import type { Application } from 'wizgi';
    export const application: Application = (_environ, startResponse) => {
      startResponse('200 OK', [['Content-Type', 'text/plain']]);
      return ['typed'];
    };`,
  'wizgi.config.mjs': `
    import { app } from './app.mjs';
    export default { app, accessLogfile: '-', bind: '127.0.0.1:1', timeout: 5 };`,
});
afterAll(() => cleanUp());

describe('a script', () => {
  it('answers through cgi(), and prints to stderr', async () => {
    const { answer, stderr, code } = await cgi('', {
      program: [`${folder}/script.mjs`],
      variables: { PATH_INFO: '/x', HTTP_PROXY: 'evil' },
    });
    expect(answer).toMatchObject({ status: 200, body: '/x and more', outcome: 'end' });
    expect(stderr).toBe('printed while it is loaded none\n');
    expect(code).toBe(0);
  });

  it('CGI-28 J2 takes no notice of the words of a query', async () => {
    const { answer } = await cgi('', { program: [`${folder}/script.mjs`, '--nph', '-e', 'A=b'] });
    expect(answer).toMatchObject({ status: 200, outcome: 'end' });
  });

  it('is told of options that mean nothing', async () => {
    const { answer, stderr, code } = await cgi('', { program: [`${folder}/mistaken.mjs`] });
    expect(answer).toMatchObject({ status: 500, outcome: 'end' });
    expect(stderr).toMatch(/^wizgi: unknown option 'bind'; the options are scriptName, /);
    expect(code).toBe(2);
  });

  it('is told when there is no request', async () => {
    const { stdout, stderr, code } = await cgi('', {
      program: [`${folder}/script.mjs`],
      variables: { REQUEST_METHOD: null },
    });
    expect(stdout.toString()).toBe('');
    expect(stderr).toContain('wizgi: there is no request: ');
    expect(code).toBe(2);
  });
});

describe('wizgi cgi', () => {
  it('runs TypeScript whose first line names it', async () => {
    const { answer } = await cgi(`${folder}/executable.ts`);
    expect(answer).toMatchObject({ status: 200, body: 'typed' });
  });

  it('runs what a configuration file names, which may say more for wizgi serve', async () => {
    const { answer, code } = await cgi(`${folder}/app.mjs:app`, {
      flags: ['-c', `${folder}/wizgi.config.mjs`],
    });
    expect(answer).toMatchObject({ status: 200, body: '/', outcome: 'end' });
    expect(code).toBe(0);
  });

  it('mounts an application', async () => {
    const { answer } = await cgi(`${APPS}:ignoring`, {
      flags: ['--mount', `/other=${folder}/app.mjs:app`],
      variables: { SCRIPT_NAME: '', PATH_INFO: '/other/x' },
    });
    expect(answer).toMatchObject({ status: 200, body: '/x' });
  });

  it('runs Python, in a worker for the one request', async (context) => {
    need('python3', context);
    const { answer, stderr, code } = await cgi(SITE, {
      variables: {
        REQUEST_METHOD: 'POST',
        CONTENT_LENGTH: '3',
        PATH_INFO: '/\xe9',
        HTTP_PROXY: 'evil',
        WEB_CONCURRENCY: '4',
      },
      content: 'abcdef',
    });
    expect(answer).toMatchObject({ status: 200, outcome: 'end' });
    expect(JSON.parse(answer.body)).toMatchObject({
      PATH_INFO: '/\xe9',
      SCRIPT_NAME: '/app',
      'wsgi.run_once': true,
      'wsgi.multiprocess': true,
      'wsgi.multithread': false,
      input: 'abc',
      proxy: 'none',
    });
    expect(stderr).toContain('told\n');
    expect(stderr).not.toContain('[INFO]');
    expect(stderr).toContain('printed while it is loaded');
    expect(code).toBe(0);
  });

  it('CGI-25 answers 500 when Python throws', async (context) => {
    need('python3', context);
    const { answer, stderr, code } = await cgi(`${SITE}:failing`);
    expect(answer).toMatchObject({ status: 500, outcome: 'end' });
    expect(stderr).toContain('RuntimeError: thrown on purpose');
    expect(code).toBe(0);
  });
});
