import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodePath } from './environ.ts';
import { climbs, requestTarget } from './request-target.ts';
import type { Environ } from './types.ts';
import { setupTestingDefaults } from './util.ts';

const environ = (values: Partial<Environ>) => setupTestingDefaults({ SCRIPT_NAME: '', ...values });

const octets = fc
  .array(
    fc.oneof(
      fc.constantFrom('/', '%', '2', 'F', 'a', ' ', '?', '#', '..', '\u00e9'),
      fc.string({ unit: 'binary', maxLength: 2 }),
    ),
  )
  .map((parts) => `/${parts.join('')}`.replace(/[^\x00-\xff]/g, '_'));

describe('requestTarget', () => {
  it('is a target, whatever the environ has', () => {
    fc.assert(
      fc.property(octets, octets, octets, octets, fc.boolean(), (mount, path, query, raw, keep) => {
        const request = environ({
          SCRIPT_NAME: mount,
          PATH_INFO: path,
          QUERY_STRING: query,
          REQUEST_URI: raw,
        });
        expect(requestTarget(request, '', keep)).toMatch(/^\/[\x21\x22\x24-\x7e]*$/);
      }),
    );
  });

  it('means the path that PATH_INFO has', () => {
    fc.assert(
      fc.property(octets, octets, (path, raw) => {
        const request = environ({ PATH_INFO: path, REQUEST_URI: raw });
        expect(decodePath(requestTarget(request, '', true))).toBe(path);
      }),
    );
  });

  it('has the path behind the mount point as the client wrote it', () => {
    const encoded = fc
      .array(fc.constantFrom('a', '/', '%2F', '%41', '%c3%a9', '%', '%zz', '~'))
      .map((parts) => parts.join(''));
    fc.assert(
      fc.property(encoded, encoded, (before, behind) => {
        const [mount, path] = [`/m${before}`, `/${behind}`];
        // A lone % could make an escape with what follows it.
        fc.pre(!/%[0-9A-Fa-f]?$/.test(mount));
        const request = environ({
          SCRIPT_NAME: decodePath(mount),
          PATH_INFO: decodePath(path),
          REQUEST_URI: `${mount}${path}?q`,
        });
        expect(requestTarget(request, '', false)).toBe(path);
        expect(requestTarget(request, '/base', false)).toBe(`/base${path}`);
        expect(requestTarget(request, '', true)).toBe(mount + path);
      }),
    );
  });

  it('has what middleware made of it', () => {
    const request = environ({
      PATH_INFO: '/new path%',
      QUERY_STRING: 'a b',
      REQUEST_URI: '/old?c',
    });
    expect(requestTarget(request, '', false)).toBe('/new%20path%25?a%20b');
  });
});

describe('climbs', () => {
  it.each(['/..', '/../', '/a/../b', '..', '/a\\..\\b', '/..\\'])('%j does', (path) => {
    expect(climbs(path)).toBe(true);
  });

  it.each(['/', '', '/...', '/a..b', '/..a', '/a..', '/. .'])('%j does not', (path) => {
    expect(climbs(path)).toBe(false);
  });
});
