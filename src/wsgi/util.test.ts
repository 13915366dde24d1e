import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Environ } from './types.ts';
import {
  applicationUri,
  guessScheme,
  requestUri,
  setupTestingDefaults,
  shiftPathInfo,
} from './util.ts';

const environ = (values: Partial<Environ>): Environ => setupTestingDefaults(values);

const octets = (alphabet: string) =>
  fc.string({ unit: fc.constantFrom(...alphabet), maxLength: 6 });
const anyOctets = fc
  .array(fc.integer({ min: 0, max: 255 }))
  .map((bytes) => String.fromCharCode(...bytes));

describe('requestUri', () => {
  it.each([
    ['http', '80', undefined, 'http://server/'],
    ['http', '8080', undefined, 'http://server:8080/'],
    ['https', '443', undefined, 'https://server/'],
    ['https', '8443', undefined, 'https://server:8443/'],
    ['http', '443', '', 'http://server:443/'],
    ['https', '80', '', 'https://server:80/'],
    ['http', '8080', 'host', 'http://host/'],
    ['https', '8443', 'host:99', 'https://host:99/'],
  ])('URL-1 %s, port %s, Host %s: %s', (scheme, port, host, url) => {
    const request: Partial<Environ> = {
      'wsgi.url_scheme': scheme,
      SERVER_NAME: 'server',
      SERVER_PORT: port,
    };
    const filled = environ(request);
    delete filled['HTTP_HOST'];
    if (host !== undefined) filled['HTTP_HOST'] = host;
    expect(requestUri(filled)).toBe(url);
    expect(applicationUri(filled)).toBe(url);
  });

  it('URL-2 percent-encodes SCRIPT_NAME and PATH_INFO as Latin-1 octets', () => {
    const url = requestUri(environ({ SCRIPT_NAME: '/\u00e9?', PATH_INFO: '/\u00c3\u00a9 b' }));
    expect(url).toBe('http://127.0.0.1/%E9%3F/%C3%A9%20b');
  });

  it('URL-2 refuses what is no octet', () => {
    expect(() => requestUri(environ({ PATH_INFO: '/\u0100' }))).toThrow(RangeError);
    expect(() => applicationUri(environ({ SCRIPT_NAME: '/\u20ac' }))).toThrow(/SCRIPT_NAME/);
  });

  it('URL-2 can be reversed for every path of octets', () => {
    fc.assert(
      fc.property(anyOctets, anyOctets, (script, path) => {
        const request = environ({ SCRIPT_NAME: `/s${script}`, PATH_INFO: `/${path}` });
        const url = requestUri(request);
        expect(url).toMatch(/^[!-~]*$/);
        const encoded = url.slice('http://127.0.0.1'.length);
        expect(encoded).not.toMatch(/[?#"<>]/);
        const decoded = encoded.replace(/%(..)/g, (_, hex: string) =>
          String.fromCharCode(Number.parseInt(hex, 16)),
        );
        expect(decoded).toBe(`/s${script}/${path}`);
      }),
    );
  });

  it('URL-3 appends the query as it is', () => {
    const request = environ({ PATH_INFO: '/p', QUERY_STRING: 'a=%20&b=?' });
    expect(requestUri(request)).toBe('http://127.0.0.1/p?a=%20&b=?');
    expect(requestUri(request, false)).toBe('http://127.0.0.1/p');
    expect(requestUri(environ({ PATH_INFO: '/p' }))).toBe('http://127.0.0.1/p');
  });

  it('URL-4 keeps / ; = and , in paths, and what needs no encoding', () => {
    const path = '/a;b=c,d/-._~Z9';
    expect(requestUri(environ({ SCRIPT_NAME: path, PATH_INFO: path }))).toBe(
      `http://127.0.0.1${path}${path}`,
    );
    expect(requestUri(environ({ PATH_INFO: "/+&:@!$'()*%" }))).toBe(
      'http://127.0.0.1/%2B%26%3A%40%21%24%27%28%29%2A%25',
    );
  });

  it('URL-6 shows a slash where the client typed %2F', () => {
    const request = environ({ PATH_INFO: '/a/b', REQUEST_URI: '/a%2Fb' });
    expect(requestUri(request)).toBe('http://127.0.0.1/a/b');
    expect(request['REQUEST_URI']).toBe('/a%2Fb');
  });

  it('has one slash between host and path, whatever is empty', () => {
    const url = (SCRIPT_NAME: string, PATH_INFO: string) =>
      requestUri(environ({ SCRIPT_NAME, PATH_INFO }));
    expect(url('', '')).toBe('http://127.0.0.1/');
    expect(url('', '/')).toBe('http://127.0.0.1/');
    expect(url('', '//x')).toBe('http://127.0.0.1//x');
    expect(url('/app', '')).toBe('http://127.0.0.1/app');
    expect(url('/app', '/')).toBe('http://127.0.0.1/app/');
  });
});

describe('applicationUri', () => {
  it('URL-5 ends in a slash for an application at the root', () => {
    expect(applicationUri(environ({ HTTP_HOST: 'h', PATH_INFO: '/x', QUERY_STRING: 'q' }))).toBe(
      'http://h/',
    );
    expect(applicationUri(environ({ HTTP_HOST: 'h', SCRIPT_NAME: '/app' }))).toBe('http://h/app');
  });
});

describe('shiftPathInfo', () => {
  it.each([
    ['', '/a//b', 'a', '/a', '/b'],
    ['', '/', '', '/', ''],
    ['', '', null, '', ''],
    ['/s', '', null, '/s', ''],
    ['/s', '/one', 'one', '/s/one', ''],
    ['/s', '/one/', 'one', '/s/one', '/'],
    ['/s', '/./one/./two/', 'one', '/s/one', '/two/'],
    ['/s', '//', '', '/s/', ''],
    ['/s', '/.', null, '/s', ''],
    ['/s/t', '/../u', '..', '/s', '/u'],
    ['', '/..', '..', '', ''],
    ['', '/../../x', '..', '', '/../x'],
    ['/s', 'x/y', 'x', '/s/x', '/y'],
  ])('URL-7 %j + %j gives %j, leaves %j + %j', (script, path, name, newScript, newPath) => {
    const request = { SCRIPT_NAME: script, PATH_INFO: path };
    expect(shiftPathInfo(request)).toBe(name);
    expect(request).toEqual({ SCRIPT_NAME: newScript, PATH_INFO: newPath });
  });

  it('URL-7 leaves the URL of a plain path alone and comes to an end', () => {
    const segments = fc.array(
      octets('ab;=,\u00e9 %').filter((s) => s !== ''),
      { minLength: 1 },
    );
    fc.assert(
      fc.property(segments, fc.boolean(), (names, slash) => {
        const request = environ({ PATH_INFO: `/${names.join('/')}${slash ? '/' : ''}` });
        const url = requestUri(request);
        const seen: string[] = [];
        for (let name = shiftPathInfo(request); name !== null; name = shiftPathInfo(request)) {
          seen.push(name);
          expect(requestUri(request)).toBe(url);
        }
        expect(seen).toEqual(slash ? [...names, ''] : names);
      }),
    );
  });

  it('URL-7 gives each segment once, dots and empty ones aside', () => {
    fc.assert(
      fc.property(octets('/.a'), (path) => {
        const request = { SCRIPT_NAME: '', PATH_INFO: `/${path}` };
        for (let turn = 0; turn <= path.length + 1; turn++) {
          if (shiftPathInfo(request) === null) break;
          expect(request.PATH_INFO).toMatch(/^(\/|$)/);
        }
        expect(request.PATH_INFO).toBe('');
      }),
    );
  });
});

describe('guessScheme', () => {
  it('goes by HTTPS', () => {
    for (const HTTPS of ['on', 'yes', '1']) expect(guessScheme({ HTTPS })).toBe('https');
    for (const HTTPS of ['off', 'no', '0', '', undefined, true]) {
      expect(guessScheme({ HTTPS })).toBe('http');
    }
    expect(guessScheme({})).toBe('http');
  });
});

describe('setupTestingDefaults', () => {
  it('fills up an empty environ and gives the same object', () => {
    const given = {};
    const filled = setupTestingDefaults(given);
    expect(filled).toBe(given);
    expect(filled).toMatchObject({
      REQUEST_METHOD: 'GET',
      SCRIPT_NAME: '',
      PATH_INFO: '/',
      QUERY_STRING: '',
      SERVER_NAME: '127.0.0.1',
      SERVER_PORT: '80',
      SERVER_PROTOCOL: 'HTTP/1.0',
      HTTP_HOST: '127.0.0.1',
      'wsgi.version': [1, 0],
      'wsgi.url_scheme': 'http',
      'wsgi.multithread': false,
      'wsgi.multiprocess': false,
      'wsgi.run_once': false,
    });
    expect(filled['wsgi.input'].read().byteLength).toBe(0);
    expect(typeof filled['wsgi.errors'].write).toBe('function');
  });

  it('gives every environ values of its own', () => {
    const [one, two] = [setupTestingDefaults(), setupTestingDefaults()];
    expect(one['wsgi.version']).not.toBe(two['wsgi.version']);
    expect(one['wsgi.input']).not.toBe(two['wsgi.input']);
  });

  it('leaves what is there and fits the rest to it', () => {
    expect(setupTestingDefaults({ SERVER_NAME: 'example.com', HTTPS: 'on' })).toMatchObject({
      SERVER_NAME: 'example.com',
      HTTP_HOST: 'example.com',
      SERVER_PORT: '443',
      'wsgi.url_scheme': 'https',
    });
    expect(setupTestingDefaults({ SCRIPT_NAME: '/app' })).toMatchObject({ PATH_INFO: '' });
    expect(setupTestingDefaults({ PATH_INFO: '/x' })).toMatchObject({ SCRIPT_NAME: '' });
    expect(setupTestingDefaults({ PATH_INFO: '' })).toMatchObject({ PATH_INFO: '' });
    expect(setupTestingDefaults({ SERVER_PORT: '81' })).toMatchObject({ SERVER_PORT: '81' });
  });
});
