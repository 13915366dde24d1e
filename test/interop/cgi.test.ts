/** Real web servers that start `wizgi cgi` for each request, as docs/front-ends has them do it. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { APPS } from '../cgi/kit.ts';
import { MAIN } from '../cli/command.ts';
import { until } from '../conformance/harness.ts';
import { type Component, find, need } from './components.ts';
import type { FrontEndName, Replacement } from './front-end-kinds.ts';
import { documented, type FrontEnd, startFrontEnd } from './front-ends.ts';

/** A web server with what it needs to run scripts. */
interface Setup {
  readonly name: string;
  readonly frontEnd: FrontEndName;
  readonly components: readonly Component[];
  readonly replacements: readonly Replacement[];
}

const setups: readonly Setup[] = [
  {
    name: 'nginx and fcgiwrap',
    frontEnd: 'nginx',
    components: ['nginx', 'fcgiwrap'],
    replacements: [],
  },
  { name: "Apache's mod_cgid", frontEnd: 'apache', components: ['apache2'], replacements: [] },
  {
    name: "Apache's mod_cgi",
    frontEnd: 'apache',
    components: ['apache2'],
    replacements: [['a2enmod cgid', 'a2enmod cgi']],
  },
  { name: "lighttpd's mod_cgi", frontEnd: 'lighttpd', components: ['lighttpd'], replacements: [] },
];

const NAMES = [
  'environ',
  'counted',
  'counting',
  'throwing',
  'large',
  'endless',
  'answering',
  'breaking',
];

/** The folder of scripts, with one that has an application of the fixtures at each path. */
function scripts(): string {
  const folder = mkdtempSync(join(tmpdir(), 'wizgi-test-cgi-'));
  const mounts = NAMES.map((name) => `--mount '/${name}=${APPS}:${name}'`).join(' ');
  const command = `exec '${process.execPath}' '${MAIN}' cgi ${mounts} '${APPS}:environ'`;
  writeFileSync(join(folder, 'app'), `#!/bin/sh\n${command}\n`);
  // Apache runs scripts as another user.
  for (const path of [folder, join(folder, 'app')]) chmodSync(path, 0o755);
  return folder;
}

/** Starts the program that runs scripts for nginx. */
async function wrapper(folder: string): Promise<{ socket: string; close(): Promise<void> }> {
  const socket = join(folder, 'fcgiwrap.socket');
  const child = spawn(find('fcgiwrap') as string, ['-f', '-c', '4', '-s', `unix:${socket}`], {
    stdio: 'ignore',
    // It does not end its own children.
    detached: true,
  });
  const ended = once(child, 'exit');
  await until(() => existsSync(socket), 'fcgiwrap');
  return {
    socket,
    close: async () => {
      process.kill(-(child.pid as number), 'SIGTERM');
      await ended;
    },
  };
}

interface Reply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
  readonly complete: boolean;
}

interface Asked {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string | string[]>>;
  readonly body?: string | Uint8Array;
  readonly chunked?: boolean;
}

function ask({ port }: FrontEnd, path: string, asked: Asked = {}): Promise<Reply> {
  const { method = 'GET', headers = {}, body, chunked = false } = asked;
  const length = body === undefined || chunked ? {} : { 'Content-Length': Buffer.byteLength(body) };
  return new Promise((resolve, reject) => {
    const client = request({
      port,
      host: '127.0.0.1',
      path,
      method,
      headers: { ...headers, ...length },
    });
    client.once('error', reject);
    client.once('response', (response) => {
      const { statusCode: status = 0, headers: fields } = response;
      let text = '';
      const done = () =>
        resolve({ status, headers: fields, body: text, complete: response.complete });
      response.setEncoding('latin1');
      response.on('data', (data) => {
        text += data;
      });
      response.once('error', done);
      response.once('end', done);
    });
    client.end(body);
  });
}

const isAlive = (pid: number) => {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
};

