/** The environ of Python applications. (PEP 3333, environ Variables) */
import fc from 'fast-check';
import { describe, expect, it, type TestContext } from 'vitest';
import type { RequestSpec, ServeOptions } from '../../conformance/harness.ts';
import { FACTOR } from '../../fuzz/effort.ts';
import { sites, THREADS } from './site.ts';

const siteOf = sites();

type Described = Readonly<Record<string, readonly [type: string, value: unknown]>>;

interface Asked extends RequestSpec {
  readonly threads?: number;
  readonly serve?: ServeOptions;
}

async function describedTo(context: TestContext, asked: Asked = {}): Promise<Described> {
  const { threads = 1, serve = {}, ...spec } = asked;
  const site = await siteOf(context, { threads, serve, target: 'describing:application' });
  const { status, body } = await site.served.request(spec);
  expect(status).toBe(200);
  return JSON.parse(body.toString()) as Described;
}

async function environOf(
  context: TestContext,
  asked: Asked = {},
): Promise<Record<string, unknown>> {
  const entries = Object.entries(await describedTo(context, asked));
  return Object.fromEntries(entries.map(([key, [, value]]) => [key, value]));
}

describe.each(THREADS)('environ, %i threads', (threads) => {
  it('has these keys, of these types', async (context) => {
    const described = await describedTo(context, { threads, target: '/a%20b?c=d' });
    const text = (value: unknown) => ['str', value];
    expect(described).toEqual({
      'type(environ)': 'dict',
      'type(keys)': ['str'],
      REQUEST_METHOD: text('GET'),
      SCRIPT_NAME: text(''),
      PATH_INFO: text('/a b'),
      QUERY_STRING: text('c=d'),
      REQUEST_URI: text('/a%20b?c=d'),
      RAW_URI: text('/a%20b?c=d'),
      SERVER_NAME: text('127.0.0.1'),
      SERVER_PORT: text(expect.stringMatching(/^\d+$/)),
      SERVER_PROTOCOL: text('HTTP/1.1'),
      SERVER_SOFTWARE: text(expect.stringMatching(/^wizgi\//)),
      GATEWAY_INTERFACE: text('CGI/1.1'),
      REMOTE_ADDR: text('127.0.0.1'),
      REMOTE_PORT: text(expect.stringMatching(/^\d+$/)),
      HTTP_HOST: text('a'),
      'wsgi.version': ['tuple', '(1, 0)'],
      'wsgi.url_scheme': text('http'),
      'wsgi.input': ['BytesIO', expect.anything()],
      'wsgi.errors': ['ErrorStream', expect.anything()],
      'wsgi.multithread': ['bool', threads > 1],
      'wsgi.multiprocess': ['bool', false],
      'wsgi.run_once': ['bool', false],
      'wsgi.input_terminated': ['bool', true],
      'wsgi.file_wrapper': ['type', expect.stringContaining('FileWrapper')],
    });
  });

  it('is a new one each time, whatever was done to the last', async (context) => {
    const first = await describedTo(context, { threads, target: '/same' });
    for (const target of ['/same?clear', '/same', '/same?clear', '/same']) {
      const again = await describedTo(context, { threads, target });
      expect(Object.keys(again).sort()).toEqual(Object.keys(first).sort());
      expect(again['wsgi.multithread']).toEqual(['bool', threads > 1]);
      expect(again['added']).toBeUndefined();
    }
  });
});

describe('environ', () => {
  const bytes = (min: number, max: number, maxLength: number) =>
    fc.string({
      unit: fc
        .integer({ min, max })
        .filter((code) => code !== 0x7f)
        .map((code) => String.fromCharCode(code)),
      maxLength,
    });
  const hex = (code: number) => `%${code.toString(16).padStart(2, '0')}`;

  it('holds every byte of path, query and fields as a character', async (context) => {
    const path = fc.array(fc.nat({ max: 255 }), { maxLength: 60 });
    const query = fc.string({
      unit: fc.constantFrom(..."ab&=%;/?+%41%e9:@!$'()*,-._~"),
      maxLength: 40,
    });
    await fc.assert(
      fc.asyncProperty(path, query, bytes(0x21, 0xff, 80), async (codes, text, value) => {
        const asked = {
          target: `/${codes.map(hex).join('')}?${text}`,
          headers: [['X-Value', value]] as const,
        };
        const described = await describedTo(context, asked);
        expect(described.PATH_INFO).toEqual(['str', `/${String.fromCharCode(...codes)}`]);
        expect(described.QUERY_STRING).toEqual(['str', text]);
        expect(described.HTTP_X_VALUE).toEqual(['str', value]);
      }),
      { numRuns: 60 * FACTOR },
    );
  });

  it('tells of every byte, the same way in each place', async (context) => {
    const every = Array.from({ length: 256 }, (_, code) => code);
    const value = String.fromCharCode(...every.slice(0x21).filter((code) => code !== 0x7f));
    const environ = await environOf(context, {
      target: `/${every.map(hex).join('')}`,
      headers: [['X-Value', value]],
    });
    expect(environ.PATH_INFO).toBe(`/${String.fromCharCode(...every)}`);
    expect(environ.HTTP_X_VALUE).toBe(value);
  });

  it.for(['BREW', 'get', 'OPTIONS', 'M-SEARCH'])('method %s', async (method, context) => {
    expect((await environOf(context, { method })).REQUEST_METHOD).toBe(method);
  });

  it.for([
    ['/a%2Fb', { PATH_INFO: '/a/b', REQUEST_URI: '/a%2Fb' }],
    ['/%zz/a//b/../c', { PATH_INFO: '/%zz/a//b/../c' }],
    ['/a+b', { PATH_INFO: '/a+b' }],
    ['/?', { PATH_INFO: '/', QUERY_STRING: '' }],
    ['/?a?b#', { QUERY_STRING: 'a?b#' }],
    ['http://b:9/p?q', { PATH_INFO: '/p', QUERY_STRING: 'q', HTTP_HOST: 'b:9' }],
  ] as const)('target %s', async ([target, expected], context) => {
    const asked = target.endsWith('#') ? target.slice(0, -1) : target;
    const wanted = 'QUERY_STRING' in expected && expected.QUERY_STRING.endsWith('#');
    const environ = await environOf(context, { target: asked });
    expect(environ).toMatchObject(wanted ? { QUERY_STRING: 'a?b' } : expected);
  });

  it('OPTIONS *', async (context) => {
    const environ = await environOf(context, { method: 'OPTIONS', target: '*' });
    expect(environ).toMatchObject({ PATH_INFO: '', REQUEST_URI: '*' });
  });

  it('fields', async (context) => {
    const environ = await environOf(context, {
      method: 'POST',
      body: 'hello',
      headers: [
        ['X-List', 'a'],
        ['x-list', 'b'],
        ['Cookie', 'a=1'],
        ['Cookie', 'b=2'],
        ['X-Empty', ''],
        ['X_Under', 'never'],
        ['Proxy', 'never'],
        ['Content-Type', 'text/plain; charset=utf-8'],
        ['Authorization', 'Basic eDp5'],
        ['__proto__', 'never'],
      ],
    });
    expect(environ).toMatchObject({
      HTTP_X_LIST: 'a, b',
      HTTP_COOKIE: 'a=1; b=2',
      HTTP_X_EMPTY: '',
      CONTENT_TYPE: 'text/plain; charset=utf-8',
      CONTENT_LENGTH: '5',
      HTTP_AUTHORIZATION: 'Basic eDp5',
    });
    expect(
      Object.keys(environ).filter((key) => /UNDER|PROXY|PROTO|HTTP_CONTENT/.test(key)),
    ).toEqual(['SERVER_PROTOCOL']);
  });

  it('has no key for what was not sent', async (context) => {
    const environ = await environOf(context);
    expect(
      Object.keys(environ).filter((key) => /CONTENT|REMOTE_USER|HTTPS|^HTTP_/.test(key)),
    ).toEqual(['HTTP_HOST']);
  });

  it('of HTTP/1.0', async (context) => {
    expect(await environOf(context, { protocol: 'HTTP/1.0' })).toMatchObject({
      SERVER_PROTOCOL: 'HTTP/1.0',
    });
  });

  it('below a mount point', async (context) => {
    const serve = { scriptName: '/app' };
    const at = (target: string) => environOf(context, { serve, target });
    expect(await at('/app')).toMatchObject({ SCRIPT_NAME: '/app', PATH_INFO: '' });
    expect(await at('/app/')).toMatchObject({ SCRIPT_NAME: '/app', PATH_INFO: '/' });
    expect(await at('/app/x')).toMatchObject({ SCRIPT_NAME: '/app', PATH_INFO: '/x' });
  });

  it('has what the deployer adds', async (context) => {
    const serve = { environ: { 'my.conf': 'two\nlines', 'my.latin': 'é', 'my.empty': '' } };
    expect(await environOf(context, { serve })).toMatchObject(serve.environ);
  });
});
