/** AJP: any bytes give events or a ProtocolError, and what is encoded is read again. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  AjpAnswerEncoder,
  AjpClient,
  AjpRequestParser,
  DEFAULT_AJP_LIMITS,
  type Pieces,
} from '../../src/protocols/ajp/index.ts';
import * as packets from '../ajp/packets.ts';
import { ajpAnswer, ajpRequests } from '../vectors/ajp-trace.ts';
import { FACTOR } from './effort.ts';

const bytes = (pieces: Pieces) =>
  Buffer.concat(pieces.map((piece) => Buffer.from(piece as string, 'latin1')));
const singly = (input: Buffer) => Array.from(input, (byte) => Buffer.of(byte));
const halves = (input: Buffer, at: number) => [
  input.subarray(0, at % (input.length + 1)),
  input.subarray(at % (input.length + 1)),
];

/** Inputs that are nearly right: packets, with some bytes changed, left out or put in. */
function damaged(words: readonly Buffer[]) {
  const change = fc.record({
    at: fc.nat(),
    drop: fc.nat({ max: 3 }),
    put: fc.uint8Array({ maxLength: 3 }),
  });
  return fc
    .record({
      words: fc.array(
        fc.oneof(
          { weight: 6, arbitrary: fc.constantFrom(...words) },
          {
            weight: 1,
            arbitrary: fc.uint8Array({ maxLength: 12 }).map((octets) => Buffer.from(octets)),
          },
        ),
        { maxLength: 5 },
      ),
      changes: fc.array(change, { maxLength: 3 }),
    })
    .map(({ words, changes }) => {
      let input = Buffer.concat(words);
      for (const { at, drop, put } of changes) {
        const place = at % (input.length + 1);
        input = Buffer.concat([input.subarray(0, place), put, input.subarray(place + drop)]);
      }
      return input;
    });
}

const requests = damaged([
  packets.CPING,
  packets.NO_CONTENT,
  packets.content('abc'),
  packets.content(''),
  packets.forward(),
  packets.forward({ headers: [[0xa008, '3']] }),
  packets.forward({ headers: [['transfer-encoding', 'chunked']], method: 4 }),
  packets.forward({ headers: [[0xa001, 'a/b']], attributes: [[5, 'q']] }),
  packets.forward({
    method: 255,
    attributes: [
      [13, 'BREW'],
      [11, 256],
      [10, ['AJP_REMOTE_PORT', '1']],
      [12, 's'],
    ],
  }),
  packets.forward({ attributes: [[11, '256']] }),
]);
const answers = damaged([
  packets.answer([9]),
  packets.answer([6, 0, 9]),
  packets.answer(Buffer.from('\x04\0\xc8\0\x02OK\0\0\0', 'latin1')),
  packets.answer(Buffer.from('\x04\0\xc8\xff\xff\0\x01\xa0\x01\0\x01a\0', 'latin1')),
  packets.answer(Buffer.from('\x03\0\x02hi\0', 'latin1')),
  packets.answer([3, 0, 0, 0]),
  packets.answer([5, 1]),
  packets.answer([5, 0]),
]);

test.each([false, true])(
  'requests: the same result however they are cut (lighttpd: %s)',
  (lighttpd) => {
    const parser = () => new AjpRequestParser(DEFAULT_AJP_LIMITS, { lighttpd });
    fc.assert(
      fc.property(requests, fc.nat(), (input, at) => {
        const whole = ajpRequests([input], parser());
        expect(whole.outcome).not.toBe('unfinished');
        expect(ajpRequests(halves(input, at), parser())).toEqual(whole);
        expect(ajpRequests(singly(input), parser())).toEqual(whole);
      }),
      { numRuns: 3000 * FACTOR },
    );
  },
);

test('answers: the same result however they are cut', () => {
  fc.assert(
    fc.property(answers, fc.nat(), (input, at) => {
      const whole = ajpAnswer([input]);
      expect(whole.outcome).not.toBe('unfinished');
      expect(ajpAnswer(halves(input, at))).toEqual(whole);
      expect(ajpAnswer(singly(input))).toEqual(whole);
    }),
    { numRuns: 3000 * FACTOR },
  );
});

test('limits count the request and not the segment', () => {
  const parser = () => new AjpRequestParser({ maxPacket: 60, maxFields: 1, maxBody: 4 });
  fc.assert(
    fc.property(requests, fc.nat(), (input, at) => {
      const whole = ajpRequests([input], parser());
      expect(whole.messages.every(({ body }) => body.length <= 4)).toBe(true);
      expect(ajpRequests(halves(input, at), parser())).toEqual(whole);
      expect(ajpRequests(singly(input), parser())).toEqual(whole);
    }),
    { numRuns: 2000 * FACTOR },
  );
});

test('no more is kept than the largest packet', () => {
  const parser = new AjpRequestParser();
  parser.push(packets.forward({ headers: [['transfer-encoding', 'chunked']] }));
  expect(parser.next()).toMatchObject({ type: 'head' });
  for (let round = 0; round < 1000; round++) {
    parser.ask();
    parser.push(packets.content('x'.repeat(8186)));
    expect(parser.next()).toMatchObject({ type: 'data' });
    expect(parser.buffered).toBe(0);
  }
});