describe.each(setups)('$name', ({ frontEnd, components, replacements }) => {
  let server: FrontEnd;
  let folder = '';
  let wrap: Awaited<ReturnType<typeof wrapper>> | null = null;

  beforeAll(async () => {
    if (components.some((component) => find(component) === null)) return;
    folder = scripts();
    const more: Replacement[] = [...replacements];
    if (components.includes('fcgiwrap')) {
      wrap = await wrapper(folder);
      more.push(['/run/fcgiwrap.socket', wrap.socket]);
    }
    const configuration = documented(`${frontEnd}-cgi.conf`);
    server = await startFrontEnd(frontEnd, configuration, [['/usr/lib/cgi-bin', folder], ...more]);
  });
  beforeEach((context) => {
    for (const component of components) need(component, context);
  });
  afterAll(async () => {
    await server?.close();
    await wrap?.close();
    if (folder !== '') rmSync(folder, { recursive: true });
  });

  const environOf = async (path: string, asked: Asked = {}): Promise<Record<string, unknown>> => {
    const { status, body } = await ask(server, path, asked);
    expect(status).toBe(200);
    return JSON.parse(Buffer.from(body, 'latin1').toString());
  };

  it('says what is asked for', async () => {
    const environ = await environOf('/a%20b/%E2%82%AC?q=1%20&z', {
      headers: {
        Host: 'example.com',
        'X-Dup': ['1', '2'],
        Authorization: 'Basic x',
        Cookie: 'a=1',
      },
    });
    expect(environ).toMatchObject({
      REQUEST_METHOD: 'GET',
      SCRIPT_NAME: '',
      PATH_INFO: '/a b/\xe2\x82\xac',
      QUERY_STRING: 'q=1%20&z',
      REQUEST_URI: '/a%20b/%E2%82%AC?q=1%20&z',
      SERVER_PROTOCOL: 'HTTP/1.1',
      SERVER_NAME: 'example.com',
      HTTP_HOST: 'example.com',
      HTTP_COOKIE: 'a=1',
      // Of a header that nginx does not join, before 1.23, fcgiwrap keeps the last.
      HTTP_X_DUP: expect.stringMatching(/^(?:1, )?2$/),
      REMOTE_ADDR: '127.0.0.1',
      'wsgi.url_scheme': 'http',
      'wsgi.run_once': true,
      'wsgi.multiprocess': true,
    });
    expect(environ['HTTP_AUTHORIZATION']).toBe('Basic x');
  });

  it('mounts applications below the root', async () => {
    expect(await environOf('/environ/x')).toMatchObject({
      SCRIPT_NAME: '/environ',
      PATH_INFO: '/x',
    });
    expect(await environOf('/')).toMatchObject({ SCRIPT_NAME: '', PATH_INFO: '/' });
  });

  it('CGI-23 J4 has no HTTP_PROXY', async () => {
    const environ = await environOf('/', { headers: { Proxy: 'evil' } });
    expect(environ).not.toHaveProperty('HTTP_PROXY');
    expect(environ['proxies']).toEqual(['none', 'none']);
  });

  it('CGI-28 J2 takes no notice of the words of a query', async () => {
    const environ = await environOf('/?-e+INJECTED=1+--nph');
    expect(environ).toMatchObject({ QUERY_STRING: '-e+INJECTED=1+--nph' });
    expect(environ).not.toHaveProperty('INJECTED');
  });

  it('CGI-4 passes an upload on', async () => {
    const body = Buffer.alloc(1_500_000, 'x');
    expect((await ask(server, '/counted', { method: 'POST', body })).body).toBe('1500000');
    expect(await environOf('/', { method: 'POST', body: 'hello' })).toMatchObject({
      CONTENT_LENGTH: '5',
      input: 'hello',
    });
  });

  it('passes a chunked upload on', async () => {
    const body = Buffer.alloc(300_000, 'x');
    const asked = { method: 'POST', body, chunked: true } as const;
    expect((await ask(server, '/counted', asked)).body).toBe('300000');
  });

  it('CGI-19 answers HEAD', async () => {
    const reply = await ask(server, '/large', { method: 'HEAD' });
    expect(reply).toMatchObject({ status: 200, body: '' });
    expect(reply.headers['content-length']).toBe(String(5 * 1024 * 1024));
  });

  it('CGI-26 answers 5 MiB', async () => {
    const { body, complete } = await ask(server, '/large');
    expect(body.length).toBe(5 * 1024 * 1024);
    expect(complete).toBe(true);
  });

  it('passes status and headers on', async () => {
    const answer = [
      '404 Nothing Here',
      [
        ['Content-Type', 'text/plain'],
        ['Set-Cookie', 'a=1'],
        ['Set-Cookie', 'b=2'],
      ],
      'none',
    ];
    const query = encodeURIComponent(JSON.stringify(answer));
    const reply = await ask(server, `/answering?${query}`);
    expect(reply).toMatchObject({ status: 404, body: 'none' });
    expect(reply.headers['set-cookie']).toEqual(['a=1', 'b=2']);
  });

  it('CGI-13 passes a redirection on', async () => {
    const query = encodeURIComponent(JSON.stringify(['303 See Other', [['Location', '/x']], '']));
    const reply = await ask(server, `/answering?${query}`);
    expect(reply.status).toBe(303);
    expect(reply.headers.location).toMatch(/\/x$/);
  });

  it('CGI-25 answers 500 for an application that throws', async () => {
    const reply = await ask(server, '/throwing');
    expect(reply).toMatchObject({ status: 500, body: 'Internal Server Error\n' });
    await until(() => server.output.includes('thrown on purpose'), 'the log');
  });

  it('CGI-27 ends the process when the client leaves', async () => {
    const client = connect({ port: server.port, host: '127.0.0.1' });
    let text = '';
    client.on('data', (data) => {
      text += data;
    });
    client.write('GET /endless HTTP/1.1\r\nHost: a\r\n\r\n');
    await until(() => /process \d+\n/.test(text), 'the first block');
    const pid = Number(/process (\d+)\n/.exec(text)?.[1]);
    expect(isAlive(pid)).toBe(true);
    client.destroy();
    await until(() => !isAlive(pid), 'the end of the process');
  });
});
