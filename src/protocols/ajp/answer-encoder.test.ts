import { describe, expect, test } from 'vitest';
import { type Said, said } from '../../../test/ajp/packets.ts';
import type { AnswerHead, Pieces } from '../answer.ts';
import { AjpAnswerEncoder, CPONG } from './answer-encoder.ts';

const bytes = (...pieces: Pieces[]) =>
  Buffer.concat(pieces.flat().map((piece) => Buffer.from(piece as string, 'latin1')));

const head = (parts: Partial<AnswerHead> = {}): AnswerHead => ({
  status: '200 OK',
  headers: [],
  contentLength: null,
  ...parts,
});

function packets(...pieces: Pieces[]): Said[] {
  const { packets, rest } = said(bytes(...pieces));
  expect(rest).toHaveLength(0);
  return packets;
}

const FLUSH = { chunk: '' };

test('AJP-8 the answer to CPing', () => {
  expect(bytes([CPONG])).toEqual(Buffer.from('4142000109', 'hex'));
});

test('AJP-1 AJP-7 AJP-39 AJP-42 the bytes of a small answer', () => {
  const encoder = new AjpAnswerEncoder();
  const headers = [
    ['content-type', 'a/b'],
    ['X', 'y'],
  ] as const;
  const begun = encoder.begin(head({ headers, contentLength: 2 }), 'hi');
  const hex = bytes(begun, encoder.end()).toString('hex');
  expect(hex).toBe(
    [
      // SEND_HEADERS, 200, "OK", 3 headers: Content-Type, X, Content-Length.
      '41420020 04 00c8 00024f4b00 0003 a001 0003612f6200 00015800 00017900 a003 00013200',
      '41420006 03 0002 6869 00',
      '41420002 05 01',
    ]
      .join('')
      .replaceAll(' ', ''),
  );
});

describe('AJP-40 the reason', () => {
  test.each([
    ['200 OK', 'OK'],
    ['404 Not Found', 'Not Found'],
    ['299 ', '299'],
  ])('of %j', (status, reason) => {
    const [first] = packets(new AjpAnswerEncoder().begin(head({ status }), null));
    expect(first).toMatchObject({ head: Number(status.slice(0, 3)), reason });
  });
});

test('AJP-41 headers keep their order and repeat', () => {
  const headers = [
    ['Set-Cookie', 'a=1'],
    ['X-Lat', '\xe9'],
    ['Set-Cookie', 'b=2'],
    ['X-Empty', ''],
  ] as const;
  const [first] = packets(new AjpAnswerEncoder().begin(head({ headers }), null));
  expect(first).toMatchObject({ headers });
});

test('AJP-47 without content there is a head and an end', () => {
  const encoder = new AjpAnswerEncoder();
  const answer = packets(encoder.begin(head({ status: '204 No Content' }), null), encoder.end());
  expect(answer).toMatchObject([{ head: 204 }, { end: 1 }]);
});

describe('content', () => {
  test.each(['text', 'bytes'])(
    'AJP-3 AJP-42 long %s go in packets of 8184 bytes at most',
    (kind) => {
      const data = Array.from({ length: 20_000 }, (_, index) => index % 10).join('');
      const block = kind === 'text' ? data : Buffer.from(data);
      const encoder = new AjpAnswerEncoder();
      const pieces = encoder.begin(head({ contentLength: 20_000 }), block);
      const chunks = packets(pieces).flatMap((packet) => ('chunk' in packet ? [packet.chunk] : []));
      expect(chunks.map((chunk) => chunk.length)).toEqual([8184, 8184, 3632]);
      expect(chunks.join('')).toBe(data);
    },
  );

  test('AJP-3 a larger packet may be agreed on, and a smaller one', () => {
    for (const maxPacket of [65_536, 512]) {
      const encoder = new AjpAnswerEncoder(maxPacket);
      const answer = bytes(encoder.begin(head(), 'x'.repeat(100_000)), encoder.end());
      const chunks = said(answer).packets.flatMap((packet) => ('chunk' in packet ? [packet] : []));
      expect(chunks[0]?.chunk).toHaveLength(maxPacket - 8);
      expect(chunks.map(({ chunk }) => chunk).join('')).toHaveLength(100_000);
    }
  });

  test('AJP-43 AJP-44 each block is flushed, behind the head, and the last one by the end', () => {
    const encoder = new AjpAnswerEncoder();
    const first = encoder.begin(head({ contentLength: 5 }), 'ab');
    expect(packets(first)).toMatchObject([{ head: 200 }, { chunk: 'ab' }, FLUSH]);
    expect(packets(encoder.block('cd'))).toEqual([{ chunk: 'cd' }, FLUSH]);
    expect(packets(encoder.block('e'), encoder.end())).toEqual([{ chunk: 'e' }, { end: 1 }]);
  });

  test('AJP-43 without a length every block is flushed', () => {
    const encoder = new AjpAnswerEncoder();
    encoder.begin(head(), null);
    expect(packets(encoder.block(Buffer.of(1)))).toEqual([{ chunk: '\x01' }, FLUSH]);
    expect(bytes(encoder.block('a')).subarray(-8)).toEqual(Buffer.from('4142000403000000', 'hex'));
  });

  test('octets of any size pass unharmed', () => {
    const octets = Buffer.from(Array.from({ length: 3000 }, (_, index) => index & 0xff));
    for (const size of [1, 255, 256, 1024, 1025, 3000]) {
      const encoder = new AjpAnswerEncoder();
      encoder.begin(head(), null);
      const [chunk] = packets(encoder.block(octets.subarray(0, size)));
      expect(chunk).toEqual({ chunk: octets.toString('latin1', 0, size) });
    }
  });
});

test('AJP-45 the end tells whether the connection stays', () => {
  const encoder = new AjpAnswerEncoder();
  encoder.reusable = false;
  expect(packets(encoder.end())).toEqual([{ end: 0 }]);
});

test('AJP-39 a head must fit into one packet', () => {
  // 4 + 1 + 2 + "OK" 5 + 2 + "X" 4 + 3 about the value.
  const fitting = 8192 - 21;
  const answer = (size: number) =>
    new AjpAnswerEncoder().begin(head({ headers: [['X', 'y'.repeat(size)]] }), null);
  expect(bytes(answer(fitting))).toHaveLength(8192);
  expect(() => answer(fitting + 1)).toThrowError(
    expect.objectContaining({ code: 'answer-head-too-large', status: 500 }),
  );
});
