import { describe, expect, it } from 'vitest';
import { testEnviron } from '../../src/testing/index.ts';
import { applicationUri, requestUri, shiftPathInfo } from '../../src/wsgi/util.ts';
import { answerOf, TEXT } from './apps.ts';
import type { Harness } from './harness.ts';

/** (PEP 3333, URL Reconstruction) */
export function urls(harness: Harness): void {
  describe('URL reconstruction', () => {
    it.each([
      ['http', '80', 'h', 'http://h/'],
      ['http', '8080', 'h:8080', 'http://h:8080/'],
      ['https', '443', 'h', 'https://h/'],
      ['https', '8443', 'h:8443', 'https://h:8443/'],
      ['http', '80', undefined, 'http://server/'],
      ['http', '8080', undefined, 'http://server:8080/'],
      ['https', '443', '', 'https://server/'],
      ['https', '8443', '', 'https://server:8443/'],
    ])('URL-1, URL-5 %s, port %s and Host %j: %s', (scheme, port, host, expected) => {
      const environ = testEnviron('/', {
        environ: {
          'wsgi.url_scheme': scheme,
          SERVER_NAME: 'server',
          SERVER_PORT: port,
          HTTP_HOST: host,
        },
      });
      expect([requestUri(environ), applicationUri(environ)]).toEqual([expected, expected]);
    });

    it('URL-2, URL-4 paths are encoded as octets, their reserved characters left', () => {
      const environ = testEnviron('/', {
        environ: { SCRIPT_NAME: '/\u00c3\u00a9 b', PATH_INFO: '/a;b=c,d%' },
      });
      expect(requestUri(environ)).toBe('http://localhost/%C3%A9%20b/a;b=c,d%25');
      expect(applicationUri(environ)).toBe('http://localhost/%C3%A9%20b');
    });

    it('URL-3 the query is added unchanged', () => {
      expect(requestUri(testEnviron('/p?a=%20&b=+'))).toBe('http://localhost/p?a=%20&b=+');
      expect(requestUri(testEnviron('/p?'))).toBe('http://localhost/p');
      expect(requestUri(testEnviron('/p?a'), false)).toBe('http://localhost/p');
    });

    it('URL-6 what a request comes to is what its environ says', async () => {
      const answer = await answerOf(
        harness,
        (environ, startResponse) => {
          startResponse('200 OK', TEXT);
          return [`${requestUri(environ)} ${environ['REQUEST_URI']}`];
        },
        { target: '/a%2Fb/%C3%A9?q=%2F', headers: [['Host', 'h:81']] },
      );
      expect(answer.body.toString()).toBe('http://h:81/a/b/%C3%A9?q=%2F /a%2Fb/%C3%A9?q=%2F');
    });

    it.each([
      ['', '/a//b', 'a', '/a', '/b'],
      ['/a', '/b', 'b', '/a/b', ''],
      ['', '/', '', '/', ''],
      ['', '', null, '', ''],
    ])(
      'URL-7 %j and %j: the segment %j leaves %j and %j',
      (script, path, name, newScript, newPath) => {
        const environ = { SCRIPT_NAME: script, PATH_INFO: path };
        expect(shiftPathInfo(environ)).toBe(name);
        expect(environ).toEqual({ SCRIPT_NAME: newScript, PATH_INFO: newPath });
      },
    );
  });
}
