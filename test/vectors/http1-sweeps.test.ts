/**
 * The HTTP/1.1 codec against inputs that differ by a byte or a word: one row for each family, with its
 * members in a table. Each is given whole and in every cut, as the vectors kept as files are.
 */
import { describe, expect, test } from 'vitest';
import { cuts, traceRequests } from './http1-trace.ts';

const CONTROLS = [...range(0x00, 0x08), ...range(0x0a, 0x1f), 0x7f];
const HIGH = range(0x80, 0xff);
const TOKEN = /[!#$%&'*+\-.^_`|~0-9A-Za-z]/;

/** Gives a request in every cut; its fate is its bodies, or the code and status of its refusal. */
function fate(text: string): string {
  const input = Buffer.from(text, 'latin1');
  const fates = new Set<string>();
  for (const [, pieces] of cuts(input)) {
    const { messages, then } = traceRequests(pieces);
    const bodies = messages.map(({ body }) => body).join('|');
    fates.add(typeof then === 'object' && 'code' in then ? `${then.status} ${then.code}` : bodies);
  }
  expect([...fates], JSON.stringify(text)).toHaveLength(1);
  return [...fates].join();
}

const get = (lines: string, target = '/') => `GET ${target} HTTP/1.1\r\n${lines}\r\n`;
const post = (lines: string, body = '') => `POST / HTTP/1.1\r\nHost: a\r\n${lines}\r\n\r\n${body}`;
const field = (line: string) => get(`Host: a\r\n${line}\r\n`);
const char = (code: number) => String.fromCharCode(code);

describe('A11 a byte about the name or value of Transfer-Encoding, beside an honest Content-Length', () => {
  const bytes = [...range(0x00, 0x20), 0x7f, 0x80, 0x85, 0xa0, 0xad, 0xff];
  const blank = (byte: number) => byte === 0x20 || byte === 0x09;
  const chunks = '5\r\nhello\r\n0\r\n\r\n';

  test.each<[string, (byte: string) => string]>([
    ['before the name', (byte) => `${byte}Transfer-Encoding: chunked`],
    ['after the name', (byte) => `Transfer-Encoding${byte}: chunked`],
    ['before the value', (byte) => `Transfer-Encoding:${byte}chunked`],
    ['after the value', (byte) => `Transfer-Encoding: chunked${byte}`],
  ])('%s', (place, line) => {
    for (const byte of bytes) {
      const result = fate(post(`Content-Length: 5\r\n${line(char(byte))}`, chunks));
      expect(result, `byte ${byte}`).toMatch(/^400 /);
      if (place.endsWith('value') && blank(byte)) expect(result).toBe('400 te-and-cl');
      const alone = fate(post(line(char(byte)), chunks));
      if (place.endsWith('value') && blank(byte)) expect(alone).toBe('hello');
      else expect(alone, `byte ${byte}`).toMatch(/^400 /);
    }
  });
});

test('A21 A22 words that are no number of bytes', () => {
  const words = `+5 -5 -0 0x5 5e0 5.0 5n 0_5 0b101 0o5 NaN Infinity true 5,5 5;5 '5' "5" 5\t5`;
  for (const word of [...words.split(' '), '', ' ', '\t', '\xb2', '\xd9\xa5', '\xef\xbc\x95']) {
    expect(fate(post(`Content-Length: ${word}`, 'hello'))).toBe('400 bad-content-length');
  }
});

test('B1 every byte before and after a chunk size', () => {
  const hex = /[0-9A-Fa-f]/;
  for (let byte = 0; byte < 256; byte++) {
    const body = (size: string) => `${size}\r\nhello\r\n0\r\n\r\n`;
    const chunked = (size: string) => fate(post('Transfer-Encoding: chunked', body(size)));
    if (!hex.test(char(byte))) {
      expect(chunked(`${char(byte)}5`), `before: ${byte}`).toBe('400 bad-chunk-size');
      expect(chunked(`5${char(byte)}`), `after: ${byte}`).toMatch(/^400 /);
    }
  }
});

test('C8 every byte in every place of the version', () => {
  for (let place = 0; place < 8; place++) {
    for (let byte = 0; byte < 256; byte++) {
      const version = `HTTP/1.1`.slice(0, place) + char(byte) + `HTTP/1.1`.slice(place + 1);
      const result = fate(`GET / ${version}\r\nHost: a\r\n\r\n`);
      const digit = byte >= 0x30 && byte <= 0x39;
      if (version === 'HTTP/1.0') expect(result).toBe('');
      else if (place === 7 && digit) expect(result).toBe('');
      else if (place === 5 && digit && byte !== 0x31)
        expect(result).toBe('505 unsupported-version');
      else if (version !== 'HTTP/1.1') expect(result, version).toMatch(/^400 /);
    }
  }
});

test('C9 every byte in a method', () => {
  for (let byte = 0; byte < 256; byte++) {
    if (byte === 0x20) continue;
    const result = fate(`G${char(byte)}T / HTTP/1.1\r\nHost: a\r\n\r\n`);
    if (TOKEN.test(char(byte))) expect(result).toBe('');
    else expect(result, `byte ${byte}`).toMatch(/^400 (bad-method|request-line-whitespace)$/);
  }
});

test('C16 C17 C23 every byte in a target', () => {
  for (let byte = 0; byte < 256; byte++) {
    if (byte === 0x20) continue;
    const result = fate(get('Host: a\r\n', `/a${char(byte)}b`));
    if (byte > 0x20 && byte < 0x7f && byte !== 0x23) expect(result).toBe('');
    else expect(result, `byte ${byte}`).toMatch(/^400 (ctl-in-target|bad-target|missing-version)$/);
  }
});

test('D3 D5 words that are no host', () => {
  const words =
    'a b|a, b|a/x|u@a|http://a|a:80x|a:-1|a:b:80|[::1|[::1]x|[evil]|"a"|<script>|a\\b|a?x|a#x|\xffa|' +
    'b\xc3\xbccher|h:99999|a:65536|[::1]:x|::1|[:::]|a,b c|a\tb|%|%4g|{a}|a^b|a`b';
  for (const word of words.split('|')) {
    expect(fate(get(`Host: ${word}\r\n`)), word).toBe('400 bad-host');
    expect(fate(`GET / HTTP/1.0\r\nHost: ${word}\r\n\r\n`), word).toBe('400 bad-host');
    if (word.includes(' ') || word.includes('#') || word.includes('\t')) continue;
    expect(fate(get('Host: a\r\n', `http://${word}/`)), word).toMatch(/^(400 bad-target|$)/);
  }
  expect(fate(get('Host: a\0.evil\r\n'))).toBe('400 ctl-in-value');
});

test('D8 every byte between a name and its colon', () => {
  for (let byte = 0; byte < 256; byte++) {
    if (TOKEN.test(char(byte)) || byte === 0x3a) continue;
    expect(fate(field(`Foo${char(byte)}: x`)), `byte ${byte}`).toMatch(/^400 /);
  }
});

test('D9 every byte in a name', () => {
  for (let byte = 0; byte < 256; byte++) {
    const result = fate(field(`X${char(byte)}Y: a`));
    if (TOKEN.test(char(byte)) || byte === 0x3a) expect(result).toBe('');
    else expect(result, `byte ${byte}`).toMatch(/^400 /);
  }
});

test('D10 D11 D12 every byte in a value, and at its edges', () => {
  for (const [before, after] of [
    ['x', 'y'],
    ['', 'y'],
    ['x', ''],
    ['', ''],
  ]) {
    for (const byte of CONTROLS) {
      expect(fate(field(`X:${before}${char(byte)}${after}`)), `byte ${byte}`).toMatch(/^400 /);
    }
    for (const byte of [0x09, ...range(0x20, 0x7e), ...HIGH]) {
      const input = Buffer.from(field(`X: ${before}${char(byte)}${after}`), 'latin1');
      const [message] = traceRequests([input]).messages;
      const blank = byte === 0x20 || byte === 0x09;
      const value = `${before}${char(byte)}${after}`;
      expect(message?.fields[1]?.[1]).toBe(blank ? value.replace(/^[ \t]+|[ \t]+$/g, '') : value);
    }
  }
});

test('C24 the first byte of another protocol', () => {
  for (let byte = 0; byte < 256; byte++) {
    if (TOKEN.test(char(byte)) || byte === 0x0d) continue;
    expect(fate(char(byte)), `byte ${byte}`).toMatch(/^400 /);
  }
});

describe('what is far over a limit is refused before it was all read', () => {
  test.each([
    ['C11 a method', 'M'.repeat(1 << 20), 1024],
    ['a target', `GET /${'x'.repeat(1 << 20)}`, 16_384],
    ['D23 a value', `GET / HTTP/1.1\r\nX: ${'x'.repeat(1 << 20)}`, 32_768],
    ['a name', `GET / HTTP/1.1\r\n${'x'.repeat(1 << 20)}`, 32_768],
    ['fields', `GET / HTTP/1.1\r\n${'A: b\r\n'.repeat(200_000)}`, 32_768],
    [
      'B14 a chunk extension',
      post('Transfer-Encoding: chunked', `5;a=${'a'.repeat(1 << 20)}`),
      32_768,
    ],
    ['B16 a chunk size', post('Transfer-Encoding: chunked', `${'0'.repeat(1 << 20)}5`), 1024],
    [
      'B21 trailers',
      post('Transfer-Encoding: chunked', `0\r\n${'A: b\r\n'.repeat(20_000)}`),
      32_768,
    ],
  ])('%s', (_, text, most) => {
    const input = Buffer.from(text, 'latin1');
    const whole = traceRequests([input]).then;
    for (const size of [1, 7, 1024]) {
      const pieces: Buffer[] = [];
      for (let at = 0; at < most; at += size) pieces.push(input.subarray(at, at + size));
      expect(traceRequests(pieces).then).toEqual(whole);
    }
    expect(whole).toMatchObject({ status: expect.any(Number) });
  });
});

function range(from: number, to: number): number[] {
  return Array.from({ length: to - from + 1 }, (_, index) => from + index);
}
