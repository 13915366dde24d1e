/** Each protocol, to a server of our own: what goes in comes out. */
import { mkdtempSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { forward } from '../../src/upstream/forward.ts';
import { streaming } from '../../src/wsgi/application.ts';
import { mount } from '../../src/wsgi/mount.ts';
import type { Application, Environ } from '../../src/wsgi/types.ts';
import { CHUNKED_POST, gate, get, post, start, until } from '../http/kit.ts';
import { front, rawUpstream, reasons } from './servers.ts';

const PROTOCOLS = ['http', 'fastcgi', 'scgi', 'uwsgi', 'ajp'] as const;
const META = PROTOCOLS.slice(1);

/** Answers with what it was asked. */
const echo: Application = (environ, startResponse) => {
  const body = Buffer.from(environ['wsgi.input'].read()).toString('latin1');
  const texts = Object.entries(environ).filter(([, value]) => typeof value === 'string');
  startResponse('203 Told', [
    ['Content-Type', 'application/json'],
    ['Set-Cookie', 'a=1'],
    ['Set-Cookie', 'b=2'],
  ]);
  return [Buffer.from(JSON.stringify({ ...Object.fromEntries(texts), body }), 'latin1')];
};

async function behind(protocol: string, app: Application = echo) {
  // A client that has only finished sending would be borne with for long.
  const options = { bind: [`${protocol}://127.0.0.1:0`], halfCloseTimeout: 60 };
  const upstream = await start(app, options);
  const url = upstream.addresses[0] as string;
  return { upstream, url, server: await front(url) };
}

describe.each(PROTOCOLS)('%s', (protocol) => {
  it('carries requests and answers', async () => {
    const { server } = await behind(protocol);
    const client = await server.client();
    client.send(get('/a%20b/%C3%A9?q=%20', 'X-Own: 1\r\nCookie: c=d\r\n'));
    const { status, reason, headers, body } = await client.answer();
    expect([status, headers['content-type'], headers['set-cookie']]).toEqual([
      ...[203, 'application/json', 'a=1|b=2'],
    ]);
    // AJP's servers may leave the reason out.
    expect(['Told', 'Non-Authoritative Information']).toContain(reason);
    expect(JSON.parse(body)).toMatchObject({
      REQUEST_METHOD: 'GET',
      SCRIPT_NAME: '',
      PATH_INFO: '/a b/\u00c3\u00a9',
      QUERY_STRING: 'q=%20',
      HTTP_HOST: 'a',
      HTTP_X_OWN: '1',
      HTTP_COOKIE: 'c=d',
      'wsgi.url_scheme': 'http',
      body: '',
    });
  });

  it.each([0, 1, 8_186, 70_000, 400_000])('carries content of %i bytes', async (size) => {
    const { server } = await behind(protocol);
    const client = await server.client();
    const content = 'x'.repeat(size);
    client.send(post(content));
    expect(JSON.parse((await client.answer()).body).body).toBe(content);
    client.send(
      `${CHUNKED_POST}${size === 0 ? '' : `${size.toString(16)}\r\n${content}\r\n`}0\r\n\r\n`,
    );
    expect(JSON.parse((await client.answer()).body).body).toBe(content);
    client.send(get());
    expect((await client.answer()).status).toBe(203);
  });

  it('carries answers of many blocks, and without content', async () => {
    const { server } = await behind(protocol, function* (environ, startResponse) {
      if (environ.PATH_INFO === '/204') {
        startResponse('204 No Content', []);
        return;
      }
      startResponse('200 OK', [['Content-Type', 'text/plain']]);
      for (let block = 0; block < 100; block++) yield 'x'.repeat(10_000);
    });
    const client = await server.client();
    client.send(get());
    expect((await client.answer()).body.length).toBe(1_000_000);
    client.send('HEAD / HTTP/1.1\r\nHost: a\r\n\r\n');
    expect(await client.answer('HEAD')).toMatchObject({ status: 200, body: '' });
    client.send(get('/204'));
    expect(await client.answer()).toMatchObject({ status: 204, body: '' });
  });

  it('streams both ways', async () => {
    const { server } = await behind(
      protocol,
      streaming(async function* (environ, startResponse) {
        startResponse('200 OK', [['Content-Type', 'text/plain']]);
        const input = environ['wizgi.input'];
        for (let block = await input?.read(4); block?.length; block = await input?.read(4)) {
          yield block;
        }
      } as Application),
    );
    const client = await server.client();
    client.send('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 8\r\n\r\nping');
    await client.expect('ping');
    client.send('pong');
    expect((await client.answer()).body).toBe('pingpong');
  });

  it('ends the upstream request when the client leaves', async () => {
    const entered = gate();
    const aborted = gate();
    const { server } = await behind(protocol, (environ: Environ) => {
      environ['wizgi.signal']?.addEventListener('abort', () => aborted.open());
      entered.open();
      return new Promise(() => undefined);
    });
    const client = await server.client();
    client.send(get());
    await entered.promise;
    client.reset();
    await aborted.promise;
  });

  it('cuts answers that the upstream cut', async () => {
    const { server } = await behind(protocol, function* (_environ, startResponse) {
      startResponse('200 OK', [['Content-Length', '100000']]);
      yield 'x'.repeat(50_000);
      throw new Error('broken');
    });
    const client = await server.client();
    client.send(get());
    expect(await client.answer()).toMatchObject({ status: 200, complete: false });
    await until('the log', () => reasons(server).length === 1);
  });

  it('goes over Unix sockets', async () => {
    const path = join(mkdtempSync(join(tmpdir(), 'wizgi-test-')), 'up.sock');
    await start(echo, { bind: [`${protocol}+unix:${path}`] });
    const server = await front(`${protocol}+unix:${path}`);
    const client = await server.client();
    client.send(post('content'));
    expect(JSON.parse((await client.answer()).body).body).toBe('content');
  });

  it('garbage is a 502', async () => {
    const upstream = await rawUpstream((socket) => {
      socket.on('data', () => socket.end('\x00\x01garbage\xff\r\n\r\n', 'latin1'));
    });
    const server = await front(`${protocol}://127.0.0.1:${upstream.port}`, { retries: 0 });
    const client = await server.client();
    client.send(get());
    expect(await client.answer()).toMatchObject({ status: 502, body: 'Bad Gateway\n' });
    expect(reasons(server)).toEqual([expect.stringContaining('gave no valid answer')]);
  });
});

describe.each(META)('%s', (protocol) => {
  it('tells where the application is mounted, and who the client is', async () => {
    const upstream = await start(echo, { bind: [`${protocol}://127.0.0.1:0`] });
    const server = await start(mount({ '/m': forward(upstream.addresses[0] as string) }));
    const client = await server.client();
    client.send(
      get('/m/x', 'X-Forwarded-For: 6.6.6.6\r\nProxy: x\r\nConnection: X-Hop\r\nX-Hop: 1\r\n'),
    );
    const seen = JSON.parse((await client.answer()).body);
    // In AJP there is no place for a mount point.
    if (protocol === 'ajp') expect(seen).toMatchObject({ SCRIPT_NAME: '', PATH_INFO: '/m/x' });
    else expect(seen).toMatchObject({ SCRIPT_NAME: '/m', PATH_INFO: '/x' });
    expect(seen).toMatchObject({ REMOTE_ADDR: '127.0.0.1' });
    for (const name of ['HTTP_PROXY', 'HTTP_X_FORWARDED_FOR', 'HTTP_X_HOP', 'HTTP_CONNECTION']) {
      expect(seen).not.toHaveProperty(name);
    }
  });
});

describe('an AJP upstream', () => {
  it('that requires a secret gets it', async () => {
    const options = { bind: ['ajp://127.0.0.1:0'], ajpSecret: 'between us' };
    const upstream = await start(echo, options);
    const url = upstream.addresses[0] as string;
    const told = await (await front(url, { secret: 'between us' })).client();
    told.send(get());
    expect((await told.answer()).status).toBe(203);
    const silent = await (await front(url)).client();
    silent.send(get());
    expect((await silent.answer()).status).toBeGreaterThanOrEqual(400);
  });
});

describe('keeping connections', () => {
  it.each(['http', 'fastcgi', 'ajp'])('%s does', async (protocol) => {
    const ports = new Set<unknown>();
    const upstream = await start(echo, { bind: [`${protocol}://127.0.0.1:0`] });
    const { port } = new URL((upstream.addresses[0] as string).replace(/^\w+/, 'http'));
    const proxied = await rawUpstream((socket) => {
      ports.add(socket.remotePort);
      const inner = connect(Number(port), '127.0.0.1');
      inner.on('error', () => undefined);
      socket.pipe(inner).pipe(socket);
    });
    const server = await front(`${protocol}://127.0.0.1:${proxied.port}`);
    const client = await server.client();
    for (const request of [get(), get(), post('x'), post('x')]) {
      client.send(request);
      expect((await client.answer()).status).toBe(203);
    }
    expect(ports.size).toBe(1);
  });
});
