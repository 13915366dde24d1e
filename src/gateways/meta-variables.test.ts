import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { Environ } from '../wsgi/types.ts';
import { addVariables } from './meta-variables.ts';

const LAST_COUNTS = [
  'REQUEST_METHOD',
  'SCRIPT_NAME',
  'PATH_INFO',
  'QUERY_STRING',
  'REQUEST_URI',
  'REQUEST_SCHEME',
  'DOCUMENT_URI',
  'DOCUMENT_ROOT',
  'GATEWAY_INTERFACE',
  'SERVER_SOFTWARE',
  'SERVER_PROTOCOL',
  'SERVER_NAME',
  'SERVER_ADDR',
  'SERVER_PORT',
  'REMOTE_ADDR',
  'REMOTE_PORT',
  'REMOTE_USER',
  'HTTPS',
  'UWSGI',
  'wsgi',
  'constructor',
];
const NOT_EMPTY = ['CONTENT_TYPE', 'CONTENT_LENGTH', 'CONTENT_MD5'];
const JOINED = ['HTTP_HOST', 'HTTP_USER_AGENT', 'HTTP_ACCEPT', 'HTTP_X_A', 'HTTP_COOKIE'];
const DROPPED = [
  '',
  '__proto__',
  'HTTP_PROXY',
  'HTTP_CONTENT_LENGTH',
  'HTTP_CONTENT_TYPE',
  'HTTP_TRANSFER_ENCODING',
  'wsgi.errors',
  'wizgi.input',
  'UWSGI_FILE',
];

function expected(pairs: readonly (readonly [string, string])[]): Record<string, string> {
  const environ = new Map<string, string>();
  for (const [name, value] of pairs) {
    const before = environ.get(name);
    if (DROPPED.includes(name) || (NOT_EMPTY.includes(name) && value === '')) continue;
    const separator = name === 'HTTP_COOKIE' ? '; ' : ', ';
    const joins = JOINED.includes(name) && before !== undefined;
    environ.set(name, joins ? `${before}${separator}${value}` : value);
  }
  return Object.fromEntries(environ);
}

it('puts each variable where it belongs, whatever came in its place before', () => {
  const name = fc.constantFrom(...LAST_COUNTS, ...NOT_EMPTY, ...JOINED, ...DROPPED);
  const request = fc.array(fc.tuple(name, fc.constantFrom('', 'a', 'b')), { maxLength: 80 });
  fc.assert(
    fc.property(fc.array(request, { maxLength: 3 }), (requests) => {
      for (const pairs of requests) {
        const environ = {} as Environ;
        addVariables(environ, {
          names: pairs.map(([one]) => one),
          values: pairs.map(([, value]) => value),
        });
        expect(Object.entries(environ).sort()).toEqual(Object.entries(expected(pairs)).sort());
      }
    }),
  );
});
