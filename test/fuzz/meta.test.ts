/**
 * SCGI and uwsgi: any bytes lead to events or a ProtocolError, however they are cut, in linear time and
 * within the limits; what the client side writes is what the server side reads.
 */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Pieces } from '../../src/protocols/answer.ts';
import { ScgiClient, ScgiRequestParser } from '../../src/protocols/scgi/index.ts';
import { UwsgiClient, UwsgiRequestParser } from '../../src/protocols/uwsgi/index.ts';
import { processorTime } from '../processor-time.ts';
import { type MetaParser, metaRequest } from '../vectors/meta-trace.ts';
import { FACTOR } from './effort.ts';

const LIMITS = { maxVariables: 6, maxVariableBytes: 80, maxBody: 6 };

// Bytes that mean something to the protocols, so that chance gets past the first of them.
const WORDS = [
  ...['CONTENT_LENGTH\0', 'SCGI\x001\0', 'REQUEST_METHOD\0', 'HTTP_CONTENT_LENGTH\0', 'A\0b\0'],
  ...[
    'CONTENT_LENGTH\x002\0SCGI\x001\0',
    'HTTP_TRANSFER_ENCODING\0chunked\0',
    '0',
    '2',
    '5',
    '\0',
    ':',
    ',',
  ],
  ...['\x0e\0CONTENT_LENGTH', '\x01\x002', '\x01\0A\x01\0b', '\0\0', '\xff\xff', '\x03\0GET'],
].map((word) => Buffer.from(word, 'latin1'));
const bytes = fc
  .array(
    fc.oneof(
      { weight: 9, arbitrary: fc.constantFrom(...WORDS) },
      { weight: 1, arbitrary: fc.uint8Array({ maxLength: 8 }).map((bytes) => Buffer.from(bytes)) },
    ),
    { maxLength: 8 },
  )
  .map((words) => Buffer.concat(words));

const octets = (max: number) =>
  fc.uint8Array({ maxLength: max }).map((bytes) => Buffer.from(bytes).toString('latin1'));
const name = octets(12).filter((text) => text !== '' && !text.includes('\0'));
const pairs = (value: fc.Arbitrary<string>) =>
  fc.uniqueArray(fc.tuple(name, value), { selector: ([name]) => name, maxLength: 12 });

const protocols = {
  scgi: {
    parser: (limits?: typeof LIMITS) => new ScgiRequestParser(limits),
    client: () => new ScgiClient(),
    value: octets(200).filter((text) => !text.includes('\0')),
    frame: (head: Buffer) => joined([`${head.length}:`, head, ',']),
  },
  uwsgi: {
    parser: (limits?: typeof LIMITS) => new UwsgiRequestParser(limits),
    client: () => new UwsgiClient(),
    value: octets(200),
    frame: (head: Buffer) => joined([Buffer.of(0, head.length & 0xff, head.length >> 8, 0), head]),
  },
} as const;

function halves(input: Buffer, at: number): Buffer[] {
  return [input.subarray(0, at % (input.length + 1)), input.subarray(at % (input.length + 1))];
}

function single(input: Buffer): Buffer[] {
  return Array.from(input, (byte) => Buffer.of(byte));
}

function joined(...pieces: Pieces[]): Buffer {
  return Buffer.concat(
    pieces
      .flat()
      .map((piece) => (typeof piece === 'string' ? Buffer.from(piece, 'latin1') : piece)),
  );
}

describe.each(['scgi', 'uwsgi'] as const)('%s', (protocol) => {
  const { parser, client, value, frame } = protocols[protocol];
  const inputs = fc.oneof(
    bytes,
    fc.tuple(bytes, bytes).map(([head, rest]) => Buffer.concat([frame(head), rest])),
  );

  test('the same result however bytes are cut, and whatever the limits', () => {
    fc.assert(
      fc.property(inputs, fc.nat(), fc.boolean(), (input, at, limited) => {
        const make = (): MetaParser => parser(limited ? LIMITS : undefined);
        const whole = metaRequest([input], make());
        expect(whole.outcome).not.toBe('unfinished');
        expect(metaRequest(halves(input, at), make())).toEqual(whole);
        expect(metaRequest(single(input), make())).toEqual(whole);
      }),
      { numRuns: 3000 * FACTOR },
    );
  });

  test('chance gets past the head', () => {
    const runs = fc.sample(inputs, { numRuns: 3000, seed: 1 });
    const outcomes = runs.map((input) => metaRequest([input], parser()).outcome);
    expect(outcomes.filter((outcome) => outcome === 'end').length).toBeGreaterThan(10);
  });

  test('what a client writes is read as it was meant', () => {
    fc.assert(
      fc.property(pairs(value), fc.uint8Array({ maxLength: 300 }), fc.nat(), (given, body, at) => {
        const own = new Set(['CONTENT_LENGTH', 'SCGI', 'HTTP_CONTENT_LENGTH']);
        const variables = [
          ['CONTENT_LENGTH', String(body.length)] as const,
          ...given.filter(([name]) => !own.has(name)),
        ];
        const codec = client();
        const sent = joined(
          codec.begin({
            names: variables.map(([name]) => name),
            values: variables.map(([, value]) => value),
          }),
          body.length === 0 ? [] : codec.content(body),
          codec.contentEnd(),
        );
        const trace = metaRequest(halves(sent, at), parser());
        const rest = trace.variables.filter(([name]) => name !== 'SCGI');
        expect(rest).toEqual(variables);
        expect(trace.body).toBe(Buffer.from(body).toString('latin1'));
        expect(trace.outcome).toBe('end');
      }),
      { numRuns: 1000 * FACTOR },
    );
  });

  test('the same error is thrown again', () => {
    const refused = parser();
    refused.push(Buffer.from('GET '));
    const thrown = () => {
      try {
        refused.next();
      } catch (error) {
        return error;
      }
      return null;
    };
    const first = thrown();
    expect(first).toMatchObject({ name: 'ProtocolError' });
    refused.push(Buffer.alloc(100));
    expect(thrown()).toBe(first);
  });

  test('a request of 64 KiB, byte by byte, takes milliseconds', () => {
    const codec = client();
    const sent = joined(
      codec.begin({ names: ['CONTENT_LENGTH', 'X'], values: ['5', 'y'.repeat(65_000)] }),
      codec.content(Buffer.from('hello')),
    );
    const pieces = single(sent);
    const seconds = processorTime(() => {
      expect(metaRequest(pieces, parser()).outcome).toBe('end');
    });
    // In quadratic time it would be 2 billion steps.
    expect(seconds).toBeLessThan(1);
  });

  test('bytes behind the request are not kept', () => {
    const codec = client();
    const parsed = parser();
    parsed.push(joined(codec.begin({ names: ['A'], values: ['b'] })));
    while (parsed.next() !== null);
    for (let round = 0; round < 100; round++) {
      parsed.push(Buffer.alloc(65_536));
      expect(parsed.next()).toBeNull();
    }
    expect(parsed.buffered).toBe(0);
  });
});
