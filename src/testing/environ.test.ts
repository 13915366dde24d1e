import { describe, expect, it } from 'vitest';
import { testEnviron } from './environ.ts';

describe('testEnviron', () => {
  it('has every key that PEP 3333 requires', () => {
    const environ = testEnviron();
    expect(Object.getPrototypeOf(environ)).toBe(Object.prototype);
    expect(environ).toMatchObject({
      REQUEST_METHOD: 'GET',
      SCRIPT_NAME: '',
      PATH_INFO: '/',
      QUERY_STRING: '',
      SERVER_NAME: 'localhost',
      SERVER_PORT: '80',
      SERVER_PROTOCOL: 'HTTP/1.1',
      'wsgi.version': [1, 0],
      'wsgi.url_scheme': 'http',
      'wsgi.multithread': true,
      'wsgi.multiprocess': false,
      'wsgi.run_once': false,
    });
    expect(environ['wsgi.input'].read()).toHaveLength(0);
    expect(environ['wsgi.errors'].write('x')).toBeUndefined();
    expect('CONTENT_TYPE' in environ || 'CONTENT_LENGTH' in environ).toBe(false);
  });

  it('decodes the path to octets and leaves the query and the raw target', () => {
    expect(testEnviron('/caf%C3%A9/%zz/a//b/../c+?a=%20b?c')).toMatchObject({
      PATH_INFO: '/caf\u00c3\u00a9/%zz/a//b/../c+',
      QUERY_STRING: 'a=%20b?c',
      REQUEST_URI: '/caf%C3%A9/%zz/a//b/../c+?a=%20b?c',
    });
    expect(testEnviron('/café?ü')).toMatchObject({
      PATH_INFO: '/caf\u00c3\u00a9',
      QUERY_STRING: '%C3%BC',
    });
    expect(testEnviron('*', { method: 'OPTIONS' })).toMatchObject({
      PATH_INFO: '',
      REQUEST_URI: '*',
    });
    expect(testEnviron('http://b:9/p?q')).toMatchObject({ HTTP_HOST: 'b:9', PATH_INFO: '/p' });
  });

  it('splits the mount path off', () => {
    expect(testEnviron('/app/x', { scriptName: '/app/' })).toMatchObject({
      SCRIPT_NAME: '/app',
      PATH_INFO: '/x',
    });
    expect(testEnviron('/app', { scriptName: '/app' }).PATH_INFO).toBe('');
    expect(testEnviron('/x', { scriptName: '/' }).SCRIPT_NAME).toBe('');
    expect(() => testEnviron('/application', { scriptName: '/app' })).toThrow('outside');
  });

  it('folds repeated headers and drops those that must not reach an application', () => {
    const environ = testEnviron('/', {
      headers: [
        ['X', 'a'],
        ['x', ' b '],
        ['Cookie', 'a=1'],
        ['Cookie', 'b=2'],
        ['Content-Type', 'text/plain'],
        ['X-Empty', ''],
        ['X_Forwarded', 'evil'],
        ['Proxy', 'evil'],
        ['Transfer-Encoding', 'chunked'],
      ],
    });
    expect(environ).toMatchObject({
      HTTP_X: 'a, b',
      HTTP_COOKIE: 'a=1; b=2',
      CONTENT_TYPE: 'text/plain',
      HTTP_X_EMPTY: '',
    });
    for (const key of ['HTTP_X_FORWARDED', 'HTTP_PROXY', 'HTTP_TRANSFER_ENCODING']) {
      expect(environ).not.toHaveProperty(key);
    }
  });

  it('refuses what no client can send', () => {
    expect(() => testEnviron('/', { headers: { X: '€' } })).toThrow("header 'X'");
    expect(() => testEnviron('/', { headers: { X: 'a\r\nb' } })).toThrow("header 'X'");
    expect(() => testEnviron('x')).toThrow("begins with '/'");
    expect(() => testEnviron('/', { baseUrl: 'ftp://x' })).toThrow('baseUrl');
    expect(() => testEnviron('/', { heders: {} } as object)).toThrow("option 'heders'");
  });
});
