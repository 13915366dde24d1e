/** RFC 3875 and what servers make of it, with a process for each request. The built command is run. */
import { closeSync, mkdtempSync, openSync, readSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { quiet, until } from '../conformance/harness.ts';
import { APPS, type CgiOptions, CgiProcess, cgi, environOf } from './kit.ts';

const folder = mkdtempSync(join(tmpdir(), 'wizgi-cgi-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const length = (size: number): CgiOptions => ({
  variables: { REQUEST_METHOD: 'POST', CONTENT_LENGTH: String(size) },
});
const answering = (status: string, headers: readonly (readonly [string, string])[], body = '') =>
  encodeURIComponent(JSON.stringify([status, headers, body]));

describe('environ', () => {
  it('CGI-1 takes an empty CONTENT_LENGTH for an absent one', async () => {
    for (const CONTENT_LENGTH of ['', null]) {
      const { answer } = await cgi(`${APPS}:counted`, {
        variables: { CONTENT_LENGTH },
        content: 'x',
      });
      expect(answer).toMatchObject({ status: 200, body: '0' });
    }
  });

  it.each([
    ['an octet that is no UTF-8', '/\xe9'],
    ['three octets of UTF-8', '/\xe2\x82\xac'],
  ])('CGI-2 has %s as it is', async (_, PATH_INFO) => {
    expect(await environOf({ variables: { PATH_INFO } })).toMatchObject({ PATH_INFO });
  });

  it('CGI-3 CGI-21 is a plain object with the keys that a server owes, and says run_once', async () => {
    const environ = await environOf();
    expect(environ).toMatchObject({
      plain: true,
      REQUEST_METHOD: 'GET',
      SCRIPT_NAME: '/app',
      PATH_INFO: '/',
      SERVER_NAME: 'a.example',
      SERVER_SOFTWARE: 'test',
      REMOTE_ADDR: '192.0.2.1',
      'wsgi.run_once': true,
      'wsgi.multiprocess': true,
      'wsgi.multithread': false,
      'wsgi.url_scheme': 'http',
    });
  });

  it('CGI-21 fills in what a server has left out', async () => {
    const variables = {
      SERVER_NAME: null,
      SERVER_PORT: null,
      QUERY_STRING: null,
      SCRIPT_NAME: null,
    };
    expect(await environOf({ variables })).toMatchObject({
      SERVER_NAME: 'localhost',
      SERVER_PORT: '80',
      QUERY_STRING: '',
      SCRIPT_NAME: '',
    });
  });

  it('CGI-22 does not decode the path a second time', async () => {
    expect(await environOf({ variables: { PATH_INFO: '/%41' } })).toMatchObject({
      PATH_INFO: '/%41',
    });
  });

  it('CGI-23 J4 knows no HTTP_PROXY, nor do programs', async () => {
    const environ = await environOf({ variables: { HTTP_PROXY: 'evil' } });
    expect(environ).not.toHaveProperty('HTTP_PROXY');
    expect(environ['proxies']).toEqual(['none', 'none']);
  });

  it.each([
    ['on', 'https'],
    ['1', 'https'],
    ['yes', 'https'],
    ['off', 'http'],
    ['', 'http'],
  ])('CGI-24 takes HTTPS=%s for %s', async (HTTPS, scheme) => {
    expect(await environOf({ variables: { HTTPS } })).toMatchObject({ 'wsgi.url_scheme': scheme });
  });

  it('CGI-24 falls back to REQUEST_SCHEME', async () => {
    const variables = { REQUEST_SCHEME: 'https' };
    expect(await environOf({ variables })).toMatchObject({ 'wsgi.url_scheme': 'https' });
  });

  it('CGI-28 J2 takes no notice of the words of a query', async () => {
    const environ = await environOf({
      variables: { QUERY_STRING: '-e+INJECTED=1+--nph' },
      words: ['-e', 'INJECTED=1', '--nph', '-c', '/etc/passwd'],
    });
    expect(environ).not.toHaveProperty('INJECTED');
  });

  it('CGI-30 invents no Authorization', async () => {
    expect(await environOf()).not.toHaveProperty('HTTP_AUTHORIZATION');
    const given = await environOf({ variables: { HTTP_AUTHORIZATION: 'Basic x' } });
    expect(given).toMatchObject({ HTTP_AUTHORIZATION: 'Basic x' });
  });

  it('CGI-31 cuts off what IIS repeats of SCRIPT_NAME, when it is told to', async () => {
    const flags = ['--iis-path-info'];
    const script = { SCRIPT_NAME: '/app.js', PATH_INFO: '/app.js/x' };
    expect(await environOf({ variables: script })).toMatchObject(script);
    expect(await environOf({ flags, variables: script })).toMatchObject({
      SCRIPT_NAME: '/app.js',
      PATH_INFO: '/x',
    });
    const other = { SCRIPT_NAME: '/app.js', PATH_INFO: '/app.jsx/x' };
    expect(await environOf({ flags, variables: other })).toMatchObject(other);
  });

  it('J3 takes what looks like a function of the shell for text', async () => {
    const HTTP_USER_AGENT = '() { :;}; echo vulnerable';
    expect(await environOf({ variables: { HTTP_USER_AGENT } })).toMatchObject({ HTTP_USER_AGENT });
  });

  it("knows the names that are the gateway's from no variable", async () => {
    const environ = await environOf({ variables: { UWSGI_FILE: '/evil.py' } });
    expect(environ).not.toHaveProperty('UWSGI_FILE');
  });
});

describe('content', () => {
  it('CGI-4 reads CONTENT_LENGTH octets of a pipe, and leaves the rest in it', async () => {
    const { stdout } = await cgi(`${APPS}:environ`, {
      ...length(3),
      content: 'abcdef',
      following: 'echo; cat',
    });
    const [, body = '', rest] = stdout.toString().split(/\r\n\r\n|\n(?=def)/);
    expect(JSON.parse(body)).toMatchObject({ input: 'abc', after: 0 });
    expect(rest).toBe('def');
  });

  it('CGI-4 reads CONTENT_LENGTH octets of a file', async () => {
    const path = join(folder, 'content');
    writeFileSync(path, 'abcdef');
    const fd = openSync(path, 'r');
    const environ = await environOf({ ...length(3), content: fd });
    const rest = Buffer.alloc(8);
    const size = readSync(fd, rest);
    closeSync(fd);
    expect(environ).toMatchObject({ input: 'abc', after: 0 });
    expect(rest.subarray(0, size).toString()).toBe('def');
  });

  it('CGI-5 waits for nothing without CONTENT_LENGTH', async () => {
    const variables = { REQUEST_METHOD: 'POST' };
    const { answer } = await cgi(`${APPS}:counted`, { variables, content: null });
    expect(answer).toMatchObject({ status: 200, body: '0' });
  });

  it('CGI-6 may be left unread', async () => {
    const { answer, code } = await cgi(`${APPS}:ignoring`, { ...length(1_000_000), content: null });
    expect(answer).toMatchObject({ status: 200, body: 'ignored', outcome: 'end' });
    expect(code).toBe(0);
  });

  it.each(['counted', 'counting'])('%s: takes 3 MiB', async (app) => {
    const content = Buffer.alloc(3 * 1024 * 1024, 'x');
    const { answer } = await cgi(`${APPS}:${app}`, { ...length(content.length), content });
    expect(answer.body).toBe(String(content.length));
  });

  it.each(['counted', 'counting'])('%s: takes 3 MiB from a file', async (app) => {
    const path = join(folder, 'large');
    writeFileSync(path, Buffer.alloc(3 * 1024 * 1024, 'x'));
    const content = openSync(path, 'r');
    const { answer } = await cgi(`${APPS}:${app}`, { ...length(3 * 1024 * 1024), content });
    closeSync(content);
    expect(answer.body).toBe(String(3 * 1024 * 1024));
  });

  it('takes chunked content to its end, as Apache passes it on', async () => {
    const { answer } = await cgi(`${APPS}:counting`, {
      variables: { REQUEST_METHOD: 'POST', HTTP_TRANSFER_ENCODING: 'chunked' },
      content: 'x'.repeat(100_000),
    });
    expect(answer.body).toBe('100000');
  });

  it('answers 400 when it ends too early', async () => {
    const { answer, stderr } = await cgi(`${APPS}:counted`, { ...length(10), content: 'abc' });
    expect(answer).toMatchObject({ status: 400, outcome: 'end' });
    expect(stderr).toContain('refused reason=incomplete-body');
  });

  it('CGI-29 answers 413 when it is too large, and does not wait for it', async () => {
    const { answer, stderr, code } = await cgi(`${APPS}:counted`, {
      ...length(11),
      flags: ['--limit-request-body', '10'],
      content: null,
    });
    expect(answer).toMatchObject({ status: 413, outcome: 'end' });
    expect(stderr).toContain('refused reason=body-too-large');
    expect(code).toBe(0);
  });

  it.each(['+5', '-1', '5,5', '0x5'])(
    'answers 400 to CONTENT_LENGTH=%s',
    async (CONTENT_LENGTH) => {
      const { answer, stderr } = await cgi(`${APPS}:counted`, {
        variables: { REQUEST_METHOD: 'POST', CONTENT_LENGTH },
        content: '12345',
      });
      expect(answer).toMatchObject({ status: 400 });
      expect(stderr).toContain('refused reason=bad-content-length');
    },
  );
});

describe('answers', () => {
  it('CGI-7 CGI-10 CGI-18 begin with Status, and have lines that end with CRLF', async () => {
    const { stdout } = await cgi(`${APPS}:ignoring`);
    expect(stdout.toString()).toBe(
      'Status: 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 7\r\n\r\nignored',
    );
  });

  it('CGI-8 are 500 where Content-Type stands twice, which the log tells', async () => {
    const QUERY_STRING = answering('200 OK', [
      ['Content-Type', 'a/b'],
      ['content-type', 'a/c'],
    ]);
    const { answer, stderr } = await cgi(`${APPS}:answering`, { variables: { QUERY_STRING } });
    expect(answer).toMatchObject({ status: 500, outcome: 'end' });
    expect(stderr).toContain('content-type occurs more than once');
  });

  it('CGI-11 CGI-12 are 500 where a header is folded, or concerns the connection', async () => {
    for (const header of [
      ['X-A', 'b\r\n c'],
      ['Connection', 'close'],
    ] as const) {
      const QUERY_STRING = answering('200 OK', [header]);
      const { answer } = await cgi(`${APPS}:answering`, { variables: { QUERY_STRING } });
      expect(answer).toMatchObject({ status: 500, outcome: 'end' });
    }
  });

  it('CGI-16 are logged where a status of 200 has a path as its Location', async () => {
    const warning = 'status 200 with a path as its Location';
    const stderrOf = async (status: string, location: string) => {
      const QUERY_STRING = answering(status, [['Location', location]]);
      return (await cgi(`${APPS}:answering`, { variables: { QUERY_STRING } })).stderr;
    };
    expect(await stderrOf('200 OK', '/x')).toContain(warning);
    expect(await stderrOf('201 Created', '/x')).not.toContain(warning);
    expect(await stderrOf('302 Found', '/x')).not.toContain(warning);
  });

  it('CGI-19 to HEAD end with the empty line', async () => {
    const { stdout } = await cgi(`${APPS}:large`, { variables: { REQUEST_METHOD: 'HEAD' } });
    expect(stdout.toString()).toMatch(/^Status: 200 OK\r\n(?:.+\r\n)+\r\n$/);
    expect(stdout.length).toBeLessThan(200);
  });

  it.each([
    ['a script called nph-x', { variables: { SCRIPT_NAME: '/cgi-bin/nph-x' } }],
    ['--nph', { flags: ['--nph'] }],
  ])('CGI-20 are whole HTTP messages for %s', async (_, options) => {
    const { stdout } = await cgi(`${APPS}:ignoring`, options);
    expect(stdout.toString()).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
    expect(stdout.toString()).toMatch(/\r\nDate: .* GMT\r\n/);
    expect(stdout.toString()).toMatch(/\r\nConnection: close\r\n\r\nignored$/);
  });

  it('CGI-20 are not, where only a folder is called nph-', async () => {
    const { stdout } = await cgi(`${APPS}:ignoring`, { variables: { SCRIPT_NAME: '/nph-x/app' } });
    expect(stdout.toString()).toMatch(/^Status: /);
  });

  it('CGI-25 are 500 when the application throws; the log goes to stderr, the exit code is 0', async () => {
    const { answer, stderr, code } = await cgi(`${APPS}:throwing`);
    expect(answer).toMatchObject({ status: 500, body: 'Internal Server Error\n', outcome: 'end' });
    expect(stderr).toMatch(/Error: thrown on purpose\n\s+at throwing/);
    expect(code).toBe(0);
  });

  it('CGI-25 that break off end with another exit code', async () => {
    const { answer, code } = await cgi(`${APPS}:breaking`);
    expect(answer).toMatchObject({ status: 200, body: 'begun' });
    expect(code).toBe(1);
  });

  it('CGI-26 arrive whole at a slow reader, and no timer keeps the process', async () => {
    const request = new CgiProcess(`${APPS}:large`);
    request.child.stdout?.pause();
    await until(() => request.child.stdout?.readableLength !== 0, 'the first output');
    await quiet();
    expect(request.stderr).not.toContain('all but the last was taken');
    request.child.stdout?.resume();
    const { answer, stderr, code } = await request.ended;
    expect(answer.body.length).toBe(5 * 1024 * 1024);
    expect(stderr).toContain('all but the last was taken');
    expect(code).toBe(0);
  });

  it('have nothing of what the application prints', async () => {
    const { answer, stderr } = await cgi(`${APPS}:printing`);
    expect(answer).toMatchObject({ status: 200, body: 'answer' });
    expect(stderr).toBe('printed while it is loaded\nprinted\nwritten\n');
  });

  it('are 504 when none comes in time', async () => {
    const { answer } = await cgi(`${APPS}:hanging`, { flags: ['--timeout', '0.2'] });
    expect(answer).toMatchObject({ status: 504, outcome: 'end' });
  });

  it('come to their end although something else in the process fails', async () => {
    const { answer, stderr, code } = await cgi(`${APPS}:straying`);
    expect(answer).toMatchObject({ body: 'whole', outcome: 'end' });
    expect(stderr).toContain('unhandled rejection');
    expect(code).toBe(0);
  });
});

describe('ends', () => {
  it.each(['SIGTERM', 'SIGINT', 'SIGHUP'] as const)(
    'CGI-27 on %s close the iterable',
    async (signal) => {
      const request = new CgiProcess(`${APPS}:endless`);
      await until(() => request.stdout.includes('tick'), 'the first block');
      request.child.kill(signal);
      const { stderr, code } = await request.ended;
      expect(stderr).toContain('closed\n');
      expect(code).toBe({ SIGTERM: 143, SIGINT: 130, SIGHUP: 129 }[signal]);
    },
  );

  it('CGI-27 close the iterable when nobody reads any more', async () => {
    const request = new CgiProcess(`${APPS}:endless`);
    await until(() => request.stdout.includes('tick'), 'the first block');
    request.child.stdout?.destroy();
    const { stderr, code } = await request.ended;
    expect(stderr).toContain('closed\n');
    expect(code).toBe(1);
  });

  it('CGI-27 on SIGTERM before there is an answer, without one; the second ends what hangs', async () => {
    const request = new CgiProcess(`${APPS}:hanging`);
    await until(() => request.stderr.includes('entered'), 'the application');
    request.child.kill('SIGTERM');
    await until(() => request.stderr.includes('aborted'), 'the signal');
    request.child.kill('SIGTERM');
    const { stdout, code } = await request.ended;
    expect(stdout.length).toBe(0);
    expect(code).toBe(143);
  });
});

describe('mistakes', () => {
  it('J6 are told on stderr, and the client has a bare 500', async () => {
    const { answer, stderr, code } = await cgi(join(folder, 'missing.mjs'));
    expect(answer).toMatchObject({ status: 500, body: 'Internal Server Error\n', outcome: 'end' });
    expect(stderr).toMatch(/^wizgi: there is no file .*missing\.mjs/);
    expect(code).toBe(2);
  });

  it('of a module that fails are told on stderr, and the client has a bare 500', async () => {
    const path = join(folder, 'failing.mjs');
    writeFileSync(path, 'throw new Error("at load");\n');
    const { answer, stderr, code } = await cgi(path);
    expect(answer).toMatchObject({ status: 500, outcome: 'end' });
    expect(stderr).toContain('Error: at load');
    expect(code).toBe(1);
  });

  it('are told where there is no request', async () => {
    const { stdout, stderr, code } = await cgi(`${APPS}:environ`, {
      variables: { REQUEST_METHOD: null },
    });
    expect(stdout.toString()).toBe('');
    expect(stderr).toMatch(/wizgi: there is no request: a web server starts this program for each/);
    expect(code).toBe(2);
  });

  it('of flags are told on stderr, and the client has a bare 500', async () => {
    const variables = { SCRIPT_NAME: '/nph-x' };
    const { stdout, stderr, code } = await cgi(APPS, { flags: ['--time', '5'], variables });
    expect(stdout.toString()).toMatch(/^HTTP\/1\.1 500 Internal Server Error\r\n/);
    expect(stderr).toMatch(/^wizgi: there is no flag --time/);
    expect(code).toBe(2);
  });

  it.each([
    ['--bind', '127.0.0.1:0'],
    ['--workers', '2'],
    ['--access-logfile', '-'],
  ])('%s means nothing', async (...flags) => {
    const { answer, stderr, code } = await cgi(APPS, { flags });
    expect(answer.status).toBe(500);
    expect(stderr).toBe(
      `wizgi: ${flags[0]} means nothing to wizgi cgi: a web server starts it for each request, and ends it\n`,
    );
    expect(code).toBe(2);
  });

  it('a method that is none is answered 400', async () => {
    const { answer } = await cgi(`${APPS}:environ`, { variables: { REQUEST_METHOD: 'G T' } });
    expect(answer).toMatchObject({ status: 400 });
  });
});
