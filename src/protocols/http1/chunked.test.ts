import { describe, expect, test } from 'vitest';
import { processorTime } from '../../../test/processor-time.ts';
import { InputBuffer } from '../input-buffer.ts';
import { ProtocolError } from '../protocol-error.ts';
import { ChunkedDecoder } from './chunked.ts';
import { FieldSection } from './field-section.ts';
import { DEFAULT_LIMITS, type Http1Limits } from './limits.ts';

/** Decodes a text, fed in pieces of a size; the content, or the code of the refusal. */
function decode(text: string, size = text.length, limits: Partial<Http1Limits> = {}): string {
  const all = { ...DEFAULT_LIMITS, ...limits };
  const decoder = new ChunkedDecoder(all, new FieldSection(all));
  const input = new InputBuffer();
  const bytes = Buffer.from(text, 'latin1');
  let content = '';
  try {
    for (let at = 0; at < bytes.length; at += size) {
      input.push(bytes.subarray(at, at + size));
      for (let data = decoder.next(input); data !== null; data = decoder.next(input)) {
        content += Buffer.from(data).toString('latin1');
      }
    }
  } catch (error) {
    if (error instanceof ProtocolError) return `${content}!${error.code}`;
    throw error;
  }
  return decoder.ended ? `${content}|${input.length}` : `${content}…`;
}

/** The same, whole and byte by byte. */
function both(text: string, limits: Partial<Http1Limits> = {}): string {
  const whole = decode(text, text.length, limits);
  expect(decode(text, 1, limits)).toBe(whole);
  return whole;
}

describe('content', () => {
  test.each([
    ['0\r\n\r\n', '|0'],
    ['5\r\nhello\r\n0\r\n\r\n', 'hello|0'],
    ['1\r\na\r\n2\r\nbc\r\n0\r\n\r\n', 'abc|0'],
    ['a\r\n0123456789\r\n0\r\n\r\n', '0123456789|0'],
    ['A\r\n0123456789\r\n000\r\n\r\n', '0123456789|0'],
    ['000a\r\n0123456789\r\n0\r\n\r\n', '0123456789|0'],
    ['4\r\n\r\n\r\n\r\n0\r\n\r\n', '\r\n\r\n|0'],
    ['0\r\nX: y\r\nZ: w\r\n\r\n', '|0'],
    ['5\r\nhel', 'hel…'],
    ['5\r\nhello\r\n0\r\n', 'hello…'],
    ['', '…'],
  ])('%j', (text, result) => {
    expect(both(text)).toBe(result);
  });

  test('leaves alone what follows', () => {
    expect(decode('1\r\na\r\n0\r\n\r\nGET /')).toBe('a|5');
  });
});

describe('extensions', () => {
  test.each([
    ';a',
    ';a=b',
    ';a=b;c=d',
    ';a="b;c"',
    ';a="\\""',
    ';a="\\\\"',
    ' ; a = b',
    '\t;\ta\t=\t"b"\t;c',
    ';a="\u00e9"',
    ';a=""',
  ])('%j is dropped', (extension) => {
    expect(both(`1${extension}\r\nx\r\n0${extension}\r\n\r\n`)).toBe('x|0');
  });

  test.each([
    ' ',
    ';',
    ';;',
    ';=b',
    ';a=',
    ';a=b c',
    ';a="b" c',
    ';a="b',
    ';a=b=c',
    ' a',
    ';a,b',
    ';a="b"c',
    ';a b',
  ])('%j is refused', (extension) => {
    expect(both(`1${extension}\r\nx\r\n0\r\n\r\n`)).toMatch(/^!(bad-chunk-ext|ctl-in-chunk-ext)$/);
  });

  test('are limited in sum', () => {
    const chunk = `1;${'a'.repeat(1000)}\r\nx\r\n`;
    expect(both(`${chunk.repeat(16)}0\r\n\r\n`)).toBe(`${'x'.repeat(16)}|0`);
    expect(both(chunk.repeat(17))).toBe(`${'x'.repeat(16)}!chunk-extensions-too-large`);
  });
});

