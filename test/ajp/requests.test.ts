/** AJP requests on a socket: what comes of packets, one after another. */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import type { Environ } from '../../src/wsgi/types.ts';
import { turns, until } from '../http/kit.ts';
import { noting, startAjp, texts } from './kit.ts';
import { CPING, content, type ForwardParts, forward, packet, SHUTDOWN } from './packets.ts';

const captured = (name: string) =>
  readFileSync(new URL(`../vectors/ajp/requests/valid/${name}.ajp`, import.meta.url));

/** The environ of one request. */
async function environOf(parts: ForwardParts, options = {}) {
  const { app, environs } = noting();
  const server = await startAjp(app, options);
  const peer = await server.peer();
  expect(await peer.request(forward(parts))).toMatchObject({ status: 200, reuse: 1 });
  return environs[0] as Environ;
}

describe('connections', () => {
  test('AJP-2 any segmentation', async () => {
    const { app, environs } = noting();
    const peer = await (await startAjp(app)).peer();
    const bytes = Buffer.concat([CPING, forward({ headers: [[0xa008, '2']] }), content('hi')]);
    for (const byte of bytes) {
      await peer.client.sent(Uint8Array.of(byte));
      await turns(1);
    }
    expect(await peer.next()).toEqual({ pong: true });
    expect(await peer.answer()).toMatchObject({ status: 200, body: 'hi' });
    expect(environs).toHaveLength(1);
  });

  test('AJP-8 M12 CPing is answered at once, between requests too, any number of times', async () => {
    const peer = await (await startAjp(noting().app)).peer();
    for (let round = 0; round < 3; round++) {
      peer.send(CPING, CPING);
      expect(await peer.next()).toEqual({ pong: true });
      expect(await peer.next()).toEqual({ pong: true });
      expect(await peer.request(forward())).toMatchObject({ status: 200, reuse: 1 });
    }
    peer.send(CPING, forward(), CPING);
    expect(await peer.next()).toEqual({ pong: true });
    expect(await peer.answer()).toMatchObject({ status: 200, packets: { length: 3 } });
    expect(await peer.next()).toEqual({ pong: true });
  });

  test('M12 a peer that does not read its pongs is not read from', async () => {
    const server = await startAjp(noting().app, { writeTimeout: 0 });
    const peer = await server.peer();
    peer.client.socket.pause();
    const pings = Buffer.concat(Array.from({ length: 20_000 }, () => CPING));
    // More than the buffers of both ends hold; what is not taken stays here.
    for (let round = 0; round < 400; round++) peer.client.socket.write(pings);
    let left = 0;
    await until('the server to take no more', () => {
      const before = left;
      left = peer.client.socket.writableLength;
      return left > 0 && left === before;
    });
    expect(left).toBeGreaterThan(10_000_000);
    const other = await server.peer();
    expect(await other.request(forward())).toMatchObject({ status: 200 });
  });

  test('AJP-11 a hundred requests on one connection', async () => {
    const { app, environs } = noting();
    const peer = await (await startAjp(app)).peer();
    for (let index = 0; index < 100; index++) {
      const answer = await peer.request(forward({ uri: `/${index}` }));
      expect(answer).toMatchObject({ status: 200, reuse: 1 });
    }
    expect(environs.map(({ PATH_INFO }) => PATH_INFO)).toEqual(
      Array.from({ length: 100 }, (_, index) => `/${index}`),
    );
  });

  test('AJP-11 requests that do not wait for answers are served in their order', async () => {
    const { app, environs } = noting();
    const peer = await (await startAjp(app)).peer();
    const count = 50;
    peer.send(...Array.from({ length: count }, (_, index) => forward({ uri: `/${index}` })));
    for (let index = 0; index < count; index++) {
      expect(await peer.answer()).toMatchObject({ status: 200, reuse: 1 });
    }
    expect(environs.map(({ PATH_INFO }) => PATH_INFO)).toEqual(
      Array.from({ length: count }, (_, index) => `/${index}`),
    );
  });

  test('an idle connection stays longer than keepAlive, which is for clients', async () => {
    const server = await startAjp(noting().app, { keepAlive: 0.05, headerTimeout: 0.05 });
    const peer = await server.peer();
    await new Promise((resolve) => setTimeout(resolve, 400));
    expect(await peer.request(forward())).toMatchObject({ status: 200 });
  });

  test('with keepAlive 0 each answer says that the connection ends', async () => {
    const server = await startAjp(noting().app, { keepAlive: 0 });
    const peer = await server.peer();
    expect(await peer.request(forward())).toMatchObject({ status: 200, reuse: 0 });
    expect(await peer.closed()).toBe('fin');
  });

  test('a packet that begins and does not come whole is not waited for', async () => {
    const server = await startAjp(noting().app, { headerTimeout: 0.1 });
    const peer = await server.peer();
    peer.send(forward().subarray(0, 9));
    expect(await peer.closed()).toBe('fin');
    expect(peer.client.received).toBe(0);
    expect(server.log.loud).toEqual(['refused header-timeout']);
  });

  test('the end of the server is said in the answers under way, and to idle connections', async () => {
    let finish!: () => void;
    const server = await startAjp(
      async (_, startResponse) => {
        await new Promise<void>((resolve) => {
          finish = resolve;
        });
        startResponse('200 OK', []);
        return ['whole'];
      },
      { gracefulTimeout: 5 },
    );
    const [busy, idle] = [await server.peer(), await server.peer()];
    busy.send(forward());
    idle.send(CPING);
    await until('the application to be called', () => finish);
    expect(await idle.next()).toEqual({ pong: true });
    const closed = server.close();
    expect(await idle.closed()).toBe('fin');
    finish();
    expect(await busy.answer()).toMatchObject({ body: 'whole', reuse: 0 });
    expect(await busy.closed()).toBe('fin');
    await closed;
  });
});

