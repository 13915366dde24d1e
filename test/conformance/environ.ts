import { connect } from 'node:net';
import { describe, expect, it } from 'vitest';
import type { Environ } from '../../src/wsgi/types.ts';
import { environOf } from './apps.ts';
import { type Harness, itKeeps, itNeeds, serving } from './harness.ts';

const REQUIRED = [
  'REQUEST_METHOD',
  'SCRIPT_NAME',
  'PATH_INFO',
  'QUERY_STRING',
  'SERVER_NAME',
  'SERVER_PORT',
  'SERVER_PROTOCOL',
];

/** (PEP 3333, environ Variables) */
export function environment(harness: Harness): void {
  const http1 = itNeeds(harness, 'http1');
  const server = itNeeds(harness, 'server');
  const asWritten = itKeeps(harness, 'line');

  describe('environ', () => {
    it('ENV-1, SRV-3 is an ordinary object', async () => {
      const kinds: unknown[] = [];
      const served = await serving(harness, (environ, startResponse) => {
        kinds.push(Object.getPrototypeOf(environ));
        for (const descriptor of Object.values(Object.getOwnPropertyDescriptors(environ))) {
          kinds.push(descriptor.enumerable && descriptor.writable && descriptor.configurable);
        }
        startResponse('200 OK', []);
        return [];
      });
      await served.request();
      expect(kinds[0]).toBe(Object.prototype);
      expect(new Set(kinds.slice(1))).toEqual(new Set([true]));
    });

    for (const method of ['GET', 'BREW', 'get', 'M-SEARCH']) {
      (method === 'get' ? asWritten : it)(`ENV-2 the method ${method} comes as sent`, async () => {
        expect((await environOf(harness, { method })).REQUEST_METHOD).toBe(method);
      });
    }

    it.each([
      ['/app', '/app/x', '/app', '/x'],
      ['/app/', '/app/x', '/app', '/x'],
      ['/', '/x', '', '/x'],
      ['', '/x', '', '/x'],
      ['/app', '/app', '/app', ''],
      ['/app', '/app/', '/app', '/'],
      ['', '/', '', '/'],
      ['/a/b', '/a/b/c', '/a/b', '/c'],
      ['/app', '/%61pp/x', '/app', '/x'],
    ])(
      'ENV-3, ENV-4, ENV-6 mounted at %j, %s is SCRIPT_NAME %j and PATH_INFO %j',
      async (scriptName, target, script, path) => {
        const environ = await environOf(harness, { target }, { scriptName });
        expect([environ.SCRIPT_NAME, environ.PATH_INFO]).toEqual([script, path]);
      },
    );

    it.each([
      ['/caf%C3%A9', '/caf\u00c3\u00a9'],
      ['/a%2Fb', '/a/b'],
      ['/a+b', '/a+b'],
      ['/%41%2e', '/A.'],
      ['/%25%32%35', '/%25'],
    ])('ENV-5 the path %s is decoded once, to octets', async (target, path) => {
      expect((await environOf(harness, { target })).PATH_INFO).toBe(path);
    });

    for (const target of ['/%zz/a//b/../c', '/%', '/%2', '//x', '/./']) {
      (target.includes('.') ? asWritten : it)(`ENV-7 ${target} stays as it is`, async () => {
        expect((await environOf(harness, { target })).PATH_INFO).toBe(target);
      });
    }

    it.each([
      ['/?a=%20b?c', 'a=%20b?c'],
      ['/', ''],
      ['/?', ''],
      ['/?+&%zz', '+&%zz'],
    ])('ENV-8, ENV-9 the query of %s is %j', async (target, query) => {
      expect((await environOf(harness, { target })).QUERY_STRING).toBe(query);
    });

    it('ENV-10 content headers have names of their own', async () => {
      const environ = await environOf(harness, {
        method: 'POST',
        headers: [['Content-Type', 'text/x']],
        body: 'four',
      });
      expect([environ.CONTENT_TYPE, environ.CONTENT_LENGTH]).toEqual(['text/x', '4']);
      expect(Object.keys(environ)).not.toContain('HTTP_CONTENT_TYPE');
      expect(Object.keys(environ)).not.toContain('HTTP_CONTENT_LENGTH');
    });

    it('ENV-11 and are absent where the client sent none', async () => {
      const environ = await environOf(harness);
      expect('CONTENT_TYPE' in environ).toBe(false);
      // SCGI has a length even where there is no content.
      const { http1, server } = harness.capabilities;
      const none = http1 || !server ? [undefined] : [undefined, '0'];
      expect(none).toContain(environ.CONTENT_LENGTH);
    });

    it('ENV-12 the server has a name and a port', async () => {
      const environ = await environOf(harness);
      expect(environ.SERVER_NAME).toMatch(/./);
      expect(environ.SERVER_PORT).toMatch(/^\d+$/);
    });

    server('ENV-13 also on a Unix socket', async () => {
      const environ = await environOf(harness, {}, { host: 'unix' });
      expect([environ.SERVER_NAME, environ.SERVER_PORT]).toEqual(['localhost', '80']);
    });

    for (const protocol of ['HTTP/1.0', 'HTTP/1.1'] as const) {
      (protocol === 'HTTP/1.0' ? asWritten : it)(`ENV-14 the protocol is ${protocol}`, async () => {
        expect((await environOf(harness, { protocol })).SERVER_PROTOCOL).toBe(protocol);
      });
    }

    it('ENV-15 HTTP_ keys mirror the headers', async () => {
      const environ = await environOf(harness, { headers: [['X-E', '']] });
      expect(environ['HTTP_X_E']).toBe('');
      expect('HTTP_X_A' in environ).toBe(false);
    });

    it('ENV-16 repeated headers are joined by their own rule', async () => {
      const environ = await environOf(harness, {
        headers: [
          ['X', 'a'],
          ['Cookie', 'a=1'],
          ['x', 'b'],
          ['cookie', 'b=2'],
        ],
      });
      expect([environ['HTTP_X'], environ['HTTP_COOKIE']]).toEqual(['a, b', 'a=1; b=2']);
    });

    it('ENV-17, ENV-18, ENV-33 names that stand in for others are dropped', async () => {
      const before = Object.keys(Object.prototype);
      const environ = await environOf(harness, {
        headers: [
          ['X_Forwarded_For', 'evil'],
          ['X-Forwarded-For', 'true'],
          ['X.Y', 'evil'],
          ['Proxy', 'evil'],
          ['__proto__', 'evil'],
          ['Content_Length', '7'],
          ['constructor', 'kept'],
        ],
      });
      expect(environ['HTTP_X_FORWARDED_FOR']).toBe('true');
      expect(environ['HTTP_CONSTRUCTOR']).toBe('kept');
      expect(Object.values(environ)).not.toContain('evil');
      expect(environ.CONTENT_LENGTH).not.toBe('7');
      expect(Object.keys(Object.prototype)).toEqual(before);
      expect(Object.getPrototypeOf(environ)).toBe(Object.prototype);
    });

    it('ENV-19, ENV-20, ENV-21 keys without a dot hold native strings', async () => {
      const environ = await environOf(harness, {
        target: '/%e2%82%ac?x=%ff',
        headers: [['X-Utf', Buffer.from('€').toString('latin1')]],
      });
      for (const [key, value] of Object.entries(environ)) {
        if (key.includes('.')) continue;
        expect([key, typeof value]).toEqual([key, 'string']);
        expect(value).toMatch(/^[\x00-\xff]*$/);
      }
      expect(Buffer.from(environ['HTTP_X_UTF'] ?? '', 'latin1').toString()).toBe('€');
      expect(Buffer.from(environ.PATH_INFO, 'latin1').toString()).toBe('/€');
      expect('REMOTE_USER' in environ).toBe(false);
    });

    it('ENV-22, ENV-23, ENV-24 the wsgi keys are there', async () => {
      const environ = await environOf(harness, { headers: [['X-Forwarded-Proto', 'https']] });
      for (const key of REQUIRED) expect(environ).toHaveProperty(key);
      expect(environ['wsgi.version']).toEqual([1, 0]);
      expect(environ['wsgi.url_scheme']).toBe('http');
      for (const method of ['read', 'readline', 'readlines'] as const) {
        expect(typeof environ['wsgi.input'][method]).toBe('function');
      }
      for (const method of ['write', 'writelines', 'flush'] as const) {
        expect(typeof environ['wsgi.errors'][method]).toBe('function');
      }
      for (const key of ['wsgi.multithread', 'wsgi.multiprocess', 'wsgi.run_once']) {
        expect(typeof environ[key]).toBe('boolean');
      }
    });

    it("ENV-25 the server's own keys have its prefix", async () => {
      const dotted = Object.keys(await environOf(harness)).filter((key) => key.includes('.'));
      for (const key of dotted) expect(key).toMatch(/^(wsgi|wizgi)\.[a-z0-9_.]+$/);
    });

    it('ENV-26 the environment of the process is not merged in', async () => {
      process.env['WIZGI_TEST_PROBE'] = '1';
      const environ = await environOf(harness);
      delete process.env['WIZGI_TEST_PROBE'];
      expect('WIZGI_TEST_PROBE' in environ || 'PATH' in environ).toBe(false);
    });

    it('ENV-27 further CGI variables are there', async () => {
      const environ = await environOf(harness);
      expect(environ['GATEWAY_INTERFACE']).toBe('CGI/1.1');
      expect(environ['REMOTE_ADDR']).toBe('127.0.0.1');
      expect(environ['REMOTE_PORT']).toMatch(/^\d+$/);
      expect(environ['SERVER_SOFTWARE']).toMatch(/^wizgi\//);
    });

    it('ENV-29 an absolute target names the host', async () => {
      const environ = await environOf(harness, {
        target: 'http://b:9/p?q',
        headers: [['Host', harness.capabilities.server ? 'b:9' : 'a']],
      });
      expect(environ).toMatchObject({ HTTP_HOST: 'b:9', PATH_INFO: '/p', QUERY_STRING: 'q' });
    });

    asWritten('ENV-30 OPTIONS * has an empty path', async () => {
      const environ = await environOf(harness, { method: 'OPTIONS', target: '*' });
      expect(environ).toMatchObject({ PATH_INFO: '', REQUEST_URI: '*' });
    });

    it('ENV-31, URL-6 the undecoded target is REQUEST_URI', async () => {
      const environ = await environOf(harness, { target: '/a%2Fb?x' });
      expect(environ).toMatchObject({ REQUEST_URI: '/a%2Fb?x', PATH_INFO: '/a/b' });
    });

    http1('ENV-32 an IPv6 server is in brackets, its client is not', async (): Promise<void> => {
      if (!(await hasIpv6())) return;
      const environ = await environOf(harness, {}, { host: '[::1]' });
      expect(environ).toMatchObject({ SERVER_NAME: '[::1]', REMOTE_ADDR: '::1' });
    });

    it('ENV-34 credentials reach the application', async () => {
      const environ: Environ = await environOf(harness, {
        headers: [['Authorization', 'Basic eDp5']],
      });
      expect(environ['HTTP_AUTHORIZATION']).toBe('Basic eDp5');
    });

    it('HOP-5 a transfer coding that was decoded is not passed on', async () => {
      const environ = await environOf(harness, {
        method: 'POST',
        headers: [
          ['Connection', 'te'],
          ['TE', 'trailers'],
        ],
        body: (async function* () {
          yield 'x';
        })(),
      });
      expect('HTTP_TRANSFER_ENCODING' in environ).toBe(false);
      expect([environ['HTTP_CONNECTION'], environ['HTTP_TE']]).toEqual(['te', 'trailers']);
    });
  });
}

/** Whether this machine has ::1 at all: a refused connection says so too. */
function hasIpv6(): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ port: 1, host: '::1' });
    socket.on('connect', () => resolve(true));
    socket.on('error', (error: NodeJS.ErrnoException) => resolve(error.code === 'ECONNREFUSED'));
  });
}
