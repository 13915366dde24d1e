/** FastCGI: any bytes give events or a ProtocolError, and what is encoded is read again. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Pieces } from '../../src/protocols/answer.ts';
import {
  ABORT_REQUEST,
  BEGIN_REQUEST,
  beginRequest,
  DATA,
  endRequest,
  FastCgiAnswerEncoder,
  FastCgiClient,
  FastCgiRequestParser,
  GET_VALUES,
  PARAMS,
  pairText,
  recordHeader,
  STDERR,
  STDIN,
  STDOUT,
  streamEnd,
} from '../../src/protocols/fastcgi/index.ts';
import { processorTime } from '../processor-time.ts';
import { bytesOf, traceFastCgiAnswer, traceFastCgiRequests } from '../vectors/fastcgi-trace.ts';
import { FACTOR } from './effort.ts';

const text = (value: string) => Buffer.from(value, 'latin1');
const content = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom('', 'abc', '\xff\xff\xff\xff\xff\xff\xff\xff') },
  {
    weight: 1,
    arbitrary: fc
      .string({ unit: 'binary', maxLength: 12 })
      .map((s) => s.replace(/[^\x00-\xff]/g, '')),
  },
  {
    weight: 3,
    arbitrary: fc
      .array(
        fc.tuple(
          fc.constantFrom('CONTENT_LENGTH', 'REQUEST_METHOD', 'A', '', 'FCGI_DATA_LENGTH'),
          fc.constantFrom('', '3', '0', 'x', '9999999999', 'v'.repeat(130)),
        ),
        { maxLength: 4 },
      )
      .map((pairs) => pairs.map(([name, value]) => pairText(name, value)).join('')),
  },
);
const types = [BEGIN_REQUEST, ABORT_REQUEST, PARAMS, STDIN, DATA, GET_VALUES, STDOUT, 42];
/** Records in any order, some of them malformed. */
const session = fc
  .array(
    fc.oneof(
      {
        weight: 3,
        arbitrary: fc
          .tuple(fc.integer({ min: 1, max: 3 }), fc.integer({ min: 1, max: 4 }), fc.boolean())
          .map(([id, role, keep]) => beginRequest(id, role, keep)),
      },
      {
        weight: 12,
        arbitrary: fc
          .tuple(fc.constantFrom(...types), fc.integer({ min: 0, max: 3 }), content, fc.boolean())
          .map(([type, id, body, padded]) => {
            const header = recordHeader(type, id, body.length);
            return padded ? `${header.slice(0, 6)}\x03\x00${body}\x01\x02\x03` : header + body;
          }),
      },
      {
        weight: 1,
        arbitrary: fc
          .uint8Array({ maxLength: 4 })
          .map((bytes) => Buffer.from(bytes).toString('latin1')),
      },
    ),
    { maxLength: 20 },
  )
  .map((records) => text(records.join('')));
const answer = fc
  .array(
    fc.oneof(
      {
        weight: 8,
        arbitrary: fc
          .tuple(
            fc.constantFrom(STDOUT, STDERR, 10),
            fc.constantFrom(1, 1, 1, 0, 2),
            fc.constantFrom(
              '',
              'Status: 200 OK\r\n',
              'Content-Length: 3\n',
              '\r\n',
              'abc',
              'HTTP/1.1 200\n',
            ),
          )
          .map(([type, id, body]) => recordHeader(type, id, body.length) + body),
      },
      {
        weight: 2,
        arbitrary: fc.integer({ min: 0, max: 3 }).map((status) => endRequest(1, 0, status)),
      },
      {
        weight: 1,
        arbitrary: fc
          .uint8Array({ maxLength: 4 })
          .map((bytes) => Buffer.from(bytes).toString('latin1')),
      },
    ),
    { maxLength: 12 },
  )
  .map((records) => text(records.join('')));

const singly = (bytes: Buffer) => Array.from(bytes, (byte) => Buffer.of(byte));
const halves = (bytes: Buffer, at: number) => [
  bytes.subarray(0, at % (bytes.length + 1)),
  bytes.subarray(at % (bytes.length + 1)),
];
const habits = fc.record({
  answers: fc.boolean(),
  roles: fc.constantFrom([1], [1, 2], [1, 2, 3]),
  limits: fc.constantFrom(
    { maxVariables: 500, maxVariableBytes: 65_536, maxBody: 1 << 30, maxRequests: 100 },
    { maxVariables: 2, maxVariableBytes: 40, maxBody: 5, maxRequests: 1 },
  ),
});

test('requests: the same result however they are cut', () => {
  fc.assert(
    fc.property(session, habits, fc.nat(), (bytes, habits, at) => {
      const whole = traceFastCgiRequests([bytes], habits);
      expect(whole.outcome).not.toBe('unfinished');
      expect(traceFastCgiRequests(halves(bytes, at), habits)).toEqual(whole);
      expect(traceFastCgiRequests(singly(bytes), habits)).toEqual(whole);
    }),
    { numRuns: 3000 * FACTOR },
  );
});

test('answers: the same result however they are cut', () => {
  fc.assert(
    fc.property(answer, fc.constantFrom('GET', 'HEAD'), fc.nat(), (bytes, method, at) => {
      const whole = traceFastCgiAnswer([bytes], method);
      expect(whole.outcome).not.toBe('unfinished');
      expect(traceFastCgiAnswer(halves(bytes, at), method)).toEqual(whole);
      expect(traceFastCgiAnswer(singly(bytes), method)).toEqual(whole);
    }),
    { numRuns: 3000 * FACTOR },
  );
});

