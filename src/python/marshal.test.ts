import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { need } from '../../test/interop/components.ts';
import { type Described, unmarshal } from '../../test/python/contract/unmarshal.ts';
import { interpreters } from '../../test/python/versions/interpreters.ts';
import {
  bytesHead,
  DICT,
  DICT_END,
  FALSE,
  int,
  key,
  NONE,
  type Plain,
  plain,
  str,
  TRUE,
  tupleHead,
  unicode,
} from './marshal.ts';
import { frameOf } from './messages.ts';

/** A value as it is written, and as Python should see it. */
interface Value {
  readonly written: string;
  readonly seen: Described;
}

const latin1 = (maxLength: number) =>
  fc.string({
    unit: fc.integer({ min: 0, max: 0xff }).map((code) => String.fromCharCode(code)),
    maxLength,
  });
const anyText = fc.string({ unit: 'binary', maxLength: 300 });
const int32 = fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 });

const text = fc.oneof(latin1(20), latin1(700)).chain((value) => {
  const seen: Described = ['str', value];
  return fc.constantFrom<Value>({ written: str(value), seen }, { written: key(value), seen });
});
const bytes = latin1(600).map<Value>((value) => ({
  written: bytesHead(value.length) + value,
  seen: ['bytes', Buffer.from(value, 'latin1').toString('hex')],
}));
const atom = fc.oneof(
  text,
  bytes,
  anyText.map<Value>((value) => ({ written: unicode(value), seen: ['str', value] })),
  int32.map<Value>((value) => ({ written: int(value), seen: ['int', value] })),
  fc.constantFrom<Value>(
    { written: TRUE, seen: ['bool', true] },
    { written: FALSE, seen: ['bool', false] },
    { written: NONE, seen: ['NoneType', null] },
  ),
);
const { value } = fc.letrec<{ value: Value }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small' },
    atom,
    fc.array(tie('value'), { maxLength: 4 }).map((items) => ({
      written: tupleHead(items.length) + items.map(({ written }) => written).join(''),
      seen: ['tuple', items.map(({ seen }) => seen)] as const,
    })),
    fc
      .array(fc.tuple(latin1(30), tie('value')), { maxLength: 4 })
      .map((pairs) => new Map(pairs))
      .map((pairs) => ({
        written: `${DICT}${[...pairs].map(([name, item]) => key(name) + item.written).join('')}${DICT_END}`,
        seen: ['dict', [...pairs].map(([name, item]) => [['str', name], item.seen])] as const,
      })),
  ),
}));

const { plainValue } = fc.letrec<{ plainValue: Plain }>((tie) => ({
  plainValue: fc.oneof(
    { depthSize: 'small' },
    anyText,
    int32,
    fc.boolean(),
    fc.array(tie('plainValue'), { maxLength: 4 }),
    // Not the texts that objects order before others, as they are numbers.
    fc.dictionary(
      latin1(20).map((name) => `_${name}`),
      tie('plainValue'),
      { maxKeys: 4 },
    ),
  ),
}));

function seenOf(item: Plain): Described {
  if (typeof item === 'string') return ['str', item];
  if (typeof item === 'boolean') return ['bool', item];
  if (typeof item === 'number') return ['int', item];
  if (Array.isArray(item)) return ['list', item.map(seenOf)];
  return ['dict', Object.entries(item).map(([name, entry]) => [['str', name], seenOf(entry)])];
}

/** What a Python reads of values that are sent to it. */
function read(python: string, written: readonly string[]): Described[] {
  return unmarshal(python, written.map(frameOf)).map(
    ([, items]) => (items as Described[])[0] ?? ['', 0],
  );
}

describe.each(interpreters)('read by $name', ({ path }) => {
  it('every byte and every length around the border of short strings', (context) => {
    const every = String.fromCharCode(...Array.from({ length: 256 }, (_, code) => code));
    const lengths = [0, 1, 254, 255, 256, 257, 65_535, 65_536, 1_000_000];
    const texts = [every, ...every, ...lengths.map((length) => 'é'.repeat(length))];
    const seen = read(path(context), [...texts.map(str), ...texts.map(key)]);
    const expected = texts.map((text) => ['str', text]);
    expect(seen).toEqual([...expected, ...expected]);
  });

  it('random values', (context) => {
    const python = path(context);
    fc.assert(
      fc.property(fc.array(value, { minLength: 50, maxLength: 200 }), (values) => {
        const written = values.map((item) => item.written);
        expect(read(python, written)).toEqual(values.map(({ seen }) => seen));
      }),
      { numRuns: 1 },
    );
  });

  it('random plain values', (context) => {
    const python = path(context);
    fc.assert(
      fc.property(fc.array(plainValue, { minLength: 50, maxLength: 200 }), (values) => {
        expect(read(python, values.map(plain))).toEqual(values.map(seenOf));
      }),
      { numRuns: 1 },
    );
  });
});

it('half a surrogate pair, which has no UTF-8, becomes U+FFFD', (context) => {
  expect(read(need('python3', context), [unicode('a\ud800b')])).toEqual([['str', 'a\ufffdb']]);
});
