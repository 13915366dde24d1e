import { describe, expect, test } from 'vitest';
import { processorTime } from '../../../test/processor-time.ts';
import { ProtocolError } from '../protocol-error.ts';
import { CHUNKED } from './body-decoder.ts';
import type { FieldName, Fields } from './field-names.ts';
import { CONNECTION, CONTENT_LENGTH, PLAIN, TRANSFER_ENCODING } from './field-names.ts';
import { framing, parseContentLength, persists, requireChunked } from './framing.ts';

const KINDS: Record<string, number> = {
  CL: CONTENT_LENGTH,
  TE: TRANSFER_ENCODING,
  Connection: CONNECTION,
  Other: PLAIN,
};

function fields(...lines: [string, string][]): Fields {
  const names = lines.map(([name]): FieldName => {
    return { name, lower: name.toLowerCase(), environKey: null, kind: KINDS[name] as number };
  });
  return { names, values: lines.map(([, value]) => value) };
}

function refusal(act: () => unknown): [string, number] | null {
  try {
    act();
  } catch (error) {
    if (error instanceof ProtocolError) return [error.code, error.status];
    throw error;
  }
  return null;
}

describe('framing', () => {
  const of = (lines: [string, string][], minor = 1) => framing(fields(...lines), minor, 1000);

  test('tells a length, chunks, or neither', () => {
    expect(of([])).toBe(null);
    expect(of([['Other', '5']])).toBe(null);
    expect(of([['CL', '0']])).toBe(0);
    expect(of([['CL', '5']], 0)).toBe(5);
    expect(of([['TE', 'chunked']])).toBe(CHUNKED);
  });

  test.each<[string, number, [string, string][], number]>([
    [
      'conflicting-content-length',
      400,
      [
        ['CL', '5'],
        ['CL', '6'],
      ],
      1,
    ],
    [
      'conflicting-content-length',
      400,
      [
        ['CL', '5'],
        ['CL', '5'],
      ],
      1,
    ],
    [
      'conflicting-content-length',
      400,
      [
        ['CL', ''],
        ['CL', '5'],
      ],
      1,
    ],
    [
      'te-and-cl',
      400,
      [
        ['CL', '5'],
        ['TE', 'chunked'],
      ],
      1,
    ],
    [
      'te-and-cl',
      400,
      [
        ['TE', ''],
        ['CL', '5'],
      ],
      1,
    ],
    [
      'te-and-cl',
      400,
      [
        ['TE', 'x'],
        ['CL', 'x'],
      ],
      0,
    ],
    ['te-in-http10', 400, [['TE', 'chunked']], 0],
    [
      'te-chunked-twice',
      400,
      [
        ['TE', 'chunked'],
        ['TE', 'chunked'],
      ],
      1,
    ],
    [
      'te-not-chunked-last',
      400,
      [
        ['TE', 'chunked'],
        ['TE', ''],
      ],
      1,
    ],
    ['body-too-large', 413, [['CL', '1001']], 1],
  ])('refuses %s', (code, status, lines, minor) => {
    expect(refusal(() => of(lines, minor))).toEqual([code, status]);
  });
});

describe('parseContentLength', () => {
  test.each([
    ['0', 0],
    ['5', 5],
    ['010', 10],
    ['00000000000000000005', 5],
    ['9007199254740991', Number.MAX_SAFE_INTEGER],
  ])('reads %j', (value, length) => {
    expect(parseContentLength(value, Number.MAX_SAFE_INTEGER)).toBe(length);
  });

  test.each(['9007199254740992', '9007199254740993', '18446744073709551621'])(
    'does not round %j',
    (value) => {
      expect(refusal(() => parseContentLength(value, Infinity))).toEqual(['body-too-large', 413]);
    },
  );

  test.each([
    '',
    ' ',
    '+5',
    '-5',
    '-0',
    '0x5',
    '5e0',
    '5.0',
    '5n',
    '0_5',
    '5 5',
    '5,5',
    '5;',
    '\u00b2',
    '999999999999999999999',
  ])('refuses %j', (value) => {
    expect(refusal(() => parseContentLength(value, Infinity))).toEqual(['bad-content-length', 400]);
  });
});

describe('requireChunked', () => {
  test.each(['chunked', 'Chunked', 'CHUNKED', ' chunked\t'])('takes %j', (value) => {
    expect(refusal(() => requireChunked(value))).toBe(null);
  });

  test.each([
    [
      'te-not-chunked-last',
      400,
      [
        '',
        'gzip',
        'identity',
        'xchunked',
        'chunkedx',
        'chunked, gzip',
        'chunked,',
        '"chunked"',
        'chun\u00e2\u0084\u00aaed',
        '\u00a0chunked',
        'chunked\u000b',
      ],
    ],
    ['te-chunked-with-parameter', 400, ['chunked;q=1', 'chunked ; a', 'gzip, chunked;']],
    ['te-chunked-twice', 400, ['chunked, chunked', 'chunked,gzip,CHUNKED']],
    ['te-empty-coding', 400, [',chunked', 'gzip,,chunked']],
    ['te-unknown-coding', 501, ['gzip, chunked', 'cow,chunked', 'identity, chunked']],
  ] as [string, number, string[]][])('refuses with %s', (code, status, values) => {
    for (const value of values)
      expect(
        refusal(() => requireChunked(value)),
        value,
      ).toEqual([code, status]);
  });
});

describe('persists', () => {
  const of = (minor: number, ...values: string[]) =>
    persists(fields(...values.map((value): [string, string] => ['Connection', value])), minor);

  test('is the default of HTTP/1.1, and asked for in HTTP/1.0', () => {
    expect(of(1)).toBe(true);
    expect(of(0)).toBe(false);
    expect(of(0, 'keep-alive')).toBe(true);
    expect(of(0, 'Keep-Alive, x')).toBe(true);
    expect(of(1, 'x')).toBe(true);
  });

  test.each([
    'close',
    'CLOSE',
    'close\t',
    'foo, Close',
    ',,close,',
    'close, keep-alive',
    'keep-alive,close',
  ])('ends with %j', (value) => {
    expect(of(1, value)).toBe(false);
    expect(of(0, value)).toBe(false);
  });

  test('ends when any of several fields says close', () => {
    expect(of(1, 'close', 'keep-alive')).toBe(false);
    expect(of(1, 'keep-alive', 'close')).toBe(false);
  });

  test.each(['closed', 'xclose', 'close;x', '"close"', '\u00a0close', ''])(
    'does not take %j for close',
    (value) => {
      expect(of(1, value)).toBe(true);
    },
  );

  test('takes linear time over blanks', () => {
    const value = `a${' '.repeat(65_536)}b,${'\t'.repeat(65_536)}`;
    const seconds = processorTime(() => {
      for (let round = 0; round < 20; round++) of(1, value);
    });
    expect(seconds).toBeLessThan(2);
  });
});
