import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it, onTestFinished } from 'vitest';
import { cleanUp, project, start, startServer } from './command.ts';

afterEach(cleanUp);

async function upstream(name: string): Promise<string> {
  const server = createServer((request, response) => response.end(`${name} ${request.url}`));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const text = async (url: string) => (await fetch(url)).text();

describe('wizgi serve', () => {
  it('forwards to a URL, and stops in order', async () => {
    const server = startServer([await upstream('up'), '--upstream-via', 'me']);
    const url = await server.listening();
    expect(await text(`${url}/x?y`)).toBe('up /x?y');
    server.kill('SIGTERM');
    expect(await server.exited).toEqual({ code: 0, signal: null });
  });

  it('forwards to a server of another protocol', async () => {
    const inner = start(['serve', 'examples/hello.ts', '-b', 'fastcgi://127.0.0.1:0']);
    const address = await inner.until(
      ({ stderr }) => /Listening at: (fastcgi:\S+)/.exec(stderr)?.[1],
    );
    const url = await startServer([address]).listening();
    expect((await fetch(url)).status).toBe(200);
  });

  it('mounts a URL beside an application, and has several share the requests', async () => {
    const [a, b] = [await upstream('a'), await upstream('b')];
    const url = await startServer(['examples/hello.ts', '--mount', `/up=${a},${b}`]).listening();
    expect((await fetch(url)).status).toBe(200);
    expect([await text(`${url}/up/x`), await text(`${url}/up/x`)].sort()).toEqual(['a /x', 'b /x']);
  });

  it('takes the options of a configuration file', async () => {
    const directory = project({
      'wizgi.config.mjs': `export default {
        app: '${await upstream('up')}', upstream: { host: 'told', keepAlive: 1 } };`,
    });
    const printed = start(['serve', '--print-config', '--upstream-keep-alive', '2'], {
      cwd: directory,
      env: { WIZGI_UPSTREAM_SECRET: 'hidden' },
    });
    await printed.exited;
    expect(printed.stdout).toMatch(/^upstream\.host +=\s"told"$/m);
    expect(printed.stdout).toMatch(/^upstream\.keepAlive +=\s2$/m);
    expect(printed.stdout).not.toContain('hidden');
    const url = await startServer([], { cwd: directory }).listening();
    expect(await text(`${url}/x`)).toBe('up /x');
  });

  it('says in the log which upstream gave no answer, on one line', async () => {
    const server = startServer(['http://127.0.0.1:1']);
    const url = await server.listening();
    expect((await fetch(url)).status).toBe(502);
    const line = await server.until(({ stderr }) => /^.*no answer.*$/m.exec(stderr)?.[0]);
    expect(line).toContain('http://127.0.0.1:1 refuses connections (ECONNREFUSED)');
    expect(server.stderr).not.toMatch(/^\s+at /m);
  });
});