describe('environ', () => {
  test('AJP-4 AJP-12 AJP-19 AJP-23 AJP-27 what mod_proxy_ajp sends', async () => {
    const { app, environs } = noting();
    const peer = await (await startAjp(app, { ajpSecret: 's3cret' })).peer();
    peer.send(captured('001-mod-proxy-ajp-get'));
    expect(await peer.next()).toEqual({ pong: true });
    expect(await peer.answer()).toMatchObject({ status: 200 });
    expect(texts(environs[0])).toMatchObject({
      REQUEST_METHOD: 'GET',
      SCRIPT_NAME: '',
      PATH_INFO: '/pa/a c/e;x=1/\xe2\x82\xac',
      QUERY_STRING: 'q=1%20&z',
      REQUEST_URI: '/pa/a%20c/e;x=1/%E2%82%AC?q=1%20&z',
      SERVER_NAME: '127.0.0.1',
      SERVER_PORT: '18083',
      SERVER_ADDR: '127.0.0.1',
      REMOTE_ADDR: '127.0.0.1',
      REMOTE_PORT: '44382',
      HTTP_HOST: '127.0.0.1:18083',
      HTTP_AUTHORIZATION: 'Basic bWU6cHc=',
      HTTP_X_DUP: '1, 2',
      HTTP_X_EMPTY: '',
      HTTP_X_LAT: '\xe9',
      'wsgi.url_scheme': 'http',
    });
    expect(environs[0]).not.toHaveProperty('HTTP_X_UNDER');
    expect(environs[0]).not.toHaveProperty('HTTP_PROXY');
    expect(environs[0]).not.toHaveProperty('REMOTE_HOST');
    expect(Object.values(texts(environs[0]))).not.toContain('s3cret');
  });

  test.each(['002-mod-proxy-ajp-post', '006-mod-jk-post'])(
    'AJP-30 the content of %s',
    async (name) => {
      const { app } = noting();
      const peer = await (await startAjp(app, { ajpSecret: 's3cret' })).peer();
      peer.send(captured(name));
      expect(await peer.next()).toEqual({ pong: true });
      expect(await peer.answer()).toMatchObject({ status: 200, body: 'hello', reuse: 1 });
    },
  );

  test.each(['001-mod-proxy-ajp-get', '005-mod-jk-get'])(
    'AJP-12 AJP-27 the cookies of %s, which Apache joins by commas',
    async (name) => {
      const { app, environs } = noting();
      const peer = await (await startAjp(app, { ajpSecret: 's3cret' })).peer();
      peer.send(captured(name));
      await peer.next();
      await peer.answer();
      expect(environs[0]).toMatchObject({ HTTP_COOKIE: 'a=1, b=2' });
    },
  );

  test('AJP-14 a method without a number', async () => {
    const environ = await environOf({ method: 255, attributes: [[13, 'BREW']] });
    expect(environ).toMatchObject({ REQUEST_METHOD: 'BREW' });
  });

  test('AJP-16 AJP-17 AJP-19 attributes in any order', async () => {
    const environ = await environOf({
      attributes: [
        [11, 256],
        [10, ['AJP_SSL_PROTOCOL', 'TLSv1.3']],
        [8, 'TLS_AES_256'],
        [4, 'BASIC'],
        [10, ['AJP_REMOTE_PORT', '4711']],
        [3, 'joe'],
        [10, ['JK_LB_ACTIVATION', 'DIS']],
        [10, ['AJP_LOCAL_ADDR', '192.0.2.1']],
      ],
    });
    expect(environ).toMatchObject({
      SSL_CIPHER_USEKEYSIZE: '256',
      SSL_PROTOCOL: 'TLSv1.3',
      SSL_CIPHER: 'TLS_AES_256',
      AUTH_TYPE: 'BASIC',
      REMOTE_USER: 'joe',
      REMOTE_PORT: '4711',
      SERVER_ADDR: '192.0.2.1',
      JK_LB_ACTIVATION: 'DIS',
    });
  });

  test('AJP-18 attributes of other codes are read as a text, and do nothing', async () => {
    const plain = texts(await environOf({}));
    const environ = await environOf({
      attributes: [
        [14, 'x'],
        [99, 'PATH_INFO'],
        [3, 'joe'],
      ],
    });
    expect(texts(environ)).toEqual({ ...plain, REMOTE_USER: 'joe' });
  });

  test('AJP-20 M1 M2 attributes of other names do nothing', async () => {
    const plain = texts(await environOf({}));
    const names = [
      'javax.servlet.include.request_uri',
      'javax.servlet.include.path_info',
      'javax.servlet.include.servlet_path',
      'PATH_INFO',
      'SCRIPT_NAME',
      'REMOTE_USER',
      'REMOTE_ADDR',
      'HTTPS',
      'wsgi.url_scheme',
      'wizgi.input',
      '__proto__',
      'constructor',
    ];
    const environ = await environOf({
      attributes: names.map((name) => [10, [name, '/etc/passwd']] as const),
    });
    expect(texts(environ)).toEqual(plain);
    expect(Object.getPrototypeOf(environ)).toBe(Object.prototype);
  });

  test('AJP-23 AJP-28 the path is decoded once, and stays as it was in REQUEST_URI', async () => {
    const environ = await environOf({ uri: '/a%20b/%252F%2f' });
    expect(environ).toMatchObject({ PATH_INFO: '/a b/%2F/', REQUEST_URI: '/a%20b/%252F%2f' });
  });

  test('AJP-24 the query is as it was sent', async () => {
    expect(await environOf({ attributes: [[5, 'a=%20b']] })).toMatchObject({
      QUERY_STRING: 'a=%20b',
      REQUEST_URI: '/?a=%20b',
    });
    expect(await environOf({})).toMatchObject({ QUERY_STRING: '', REQUEST_URI: '/' });
  });

  test('AJP-25 the scheme', async () => {
    const secure = await environOf({ secure: 1, serverPort: 443 });
    expect(secure).toMatchObject({ HTTPS: 'on', 'wsgi.url_scheme': 'https', SERVER_PORT: '443' });
    const plain = await environOf({ secure: 0 });
    expect(plain).toMatchObject({ 'wsgi.url_scheme': 'http' });
    expect(plain).not.toHaveProperty('HTTPS');
  });

  test('AJP-27 M15 fields that would stand for others', async () => {
    const environ = await environOf({
      headers: [
        ['X_Forwarded_For', '6.6.6.6'],
        ['X-Forwarded-For', '10.0.0.1'],
        ['X_Forwarded_For', '6.6.6.6'],
        ['Proxy', 'http://evil'],
        ['__proto__', 'x'],
      ],
    });
    expect(environ).toMatchObject({ HTTP_X_FORWARDED_FOR: '10.0.0.1' });
    expect(environ).not.toHaveProperty('HTTP_PROXY');
    expect(Object.keys(environ).filter((key) => key.includes('proto'))).toEqual([]);
  });

  test('AJP-31 no content, with and without a length', async () => {
    expect(await environOf({ headers: [[0xa008, '0']] })).toMatchObject({ CONTENT_LENGTH: '0' });
    expect(await environOf({})).not.toHaveProperty('CONTENT_LENGTH');
  });

  test('a mount point', async () => {
    const { app, environs } = noting();
    const peer = await (await startAjp(app, { scriptName: '/app' })).peer();
    expect(await peer.request(forward({ uri: '/app/a%20b' }))).toMatchObject({ status: 200 });
    expect(environs[0]).toMatchObject({ SCRIPT_NAME: '/app', PATH_INFO: '/a b' });
    expect(await peer.request(forward({ uri: '/other' }))).toMatchObject({ status: 404 });
  });

  test('OPTIONS of the server has no path', async () => {
    const environ = await environOf({ method: 1, uri: '*' });
    expect(environ).toMatchObject({ REQUEST_URI: '*', PATH_INFO: '', SCRIPT_NAME: '' });
  });
});

