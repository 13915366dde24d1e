import { describe, expect, it } from 'vitest';
import { forward } from '../../src/upstream/forward.ts';
import type { ForwardOptions } from '../../src/upstream/options.ts';
import { mount } from '../../src/wsgi/mount.ts';
import { get, start } from '../http/kit.ts';
import { front, httpUpstream } from './servers.ts';

const SPOOFED =
  'X-Forwarded-For: 6.6.6.6\r\nX-Forwarded-Proto: https\r\nX-Forwarded-Host: evil\r\n' +
  'X-Forwarded-Prefix: /evil\r\nX-Real-IP: 6.6.6.6\r\nForwarded: for=6.6.6.6\r\nVia: 1.0 old\r\n';

/** The fields that an upstream sees of a request, by lower-case name. */
async function seen(
  options: ForwardOptions,
  fields = '',
  target = '/',
): Promise<Record<string, unknown>> {
  const upstream = await httpUpstream((request, response) => {
    response.end(JSON.stringify({ ...request.headers, url: request.url }));
  });
  const server = await front(upstream.url, options);
  const client = await server.client();
  client.send(get(target, fields));
  const { body } = await client.answer();
  const { connection, ...others } = JSON.parse(
    body.replaceAll(new URL(upstream.url).host, 'UPSTREAM'),
  );
  return others;
}

describe('what an upstream is told of the client', () => {
  it('comes from the connection, not from the request', async () => {
    expect(await seen({}, SPOOFED)).toEqual({
      host: 'a',
      'x-forwarded-for': '127.0.0.1',
      'x-forwarded-proto': 'http',
      'x-forwarded-host': 'a',
      via: '1.0 old, 1.1 wizgi',
      url: '/',
    });
  });

  it('is added to what trusted proxies say', async () => {
    expect(await seen({ trustForwarded: true, forwarded: 'both' }, SPOOFED)).toMatchObject({
      'x-forwarded-for': '6.6.6.6, 127.0.0.1',
      'x-forwarded-proto': 'https',
      'x-forwarded-host': 'evil',
      'x-forwarded-prefix': '/evil',
      'x-real-ip': '6.6.6.6',
      forwarded: 'for=6.6.6.6, for=127.0.0.1;proto=http;host="a"',
    });
  });

  it('can be told by Forwarded, or not at all', async () => {
    const standard = await seen({ forwarded: 'forwarded' });
    expect(standard['forwarded']).toBe('for=127.0.0.1;proto=http;host="a"');
    expect(standard['x-forwarded-for']).toBeUndefined();
    expect(await seen({ forwarded: 'none', via: '' }, SPOOFED)).toEqual({
      host: 'a',
      via: '1.0 old',
      url: '/',
    });
  });

  it.each([
    ['', 'a'],
    ['client', 'a'],
    ['upstream', 'UPSTREAM'],
    ['example.com', 'example.com'],
  ])('host %j sends %s', async (host, expected) => {
    expect(await seen({ host })).toMatchObject({ host: expected, 'x-forwarded-host': 'a' });
  });

  it('a client of HTTP/1.0 without Host has that of the upstream', async () => {
    const upstream = await httpUpstream((request, response) => {
      response.end(`${request.headers.host} ${request.headers.via}`);
    });
    const server = await front(upstream.url);
    const client = await server.client();
    client.send('GET / HTTP/1.0\r\n\r\n');
    expect((await client.answer()).body).toBe(`${new URL(upstream.url).host} 1.0 wizgi`);
  });
});

describe('below a mount point', () => {
  const serving = async (options: ForwardOptions, base = '') => {
    const upstream = await httpUpstream((request, response) => {
      const location = request.headers['x-redirect'];
      if (location !== undefined) response.setHeader('Location', location);
      response.end(`${request.url} ${request.headers['x-forwarded-prefix']}`);
    });
    const app = forward(upstream.url + base, options);
    const server = await start(mount({ '/m\u00e9': app }));
    const { host } = new URL(upstream.url);
    return { host, client: await server.client() };
  };

  it.each<[ForwardOptions, string, string, string]>([
    [{}, '', '/m%C3%A9/x%2Fy?q', '/x%2Fy?q /m%C3%A9'],
    [{}, '', '/m%c3%a9', '/ /m%C3%A9'],
    [{}, '/base', '/m%C3%A9/', '/base/ /m%C3%A9'],
    [{}, '/base', '/m%C3%A9', '/base /m%C3%A9'],
    [{ keepPrefix: true }, '', '/m%C3%A9/x%2Fy', '/m%C3%A9/x%2Fy undefined'],
  ])('%j, base %j: %s arrives as %s', async (options, base, target, expected) => {
    const { client } = await serving(options, base);
    client.send(get(target));
    expect((await client.answer()).body).toBe(expected);
  });

  it.each([
    ['', 'http://UPSTREAM/login?x', 'http://a/m%C3%A9/login?x'],
    ['', 'http://UPSTREAM', 'http://a/m%C3%A9/'],
    ['', '/login', '/m%C3%A9/login'],
    ['', '/m%C3%A9/login', '/m%C3%A9/login'],
    ['', 'login', 'login'],
    ['', '//UPSTREAM/x', '//UPSTREAM/x'],
    ['', 'https://elsewhere/x', 'https://elsewhere/x'],
    ['', 'http://UPSTREAM.elsewhere/', 'http://UPSTREAM.elsewhere/'],
    ['/base', 'http://UPSTREAM/base/x', 'http://a/m%C3%A9/x'],
    ['/base', '/base', '/m%C3%A9'],
    ['/base', '/based', '/based'],
    ['/base', 'http://UPSTREAM/other', 'http://UPSTREAM/other'],
  ])('base %j: a redirection to %s goes to %s', async (base, location, expected) => {
    const { host, client } = await serving({}, base);
    client.send(get('/m%C3%A9/', `X-Redirect: ${location.replace('UPSTREAM', host)}\r\n`));
    const { headers } = await client.answer();
    expect(headers['location']).toBe(expected.replace('UPSTREAM', host));
  });

  it('redirections stay as they are where that is asked for', async () => {
    const { host, client } = await serving({ rewriteLocation: false });
    client.send(get('/m%C3%A9/', `X-Redirect: http://${host}/x\r\n`));
    expect((await client.answer()).headers['location']).toBe(`http://${host}/x`);
  });
});
