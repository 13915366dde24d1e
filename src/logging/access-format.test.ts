import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { AccessEntry } from '../gateways/access.ts';
import type { Environ } from '../wsgi/types.ts';
import { compileFormat, jsonLine } from './access-format.ts';
import { COMBINED } from './combined.ts';

const environ = {
  HTTP_REFERER: 'http://example.com/',
  HTTP_USER_AGENT: 'curl/8.0',
  HTTP_X_REQUEST_ID: 'abc',
  HTTP_AUTHORIZATION: `Basic ${Buffer.from('me:secret').toString('base64')}`,
  HTTP_COOKIE: 'session=secret',
  CONTENT_TYPE: 'text/plain',
  SERVER_NAME: 'localhost',
} as unknown as Environ;

const entry: AccessEntry = {
  remoteAddress: '192.0.2.1',
  method: 'GET',
  target: '/path?a=1',
  protocol: 'HTTP/1.1',
  status: '200 OK',
  responseHeaders: [
    ['Content-Type', 'text/html'],
    ['Set-Cookie', 'session=secret'],
    ['Via', 'a'],
    ['via', 'b'],
  ],
  bytes: 512,
  started: new Date(2026, 10, 20, 23, 0, 0).getTime(),
  duration: 1234.567,
  environ,
};

const refused: AccessEntry = {
  ...entry,
  method: '',
  target: '',
  status: '400 Bad Request',
  bytes: 0,
  environ: null,
};

const line = (format: string, of = entry) => compileFormat(format)(of);

describe('atoms', () => {
  it.each([
    ['%(h)s', '192.0.2.1'],
    ['%(l)s', '-'],
    ['%(u)s', 'me'],
    ['%(r)s', 'GET /path?a=1 HTTP/1.1'],
    ['%(m)s', 'GET'],
    ['%(U)s', '/path'],
    ['%(q)s', 'a=1'],
    ['%(H)s', 'HTTP/1.1'],
    ['%(s)s', '200'],
    ['%(B)s', '512'],
    ['%(b)s', '512'],
    ['%(f)s', 'http://example.com/'],
    ['%(a)s', 'curl/8.0'],
    ['%(T)s', '1'],
    ['%(D)s', '1234567'],
    ['%(M)s', '1234'],
    ['%(L)s', '1.234567'],
    ['%(p)s', `<${process.pid}>`],
    ['%({x-request-id}i)s', 'abc'],
    ['%({content-type}i)s', 'text/plain'],
    ['%({content-type}o)s', 'text/html'],
    ['%({via}o)s', 'a, b'],
    ['%({missing}i)s %({missing}o)s %({missing}e)s', '- - -'],
    ['%({SERVER_NAME}e)s', 'localhost'],
    ['100%% of %(m)s', '100% of GET'],
    ['no atoms', 'no atoms'],
  ])('%s', (format, expected) => {
    expect(line(format)).toBe(`${expected}\n`);
  });

  it('dates as Apache does', () => {
    expect(line('%(t)s')).toMatch(/^\[20\/Nov\/2026:23:00:00 [+-]\d{4}\]\n$/);
  });

  it('shows a request that was refused', () => {
    expect(line('%(r)s|%(m)s|%(U)s|%(s)s|%(b)s|%(B)s|%(f)s|%(u)s', refused)).toBe(
      '-|-|-|400|-|0|-|-\n',
    );
  });

  it('never shows secrets', () => {
    const all = [
      'authorization}i',
      'Cookie}i',
      'set-cookie}o',
      'HTTP_COOKIE}e',
      'PROXY-AUTHORIZATION}i',
    ];
    for (const atom of all) expect(line(`%({${atom})s`)).toBe('[redacted]\n');
    expect(jsonLine(entry)).not.toContain('secret');
  });

  it.each([
    ['Bearer dG9rZW4=', '-'],
    [`Basic ${Buffer.from('token-without-colon').toString('base64')}`, '-'],
    [`basic ${Buffer.from('a"b\n:x').toString('base64')}`, 'a\\x22b\\x0a'],
  ])('takes a user name from %s only', (credentials, expected) => {
    const of = { ...entry, environ: { ...environ, HTTP_AUTHORIZATION: credentials } as Environ };
    expect(line('%(u)s', of)).toBe(`${expected}\n`);
  });
});

describe('a format that cannot be read', () => {
  it.each([
    ['%(z)s', /there is no %\(z\)s; the atoms are %\(h\)s/],
    ['%({x}z)s', /there is no %\(\{x\}z\)s/],
    ['%(constructor)s', /there is no/],
    ['%(h)', /% begins an atom/],
    ['%d', /% begins an atom/],
  ])('%s', (format, message) => {
    expect(() => compileFormat(format)).toThrow(message);
  });
});

describe('hostile input', () => {
  const hostile = fc.string({ unit: 'binary', maxLength: 200 });

  const hostileEntry = fc.record({
    remoteAddress: hostile,
    method: hostile,
    target: hostile,
    protocol: hostile,
    status: hostile,
    responseHeaders: fc.array(fc.tuple(hostile, hostile)),
    bytes: fc.nat(),
    started: fc.nat(),
    duration: fc.double({ min: 0, max: 1e9, noNaN: true }),
    environ: fc.oneof(
      fc.constant(null),
      fc.record({
        HTTP_REFERER: hostile,
        HTTP_USER_AGENT: hostile,
        HTTP_AUTHORIZATION: hostile,
        REMOTE_USER: hostile,
      }),
    ),
  });

  it('makes one line of printable ASCII, with the quotes of the format alone', () => {
    const combined = compileFormat(COMBINED);
    fc.assert(
      fc.property(hostileEntry, (of) => {
        const text = combined(of as unknown as AccessEntry);
        expect(text).toMatch(/^[\x20-\x7e]*\n$/);
        expect(text.split('"')).toHaveLength(7);
      }),
    );
  });

  it('makes one line of valid JSON', () => {
    fc.assert(
      fc.property(hostileEntry, (of) => {
        const text = jsonLine(of as unknown as AccessEntry);
        expect(text).toMatch(/^[\x20-\x7e]*\n$/);
        expect(JSON.parse(text).target).toBe(of.target);
      }),
    );
  });

  it('is escaped byte by byte', () => {
    const of = { ...entry, target: '/\n\r\x1b[31m"\\\x7f\x80\xff%(h)s%n' };
    expect(line('%(U)s', of)).toBe('/\\x0a\\x0d\\x1b[31m\\x22\\x5c\\x7f\\x80\\xff%(h)s%n\n');
  });

  it('is escaped as UTF-8 beyond bytes', () => {
    expect(line('%(U)s', { ...entry, target: '\u2028é\ud800' })).toBe(
      '\\xe2\\x80\\xa8\\xe9\\xef\\xbf\\xbd\n',
    );
  });

  it('is cut when it is long', () => {
    const of = { ...entry, target: 'x'.repeat(1024 * 1024) };
    expect(line('%(U)s', of).length).toBeLessThan(9000);
    expect(jsonLine(of).length).toBeLessThan(9000);
    expect(JSON.parse(jsonLine(of)).target).toMatch(/^x+\.\.\.$/);
  });
});
