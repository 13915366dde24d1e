import { describe, expect, test } from 'vitest';
import { hashByte } from '../name-table.ts';
import { CONTENT_LENGTH, fieldName, HOST, PLAIN, SINGLE } from './field-names.ts';

function find(name: string, hash?: number) {
  const bytes = Buffer.from(`?${name}?`, 'latin1');
  const own = bytes.subarray(1, -1).reduce(hashByte, 0);
  return fieldName(bytes, 1, 1 + name.length, hash ?? own);
}

test('a name has its spelling, its environ key and its kind', () => {
  expect(find('hOsT')).toEqual({
    name: 'hOsT',
    lower: 'host',
    environKey: 'HTTP_HOST',
    kind: HOST,
  });
  expect(find('Content-Length').kind).toBe(CONTENT_LENGTH);
  expect(find('Content-Type').kind).toBe(SINGLE);
  expect(find('X-A')).toMatchObject({ environKey: 'HTTP_X_A', kind: PLAIN });
  expect(find('X_A')).toMatchObject({ environKey: null, kind: PLAIN });
  expect(find('__proto__')).toMatchObject({ environKey: null, kind: PLAIN });
  expect(find('constructor')).toMatchObject({ environKey: 'HTTP_CONSTRUCTOR', kind: PLAIN });
});

test('a name is found again', () => {
  expect(find('X-Again')).toBe(find('X-Again'));
  expect(find('x-again')).not.toBe(find('X-Again'));
});

describe('names that a peer chose', () => {
  test('may collide', () => {
    for (let round = 0; round < 3; round++) {
      for (let index = 0; index < 100; index++) {
        expect(find(`X-${index}`, 7).name).toBe(`X-${index}`);
      }
    }
    expect(find('Host', 7).kind).toBe(HOST);
  });

  test('may be more than the table holds', () => {
    for (let index = 0; index < 5000; index++) {
      expect(find(`Y-${index}`).lower).toBe(`y-${index}`);
    }
    expect(find('Host').kind).toBe(HOST);
    expect(find('Y-1').name).toBe('Y-1');
  });

  test('may be longer than an argument list', () => {
    const name = 'x'.repeat(1_000_000);
    expect(find(name).name).toBe(name);
    expect(find(name)).not.toBe(find(name));
  });
});