describe('AJP-38 lighttpd, by option', () => {
  test('a packet of nothing behind a GET, and paths that are decoded', async () => {
    const { app, environs } = noting();
    const peer = await (await startAjp(app, { ajpLighttpd: true })).peer();
    peer.send(captured('009-lighttpd-get'));
    expect(await peer.answer()).toMatchObject({ status: 200, reuse: 1 });
    expect(await peer.answer()).toMatchObject({ status: 200, reuse: 1 });
    expect(environs[0]).toMatchObject({ PATH_INFO: '/w', REQUEST_URI: '/w?q=1%20&z' });
    expect(await peer.request(forward({ uri: '/a b/%41\xe9' }))).toMatchObject({ status: 200 });
    expect(environs[2]).toMatchObject({
      PATH_INFO: '/a b/%41\xe9',
      REQUEST_URI: '/a%20b/%2541%E9',
    });
  });

  test.each([
    ['010-lighttpd-post', 5],
    ['011-lighttpd-large-post', 20_000],
  ])('content without a length of its own: %s', async (name, size) => {
    const peer = await (await startAjp(noting().app, { ajpLighttpd: true })).peer();
    peer.send(captured(name));
    const { body, reuse } = await peer.answer();
    expect(body).toHaveLength(size);
    expect(reuse).toBe(1);
  });

  test('without the option, its requests are refused', async () => {
    const { app, environs } = noting();
    const server = await startAjp(app);
    const peer = await server.peer();
    peer.send(captured('010-lighttpd-post'));
    expect(await peer.answer()).toMatchObject({ status: 400, reuse: 0 });
    expect(environs).toEqual([]);
    expect(server.log.loud).toEqual(['refused bad-body-packet']);
  });
});

describe('commands', () => {
  test('AJP-9 M11 the command to shut down is refused, with one warning', async () => {
    const server = await startAjp(noting().app);
    const peer = await server.peer();
    peer.send(SHUTDOWN);
    expect(await peer.closed()).toBe('fin');
    expect(peer.client.received).toBe(0);
    expect(server.log.loud).toEqual(['warn: AJP command to shut down refused']);
    expect(await (await server.peer()).request(forward())).toMatchObject({ status: 200 });
  });

  test('AJP-10 a login closes the connection', async () => {
    const server = await startAjp(noting().app);
    const peer = await server.peer();
    peer.send(packet([8]));
    expect(await peer.closed()).toBe('fin');
    expect(peer.client.received).toBe(0);
    expect(server.log.loud).toEqual(['refused login-unsupported']);
  });
});
