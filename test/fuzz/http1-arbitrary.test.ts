/** Any bytes: a parser comes to an end, throws nothing but ProtocolError, and takes linear time. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { DEFAULT_LIMITS, RequestParser, ResponseParser } from '../../src/protocols/http1/index.ts';
import { processorTime } from '../processor-time.ts';
import { traceRequests, traceResponses } from '../vectors/http1-trace.ts';
import { FACTOR } from './effort.ts';

// Bytes that mean something to the grammar, so that chance gets past the first of them.
const WORDS = [
  ...[
    'GET ',
    'POST ',
    '/',
    ' HTTP/1.1\r\n',
    ' HTTP/1.0\r\n',
    'HTTP/1.1 200 OK\r\n',
    'HTTP/1.1 100 \r\n',
  ],
  ...[
    'Host: a\r\n',
    'Content-Length: 3\r\n',
    'Transfer-Encoding: chunked\r\n',
    'Connection: close\r\n',
  ],
  ...[
    '\r\n',
    '\r',
    '\n',
    '\0',
    ' ',
    '\t',
    ':',
    ';',
    '=',
    '"',
    '\\',
    ',',
    '0',
    '3',
    'a',
    'abc',
    '\xff',
  ],
  ...['3\r\nabc\r\n', '0\r\n\r\n', 'Expect: 100-continue\r\n', 'X: y\r\n'],
].map((word) => Buffer.from(word, 'latin1'));
const bytes = fc
  .array(
    fc.oneof(
      { weight: 5, arbitrary: fc.constantFrom(...WORDS) },
      { weight: 1, arbitrary: fc.uint8Array({ maxLength: 8 }).map((bytes) => Buffer.from(bytes)) },
    ),
    { maxLength: 40 },
  )
  .map((words) => Buffer.concat(words));
const methods = fc.array(fc.constantFrom('GET', 'HEAD', 'CONNECT'), { maxLength: 4 });

function halves(input: Buffer, at: number): Buffer[] {
  return [input.subarray(0, at % (input.length + 1)), input.subarray(at % (input.length + 1))];
}

test('requests: the same result however they are cut', () => {
  fc.assert(
    fc.property(bytes, fc.nat(), (input, at) => {
      const whole = traceRequests([input]);
      expect(whole.then).not.toBe('unfinished');
      expect(traceRequests(halves(input, at))).toEqual(whole);
      expect(traceRequests(Array.from(input, (byte) => Buffer.of(byte)))).toEqual(whole);
    }),
    { numRuns: 3000 * FACTOR },
  );
});

test('responses: the same result however they are cut', () => {
  fc.assert(
    fc.property(bytes, methods, fc.nat(), (input, methods, at) => {
      const whole = traceResponses([input], methods);
      expect(whole.then).not.toBe('unfinished');
      expect(traceResponses(halves(input, at), methods)).toEqual(whole);
      expect(
        traceResponses(
          Array.from(input, (byte) => Buffer.of(byte)),
          methods,
        ),
      ).toEqual(whole);
    }),
    { numRuns: 3000 * FACTOR },
  );
});

test('limits count the message and not the segment', () => {
  const limits = { maxTarget: 12, maxFields: 3, maxFieldBytes: 14, maxHeaderBytes: 30, maxBody: 6 };
  fc.assert(
    fc.property(bytes, fc.nat(), (input, at) => {
      const whole = traceRequests([input], new RequestParser(limits));
      expect(traceRequests(halves(input, at), new RequestParser(limits))).toEqual(whole);
      const single = Array.from(input, (byte) => Buffer.of(byte));
      expect(traceRequests(single, new RequestParser(limits))).toEqual(whole);
    }),
    { numRuns: 3000 * FACTOR },
  );
});

test('the same error is thrown again', () => {
  const parser = new RequestParser();
  parser.push(Buffer.from('\0'));
  const thrown = () => {
    try {
      parser.next();
    } catch (error) {
      return error;
    }
    return null;
  };
  const first = thrown();
  expect(first).toMatchObject({ name: 'ProtocolError' });
  parser.push(Buffer.from('GET / HTTP/1.1\r\nHost: a\r\n\r\n'));
  expect(thrown()).toBe(first);
});

describe('linear time', () => {
  /** Feeds a head byte by byte, many times over; milliseconds a head. */
  function perHead(head: string, rounds = 20): number {
    const pieces = Array.from(Buffer.from(head, 'latin1'), (byte) => Buffer.of(byte));
    const limits = { ...DEFAULT_LIMITS, maxTarget: 1 << 20, maxFields: 1e6 };
    const large = { ...limits, maxFieldBytes: 1 << 20, maxHeaderBytes: 1 << 20 };
    const seconds = processorTime(() => {
      for (let round = 0; round < rounds; round++) {
        expect(traceRequests(pieces, new RequestParser(large)).then).toBe('eof');
      }
    });
    return (seconds * 1000) / rounds;
  }

  // 16 KiB in quadratic time would be 134 million steps; in linear time they are a few milliseconds.
  test.each([
    ['a long target', `GET /${'x'.repeat(16_384)} HTTP/1.1\r\nHost: a\r\n\r\n`],
    ['a long name', `GET / HTTP/1.1\r\nHost: a\r\n${'x'.repeat(16_384)}: y\r\n\r\n`],
    ['a long value', `GET / HTTP/1.1\r\nHost: a\r\nX: ${'y'.repeat(16_384)}\r\n\r\n`],
    ['blanks', `GET / HTTP/1.1\r\nHost: a\r\nX:${' '.repeat(16_384)}y\r\n\r\n`],
    ['many fields', `GET / HTTP/1.1\r\nHost: a\r\n${'A: b\r\n'.repeat(2730)}\r\n`],
    ['a long list', `GET / HTTP/1.1\r\nHost: a\r\nConnection: a${' ,'.repeat(8192)}b\r\n\r\n`],
  ])('%s, byte by byte', (_, head) => {
    expect(perHead(head)).toBeLessThan(50);
  });

  test('a million chunks of a byte, in segments of 64 KiB', () => {
    const parser = new RequestParser();
    parser.push(Buffer.from('POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n'));
    const chunks = Buffer.from('1\r\na\r\n'.repeat(1_000_000));
    let size = 0;
    const seconds = processorTime(() => {
      for (let at = 0; at < chunks.length; at += 65_536) {
        parser.push(chunks.subarray(at, at + 65_536));
        for (let event = parser.next(); event !== null; event = parser.next()) {
          if (event.type === 'data') size += event.data.length;
        }
      }
    });
    expect(size).toBe(1_000_000);
    expect(seconds).toBeLessThan(5);
  });

  test('ten thousand pipelined requests in one read', () => {
    const parser = new RequestParser();
    let requests = 0;
    const seconds = processorTime(() => {
      parser.push(Buffer.from('GET / HTTP/1.1\r\nHost: a\r\n\r\n'.repeat(10_000)));
      for (let event = parser.next(); event !== null; event = parser.next()) {
        if (event.type === 'end') requests++;
      }
    });
    expect(requests).toBe(10_000);
    expect(seconds).toBeLessThan(1);
  });

  test('a long reason phrase and a head of 16 KiB in a response, byte by byte', () => {
    const head = `HTTP/1.1 200 ${'x'.repeat(1000)}\r\nContent-Length: 0\r\nX: ${'y'.repeat(16_000)}\r\n\r\n`;
    const pieces = Array.from(Buffer.from(head), (byte) => Buffer.of(byte));
    const seconds = processorTime(() => {
      for (let round = 0; round < 10; round++) {
        expect(traceResponses(pieces, ['GET'], new ResponseParser()).then).toBe('eof');
      }
    });
    expect(seconds).toBeLessThan(1);
  });
});
