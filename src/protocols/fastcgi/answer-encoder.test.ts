import { describe, expect, it } from 'vitest';
import type { AnswerHead, Pieces } from '../answer.ts';
import { FastCgiAnswerEncoder } from './answer-encoder.ts';

const HEAD: AnswerHead = { status: '200 OK', headers: [['A', 'b']], contentLength: null };
const TEXT = 'Status: 200 OK\r\nA: b\r\n\r\n';

const bytes = (pieces: Pieces) =>
  pieces.map((piece) =>
    typeof piece === 'string' ? piece : Buffer.from(piece).toString('latin1'),
  );
const header = (type: number, length: number, id = 1) =>
  String.fromCharCode(1, type, 0, id, length >> 8, length & 0xff, 0, 0);
const end = (app: number) => `${header(3, 8)}\0\0\0${String.fromCharCode(app)}\0\0\0\0`;

describe('FastCgiAnswerEncoder', () => {
  it('FCGI-37, FCGI-40, FCGI-43 writes head and block in one record, and the ends in one piece', () => {
    const encoder = new FastCgiAnswerEncoder(1);
    expect(bytes(encoder.begin(HEAD, 'hello'))).toEqual([
      `${header(6, TEXT.length + 5)}${TEXT}hello`,
    ]);
    expect(bytes(encoder.end())).toEqual([header(6, 0) + end(0)]);
    expect(encoder.ended).toBe(true);
  });

  it('joins few bytes to the text, and keeps many apart from it in the same record', () => {
    const encoder = new FastCgiAnswerEncoder(1);
    const few = header(6, TEXT.length + 3) + TEXT;
    expect(bytes(encoder.begin(HEAD, Buffer.from('ab\xff', 'latin1')))).toEqual([`${few}ab\xff`]);
    const many = 'x'.repeat(2000);
    expect(bytes(new FastCgiAnswerEncoder(1).begin(HEAD, Buffer.from(many)))).toEqual([
      header(6, TEXT.length + 2000) + TEXT,
      many,
    ]);
    expect(bytes(encoder.block(Buffer.from('def')))).toEqual([header(6, 3), 'def']);
  });

  it.each<[string, number, (encoder: FastCgiAnswerEncoder) => unknown]>([
    ['the usual one', 1, () => undefined],
    ['one of another id', 2, () => undefined],
    ['one that was logged', 1, (encoder) => encoder.log('oh')],
  ])('puts whole answers together as their parts: %s', (_, id, prepare) => {
    for (const status of ['200 OK', '500 Internal Server Error']) {
      for (const block of [
        null,
        'hello',
        Buffer.from('hello'),
        Buffer.alloc(2000),
        'x'.repeat(2e5),
      ]) {
        const [inParts, atOnce] = [new FastCgiAnswerEncoder(id), new FastCgiAnswerEncoder(id)];
        prepare(inParts);
        prepare(atOnce);
        const parts = [...inParts.begin({ ...HEAD, status }, block), ...inParts.end()];
        const whole = atOnce.whole({ ...HEAD, status }, block);
        expect(bytes(whole).join('')).toBe(bytes(parts).join(''));
        expect(atOnce.ended).toBe(true);
      }
    }
  });

  it.each(['text', 'bytes'])('FCGI-39 cuts %s that is longer than a record', (kind) => {
    const block = 'x'.repeat(200_000);
    const encoder = new FastCgiAnswerEncoder(1);
    const pieces = bytes(encoder.begin(HEAD, kind === 'text' ? block : Buffer.from(block)));
    const wire = pieces.join('');
    const sizes: number[] = [];
    let content = '';
    for (let at = 0; at < wire.length; ) {
      const size = (wire.charCodeAt(at + 4) << 8) | wire.charCodeAt(at + 5);
      sizes.push(size);
      content += wire.slice(at + 8, at + 8 + size);
      at += 8 + size;
    }
    expect(content).toBe(TEXT + block);
    expect(Math.max(...sizes)).toBe(65_535);
    expect(Math.min(...sizes)).toBeGreaterThan(0);
  });

  it('FCGI-41 ends STDERR where it was used', () => {
    const encoder = new FastCgiAnswerEncoder(1);
    expect(bytes(encoder.log('oh'))).toEqual([`${header(7, 2)}oh`]);
    encoder.begin(HEAD, null);
    expect(bytes(encoder.end())).toEqual([header(6, 0) + header(7, 0) + end(0)]);
  });

  it('FCGI-43 says by the status whether the application failed', () => {
    for (const [status, app] of [
      ['404 Not Found', 0],
      ['500 Internal Server Error', 1],
      ['503 ', 1],
    ] as const) {
      const encoder = new FastCgiAnswerEncoder(1);
      encoder.begin({ ...HEAD, status }, null);
      expect(bytes(encoder.end()).join('')).toBe(header(6, 0) + end(app));
    }
  });

  it('FCGI-1 writes ids of two bytes', () => {
    const encoder = new FastCgiAnswerEncoder(0xfedc);
    expect(bytes(encoder.block('a'))).toEqual(['\x01\x06\xfe\xdc\0\x01\0\0a']);
  });
});
