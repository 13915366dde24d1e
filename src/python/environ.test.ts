import fc from 'fast-check';
import { expect, it } from 'vitest';
import { need } from '../../test/interop/components.ts';
import { unmarshal } from '../../test/python/contract/unmarshal.ts';
import type { Environ } from '../wsgi/types.ts';
import { encodeEnviron } from './environ.ts';
import { frameOf } from './messages.ts';

type Entries = Readonly<Record<string, unknown>>;

/** What Python sees of environs, each as pairs of key and typed value. */
function seen(python: string, environs: readonly Entries[]): unknown[] {
  const frames = environs.map((environ) => frameOf(encodeEnviron(environ as unknown as Environ)));
  return unmarshal(python, frames).map(([, list]) => (list as [string, unknown][])[0]);
}

const dict = (...pairs: [key: string, value: unknown][]) => [
  'dict',
  pairs.map(([key, value]) => [
    ['str', key],
    [typeof value === 'string' ? 'str' : 'bool', value],
  ]),
];

it('passes text, true and false on, and nothing else', (context) => {
  const environ = {
    REQUEST_METHOD: 'GET',
    yes: true,
    no: false,
    number: 1,
    nothing: null,
    undefined: undefined,
    function: () => 'x',
    object: { a: 'b' },
    EMPTY: '',
  };
  const expected = dict(['REQUEST_METHOD', 'GET'], ['yes', true], ['no', false], ['EMPTY', '']);
  expect(seen(need('python3', context), [environ])).toEqual([expected]);
});

it('keeps what is of this process', (context) => {
  const environ = {
    'wsgi.url_scheme': 'https',
    'wsgi.multithread': true,
    'wsgi.run_once': false,
    'wizgi.streaming': true,
    'wizgi.anything': 'x',
    'wsgiorg.routing_args': 'passes',
    'my.wsgi.key': 'passes',
  };
  const expected = dict(
    ['wsgi.url_scheme', 'https'],
    ['wsgiorg.routing_args', 'passes'],
    ['my.wsgi.key', 'passes'],
  );
  expect(seen(need('python3', context), [environ])).toEqual([expected]);
});

it('passes every byte on, and every other character', (context) => {
  const bytes = String.fromCharCode(...Array.from({ length: 256 }, (_, code) => code));
  const texts = [bytes, bytes.repeat(300), '€', 'Ω\nω'.repeat(200), '\u010a', '😀', 'é'];
  const environs = texts.map((text) => ({ 'my.text': text, 'my.next': 'é' }));
  const expected = texts.map((text) => dict(['my.text', text], ['my.next', 'é']));
  expect(seen(need('python3', context), environs)).toEqual(expected);
});

it('passes any environ on', (context) => {
  const python = need('python3', context);
  const name = fc.oneof(fc.string(), fc.string({ unit: 'binary' }));
  const value = fc.oneof(fc.string({ unit: 'binary', maxLength: 400 }), fc.boolean());
  const environs = fc.array(
    fc.array(
      fc.tuple(
        name.map((text) => `X_${text}`),
        value,
      ),
      { maxLength: 8 },
    ),
    { minLength: 50, maxLength: 100 },
  );
  fc.assert(
    fc.property(environs, (list) => {
      const records = list.map((pairs) => Object.fromEntries(pairs));
      expect(seen(python, records)).toEqual(
        records.map((record) => dict(...Object.entries(record))),
      );
    }),
    { numRuns: 3 },
  );
});

it('is not confused by clients that invent more names than it remembers', () => {
  const usual = encodeEnviron({ HTTP_HOST: 'a' } as unknown as Environ);
  for (let count = 0; count < 10_000; count++) {
    encodeEnviron({ [`HTTP_${count}`]: 'x' } as unknown as Environ);
  }
  expect(encodeEnviron({ HTTP_HOST: 'a' } as unknown as Environ)).toBe(usual);
});