test.each([
  ['requests', () => new AjpRequestParser()],
  ['answers', () => new AjpClient()],
])('%s: the same error is thrown again', (_, make) => {
  const parser = make();
  parser.push(Buffer.from('GET / HTTP/1.1\r\n'));
  const thrown = () => {
    try {
      parser.next();
    } catch (error) {
      return error;
    }
    return null;
  };
  const first = thrown();
  expect(first).toMatchObject({ name: 'ProtocolError', code: 'bad-magic' });
  parser.push(packets.CPING);
  expect(thrown()).toBe(first);
});

const octets = (min: number) =>
  fc
    .array(fc.oneof(fc.integer({ min: 0x20, max: 0x7e }), fc.integer({ min: 0x80, max: 0xff })), {
      minLength: min,
      maxLength: 12,
    })
    .map((codes) => String.fromCharCode(...codes));
const letters = (pattern: RegExp) => fc.stringMatching(pattern);

test('a request that the client encodes is read again', () => {
  const request = fc.record({
    method: fc.oneof(fc.constantFrom('GET', 'POST', 'MKACTIVITY'), letters(/^[A-Z-]{1,9}$/)),
    path: octets(0).map((text) => `/${text}`),
    query: letters(/^[a-z&=%]{0,9}$/),
    fields: fc.dictionary(letters(/^X_[A-Z]{1,5}$/), octets(0), { maxKeys: 4 }),
    content: fc.uint8Array({ maxLength: 9000 }),
    known: fc.boolean(),
    secret: octets(0),
  });
  fc.assert(
    fc.property(request, ({ method, path, query, fields, content, known, secret }) => {
      const framing: [string, string] = known
        ? ['CONTENT_LENGTH', String(content.length)]
        : ['HTTP_TRANSFER_ENCODING', 'chunked'];
      const pairs = [
        ...[
          ['REQUEST_METHOD', method],
          ['PATH_INFO', path],
          ['QUERY_STRING', query],
        ],
        ...Object.entries(fields).map(([name, value]) => [`HTTP_${name}`, value]),
        framing,
      ] as [string, string][];
      const client = new AjpClient({ secret });
      const server = new AjpRequestParser();
      const variables = { names: pairs.map(([name]) => name), values: pairs.map(([, v]) => v) };
      server.push(bytes(client.begin(variables)));
      const head = server.next();
      if (head?.type !== 'head') throw new Error('no head');
      const sent = Object.fromEntries(
        head.variables.names.map((name, index) => [name, head.variables.values[index]]),
      );
      expect(head.secret ?? '').toBe(secret);
      expect(sent).toMatchObject({
        REQUEST_METHOD: method,
        PATH_INFO: path,
        QUERY_STRING: query,
        ...Object.fromEntries(
          Object.entries(fields).map(([name, value]) => [`HTTP_${name}`, value]),
        ),
      });
      expect(carried(client, server, content)).toEqual(Buffer.from(content));
    }),
    { numRuns: 500 * FACTOR },
  );
});

/** Sends content from a client to a server, which asks for it. */
function carried(client: AjpClient, server: AjpRequestParser, content: Uint8Array): Buffer {
  const arrived: Buffer[] = [];
  let at = 0;
  for (;;) {
    if (server.mustAsk) client.push(Buffer.from(server.ask(), 'latin1'));
    const want = client.next();
    if (want?.type === 'want') {
      const data = content.subarray(at, at + want.size);
      at += data.length;
      server.push(bytes(data.length > 0 ? client.content(data) : client.contentEnd()));
    }
    const event = server.next();
    if (event?.type === 'end') return Buffer.concat(arrived);
    if (event?.type === 'data') arrived.push(Buffer.from(event.data));
    else if (event === null && want === null && !server.mustAsk) throw new Error('at a standstill');
  }
}

test('an answer that the server encodes is read again', () => {
  const answer = fc.record({
    status: fc.integer({ min: 200, max: 999 }),
    reason: octets(0),
    headers: fc.array(fc.tuple(letters(/^X-[a-z]{1,5}$/), octets(0)), { maxLength: 4 }),
    blocks: fc.array(fc.oneof(octets(1), fc.uint8Array({ minLength: 1, maxLength: 20_000 })), {
      maxLength: 3,
    }),
    counted: fc.boolean(),
    reusable: fc.boolean(),
  });
  fc.assert(
    fc.property(answer, ({ status, reason, headers, blocks, counted, reusable }) => {
      const encoder = new AjpAnswerEncoder();
      encoder.reusable = reusable;
      const data = Buffer.concat(blocks.map((block) => Buffer.from(block as string, 'latin1')));
      const contentLength = counted ? data.length : null;
      const head = { status: `${status} ${reason}`, headers, contentLength };
      const [first = null, ...rest] = blocks;
      const wire = bytes([
        ...encoder.begin(head, first),
        ...rest.flatMap((block) => encoder.block(block)),
        ...encoder.end(),
      ]);
      expect(ajpAnswer([wire])).toEqual({
        status,
        reason: reason === String(status) ? '' : reason,
        headers: counted ? [...headers, ['Content-Length', String(data.length)]] : headers,
        body: data.toString('latin1'),
        wants: [],
        outcome: reusable ? 'reusable' : 'closing',
      });
    }),
    { numRuns: 500 * FACTOR },
  );
});