describe('sizes', () => {
  test.each(['0x5', '+5', '-5', '0_5', '5.0', ' 5', '\t5', 'g', ''])('%j is refused', (size) => {
    expect(both(`${size}\r\nhello\r\n0\r\n\r\n`)).toBe('!bad-chunk-size');
  });

  test('do not overflow', () => {
    for (const size of ['10000000000000005', 'FFFFFFFFFFFFFFFF', 'F'.repeat(100)]) {
      expect(both(`${size}\r\nhello`)).toBe('!chunk-size-overflow');
    }
    expect(both('100000005\r\nhello\r\n0\r\n\r\n')).toBe('!body-too-large');
    expect(both(`${'0'.repeat(33)}5\r\n`)).toBe('!chunk-size-overflow');
    expect(both(`${'0'.repeat(31)}1\r\nx\r\n0\r\n\r\n`)).toBe('x|0');
  });

  test('are limited in sum', () => {
    expect(both('3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n', { maxBody: 5 })).toBe('abcde|0');
    expect(both('3\r\nabc\r\n3\r\nde', { maxBody: 5 })).toBe('abc!body-too-large');
  });
});

test.each([
  ['5\nhello\r\n0\r\n\r\n', '!bad-chunk-size'],
  ['5\rhello\r\n0\r\n\r\n', '!bare-cr-chunk-line'],
  ['5\r\r\nhello', '!bare-cr-chunk-line'],
  ['5;a\nhello', '!ctl-in-chunk-ext'],
  ['5;a\rX\r\nhello', '!bare-cr-chunk-line'],
  ['1\r\nxy0\r\n\r\n', 'x!chunk-data-not-crlf-terminated'],
  ['1\r\nx\n0\r\n\r\n', 'x!chunk-data-not-crlf-terminated'],
  ['1\r\nx\ry0\r\n\r\n', 'x!chunk-data-not-crlf-terminated'],
  ['0\r\nXX\r\n\r\n', '!field-without-colon'],
  ['0\r\n\n', '!field-without-colon'],
  ['0\r\n\rX', '!bare-cr-field'],
  ['0\r\nX: 1\n\r\n', '!bare-lf-field'],
])('line ends of %j', (text, result) => {
  expect(both(text)).toBe(result);
});

describe('trailers', () => {
  test.each(['Content-Length: 5', 'transfer-encoding: chunked', 'Host: a'])(
    '%s is refused',
    (line) => {
      expect(both(`0\r\nX: y\r\n${line}\r\n\r\n`)).toBe('!framing-field-in-trailers');
    },
  );

  test('count with the fields of the head', () => {
    const limits = { ...DEFAULT_LIMITS, maxFields: 3 };
    const section = new FieldSection(limits);
    const head = Buffer.from('A: b\r\nC: d\r\n\r\n');
    section.begin(0);
    expect(section.parse(head, 0, head.length)).toBe(head.length);
    const decoder = new ChunkedDecoder(limits, section);
    const input = new InputBuffer();
    input.push(Buffer.from('0\r\nE: f\r\nG: h\r\n\r\n'));
    expect(() => decoder.next(input)).toThrow(expect.objectContaining({ code: 'too-many-fields' }));
  });
});

test('a million chunks take linear time', () => {
  const limits = { ...DEFAULT_LIMITS };
  const decoder = new ChunkedDecoder(limits, new FieldSection(limits));
  const input = new InputBuffer();
  const segment = Buffer.from('1\r\na\r\n'.repeat(10_000));
  let size = 0;
  const seconds = processorTime(() => {
    for (let round = 0; round < 100; round++) {
      input.push(segment);
      for (let data = decoder.next(input); data !== null; data = decoder.next(input))
        size += data.length;
    }
  });
  expect(size).toBe(1_000_000);
  expect(seconds).toBeLessThan(5);
});
