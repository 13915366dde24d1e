/** CGI responses: any bytes give events or a ProtocolError, and what is encoded is read again. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { CgiAnswerEncoder, CgiResponseParser } from '../../src/protocols/cgi/index.ts';
import { processorTime } from '../processor-time.ts';
import { cgiResponse } from '../vectors/cgi-trace.ts';
import { FACTOR } from './effort.ts';

const WORDS = [
  ...['Status: 200 OK\r\n', 'status: 404\n', 'Status:', 'HTTP/1.1 200 OK\r\n', 'Location: /a\n'],
  ...[
    'Content-Length: 3\n',
    'Content-Type: a/b\r\n',
    'Connection: close\n',
    'Location: http://a/\n',
  ],
  ...['\r\n', '\n', '\r', '\0', ' ', '\t', ':', 'a', 'A: b\n', '\xff', '3', 'abc', '\n\n'],
].map((word) => Buffer.from(word, 'latin1'));
const input = fc
  .array(
    fc.oneof(
      { weight: 5, arbitrary: fc.constantFrom(...WORDS) },
      { weight: 1, arbitrary: fc.uint8Array({ maxLength: 8 }).map((bytes) => Buffer.from(bytes)) },
    ),
    { maxLength: 20 },
  )
  .map((words) => Buffer.concat(words));
const method = fc.constantFrom('GET', 'HEAD');
const singly = (bytes: Buffer) => Array.from(bytes, (byte) => Buffer.of(byte));
const halves = (bytes: Buffer, at: number) => [
  bytes.subarray(0, at % (bytes.length + 1)),
  bytes.subarray(at % (bytes.length + 1)),
];

test('the same result however the input is cut', () => {
  fc.assert(
    fc.property(input, method, fc.nat(), (bytes, method, at) => {
      const whole = cgiResponse([bytes], method);
      expect(whole.outcome).not.toBe('unfinished');
      expect(cgiResponse(halves(bytes, at), method)).toEqual(whole);
      expect(cgiResponse(singly(bytes), method)).toEqual(whole);
    }),
    { numRuns: 3000 * FACTOR },
  );
});

test('limits count the response and not the piece', () => {
  const parser = () => new CgiResponseParser({ maxHeaderBytes: 24, maxFields: 2 });
  fc.assert(
    fc.property(input, fc.nat(), (bytes, at) => {
      const whole = cgiResponse([bytes], 'GET', parser());
      expect(cgiResponse(halves(bytes, at), 'GET', parser())).toEqual(whole);
      expect(cgiResponse(singly(bytes), 'GET', parser())).toEqual(whole);
    }),
    { numRuns: 3000 * FACTOR },
  );
});

test('what the encoder writes is read again', () => {
  const octets = (min: number, except = '') =>
    fc.string({
      unit: fc
        .integer({ min, max: 0xff })
        .filter((code) => code !== 0x7f)
        .map((code) => String.fromCharCode(code))
        .filter((unit) => !except.includes(unit)),
      maxLength: 20,
    });
  const headers = fc.array(
    fc.tuple(
      fc.string({ unit: fc.constantFrom(..."!#'*+-.^_`|~09aZ"), minLength: 1, maxLength: 12 }),
      octets(0x20).map((value) => value.replace(/^ +| +$/g, '')),
    ),
    { maxLength: 8 },
  );
  const blocks = fc.array(
    octets(0x20).filter((block) => block !== ''),
    { maxLength: 4 },
  );
  const code = fc.integer({ min: 200, max: 999 }).filter((code) => code !== 204 && code !== 304);
  const reason = octets(0x21);
  const cut = fc.integer({ min: 1, max: 50 });
  fc.assert(
    fc.property(
      code,
      reason,
      headers,
      blocks,
      cut,
      fc.boolean(),
      (code, reason, headers, blocks, cut, known) => {
        const encoder = new CgiAnswerEncoder();
        const body = blocks.join('');
        const contentLength = known ? body.length : null;
        const [first = null, ...others] = blocks;
        const wire = [
          ...encoder.begin({ status: `${code} ${reason}`, headers, contentLength }, first),
          ...others.flatMap((block) => [...encoder.block(block)]),
          ...encoder.end(),
        ].join('');
        const pieces = wire.match(new RegExp(`[^]{1,${cut}}`, 'g')) ?? [];
        const answer = cgiResponse(pieces.map((piece) => Buffer.from(piece, 'latin1')));
        expect(answer).toMatchObject({ status: code, reason, body, outcome: 'end' });
        const length = known ? [['Content-Length', `${body.length}`]] : [];
        expect(answer.headers).toEqual([...headers, ...length]);
      },
    ),
    { numRuns: 500 * FACTOR },
  );
});

test('a large header, byte by byte, takes linear time', () => {
  const limits = { maxHeaderBytes: 1 << 20, maxFields: 1e6 };
  const heads = [
    `X: ${'y'.repeat(200_000)}\n\n`,
    `X: ${' '.repeat(200_000)}y${' '.repeat(200_000)}z\n\n`,
    `${'a:\n'.repeat(60_000)}\n`,
  ];
  const seconds = processorTime(() => {
    for (const head of heads) {
      const pieces = singly(Buffer.from(head));
      expect(cgiResponse(pieces, 'GET', new CgiResponseParser(limits)).outcome).toBe('end');
    }
  });
  expect(seconds).toBeLessThan(5);
});