const octets = (maxLength: number) =>
  fc.uint8Array({ maxLength }).map((bytes) => Buffer.from(bytes).toString('latin1'));
const cut = fc.integer({ min: 1, max: 50 });
const cutUp = (bytes: Buffer, size: number) =>
  Array.from({ length: Math.ceil(bytes.length / size) }, (_, index) =>
    bytes.subarray(index * size, (index + 1) * size),
  );

test('what the client writes the server reads', () => {
  const pair = fc.tuple(
    octets(200).filter((name) => name !== 'CONTENT_LENGTH'),
    octets(200),
  );
  const blocks = fc.array(
    octets(300).filter((block) => block !== ''),
    { maxLength: 4 },
  );
  fc.assert(
    fc.property(
      fc.array(pair, { maxLength: 8 }),
      blocks,
      fc.boolean(),
      cut,
      (pairs, blocks, keepConnection, size) => {
        const body = blocks.join('');
        const all = [...pairs, ['CONTENT_LENGTH', `${body.length}`] as const];
        const client = new FastCgiClient({ keepConnection });
        const wire: Pieces = [
          ...client.begin({
            names: all.map(([name]) => name),
            values: all.map(([, value]) => value),
          }),
          ...blocks.flatMap((block) => [...client.content(text(block))]),
          ...client.contentEnd(),
        ];
        const head = {
          role: 1,
          keepConnection,
          contentLength: body.length,
          variables: all.map(([name, value]) => [name, value]),
        };
        expect(traceFastCgiRequests(cutUp(bytesOf(wire), size))).toEqual({
          events: [['head', 1, head], ...(body === '' ? [] : [['data', 1, body]]), ['end', 1]],
          outcome: 'eof',
        });
      },
    ),
    { numRuns: 500 * FACTOR },
  );
});

test('what the server writes the client reads', () => {
  const block = octets(300).filter((block) => block !== '');
  const logs = fc.array(fc.constantFrom('one', 'two €'), { maxLength: 3 });
  fc.assert(
    fc.property(
      fc.array(block, { maxLength: 4 }),
      logs,
      fc.boolean(),
      cut,
      (blocks, logs, binary, size) => {
        const encoder = new FastCgiAnswerEncoder(1);
        const [first = null, ...others] = blocks.map((one) => (binary ? text(one) : one));
        const head = { status: '200 OK', headers: [['X', 'y']] as const, contentLength: null };
        const wire = [
          ...encoder.begin(head, first),
          ...logs.flatMap((log) => [...encoder.log(Buffer.from(log))]),
          ...others.flatMap((other) => [...encoder.block(other)]),
          ...encoder.end(),
        ];
        const { events, outcome } = traceFastCgiAnswer(cutUp(bytesOf(wire), size));
        const joined = (type: string) =>
          (events as string[][])
            .filter((event) => event[0] === type)
            .map((event) => event[2])
            .join('');
        expect([joined('data'), joined('log')]).toEqual([blocks.join(''), logs.join('')]);
        expect([events[0], events.at(-1), outcome]).toEqual([
          ['head', 200, 'OK', [['X', 'y']]],
          ['end', true],
          'eof',
        ]);
      },
    ),
    { numRuns: 500 * FACTOR },
  );
});

describe('linear time and little memory', () => {
  const begin = text(beginRequest(1, 1, true));

  test('a large pair, byte by byte in records of a byte', () => {
    const limits = { maxVariables: 500, maxVariableBytes: 1 << 20, maxBody: 1, maxRequests: 1 };
    const records = Array.from(pairText('A', 'v'.repeat(300_000)), (byte) =>
      text(recordHeader(PARAMS, 1, 1) + byte),
    );
    const parser = new FastCgiRequestParser(limits);
    let events = 0;
    const seconds = processorTime(() => {
      for (const record of [begin, ...records]) {
        parser.push(record);
        if (parser.next() !== null) events++;
      }
    });
    parser.push(text(streamEnd(PARAMS, 1)));
    expect([events, parser.next()?.type]).toEqual([0, 'head']);
    // In quadratic time it would be 45 thousand million steps.
    expect(seconds).toBeLessThan(5);
  });

  test('K9 variables without an end keep no more than the limit', () => {
    const parser = new FastCgiRequestParser();
    parser.push(begin);
    const piece = text(recordHeader(PARAMS, 1, 60_000) + pairText('A', 'v'.repeat(59_994)));
    const before = process.memoryUsage().heapUsed + process.memoryUsage().external;
    let refused = 0;
    for (let sent = 0; sent < 64 * 1024 * 1024; sent += piece.length) {
      parser.push(Buffer.from(piece));
      for (let event = parser.next(); event !== null; event = parser.next()) {
        if (event.type === 'refused') refused++;
      }
    }
    const { heapUsed, external } = process.memoryUsage();
    expect(refused).toBe(1);
    expect(heapUsed + external - before).toBeLessThan(80 * 1024 * 1024);
    expect(parser.buffered).toBeLessThanOrEqual(70_000);
  });

  test('a million records for requests that are not there', () => {
    const parser = new FastCgiRequestParser();
    const records = Buffer.concat(new Array(10_000).fill(text(`${recordHeader(STDIN, 9, 3)}abc`)));
    const seconds = processorTime(() => {
      for (let times = 0; times < 100; times++) {
        parser.push(records);
        expect(parser.next()).toBeNull();
      }
    });
    expect(seconds).toBeLessThan(5);
  });
});
