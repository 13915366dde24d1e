import { describe, expect, it } from 'vitest';
import type { AnswerHead, Pieces } from '../answer.ts';
import { CgiAnswerEncoder } from './answer-encoder.ts';
import { NphAnswerEncoder } from './nph-answer-encoder.ts';

const text = (pieces: Pieces) =>
  pieces.map((piece) => (typeof piece === 'string' ? piece : `<${piece.join()}>`)).join('|');

function head(headers: AnswerHead['headers'], contentLength: number | null = null): AnswerHead {
  return { status: '200 OK', headers, contentLength };
}

describe('CgiAnswerEncoder', () => {
  it('CGI-7 writes a block that begins with Status and an empty line behind it', () => {
    const pieces = new CgiAnswerEncoder().begin(head([['Content-Type', 'text/plain']], 2), 'hi');
    expect(text(pieces)).toBe(
      'Status: 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 2\r\n\r\nhi',
    );
  });

  it('CGI-7 writes a block even where the application has no header', () => {
    expect(text(new CgiAnswerEncoder().begin(head([]), null))).toBe('Status: 200 OK\r\n\r\n');
  });

  it('CGI-18 writes the status as three digits, a space and the reason, which may be empty', () => {
    const encoder = new CgiAnswerEncoder();
    expect(text(encoder.begin({ ...head([]), status: '404 ' }, null))).toBe('Status: 404 \r\n\r\n');
  });

  it('keeps bytes as they are, behind the head and as further blocks', () => {
    const encoder = new CgiAnswerEncoder();
    expect(text(encoder.begin(head([]), Uint8Array.of(1, 2)))).toBe('Status: 200 OK\r\n\r\n|<1,2>');
    expect(text(encoder.block(Uint8Array.of(3)))).toBe('<3>');
    expect(text(encoder.block('é'))).toBe('é');
    expect(encoder.end()).toEqual([]);
  });

  it('CGI-8 repeats fields, but neither Content-Type nor Location', () => {
    const cookies = head([
      ['Set-Cookie', 'a'],
      ['Set-Cookie', 'b'],
    ]);
    expect(text(new CgiAnswerEncoder().begin(cookies, null))).toContain(
      'Set-Cookie: a\r\nSet-Cookie: b\r\n',
    );
    for (const name of ['Content-Type', 'Location']) {
      const twice = head([
        [name, 'a'],
        [name.toLowerCase(), 'a'],
      ]);
      expect(() => new CgiAnswerEncoder().begin(twice, null)).toThrow(
        expect.objectContaining({ name: 'ProtocolError', code: 'repeated-field', status: 500 }),
      );
    }
  });
});

describe('NphAnswerEncoder', () => {
  it('CGI-20 writes an HTTP message that ends with its connection', () => {
    const encoder = new NphAnswerEncoder('HTTP/1.1', 1000);
    expect(text(encoder.begin(head([['A', 'b']], 2), 'hi'))).toBe(
      'HTTP/1.1 200 OK\r\nA: b\r\nDate: Thu, 01 Jan 1970 00:00:01 GMT\r\n' +
        'Content-Length: 2\r\nConnection: close\r\n\r\nhi',
    );
    expect(text(encoder.block(Uint8Array.of(3)))).toBe('<3>');
    expect(encoder.end()).toEqual([]);
  });

  it("CGI-20 follows SERVER_PROTOCOL, and keeps the application's Date", () => {
    const encoder = new NphAnswerEncoder('HTTP/1.0', 0);
    expect(text(encoder.begin(head([['date', 'now']]), Uint8Array.of(1)))).toBe(
      'HTTP/1.0 200 OK\r\ndate: now\r\nConnection: close\r\n\r\n|<1>',
    );
    expect(text(new NphAnswerEncoder('INCLUDED', 0).begin(head([]), null))).toMatch(/^HTTP\/1\.1 /);
  });
});
