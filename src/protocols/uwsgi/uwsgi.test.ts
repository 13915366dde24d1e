import { describe, expect, test } from 'vitest';
import { ProtocolError, UwsgiAnswerEncoder, UwsgiClient } from './index.ts';

const GET = { names: ['REQUEST_METHOD', 'PATH_INFO'], values: ['GET', '/'] };

describe('UwsgiAnswerEncoder', () => {
  const encoder = new UwsgiAnswerEncoder();
  const head = { status: '200 OK', headers: [['X', 'y']], contentLength: 2 } as const;

  test('UWSGI-7 begins with a real status line, and UWSGI-8 says that it closes', () => {
    expect(encoder.begin(head, 'ok')).toEqual([
      'HTTP/1.1 200 OK\r\nX: y\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok',
    ]);
  });

  test('UWSGI-8 lets the end of the connection be the end, and never chunks', () => {
    const block = Buffer.from('ok');
    const pieces = [
      ...encoder.begin({ ...head, contentLength: null }, block),
      ...encoder.block('more'),
      ...encoder.end(),
    ];
    expect(pieces).toEqual(['HTTP/1.1 200 OK\r\nX: y\r\nConnection: close\r\n\r\n', block, 'more']);
  });

  test('has nothing behind the head where there is no content', () => {
    expect(encoder.begin({ ...head, contentLength: 0 }, null)).toEqual([
      'HTTP/1.1 200 OK\r\nX: y\r\nContent-Length: 0\r\nConnection: close\r\n\r\n',
    ]);
  });
});

describe('UwsgiClient', () => {
  const client = (...answer: string[]) => {
    const made = new UwsgiClient();
    made.begin(GET);
    for (const piece of answer) made.push(Buffer.from(piece, 'latin1'));
    return made;
  };

  test('UWSGI-1, UWSGI-2 writes sizes with their lower byte first', () => {
    const value = 'v'.repeat(0x102);
    expect(new UwsgiClient().begin({ names: ['A'], values: [value] })).toEqual([
      `\0\x07\x01\0\x01\0A\x02\x01${value}`,
    ]);
  });

  test('UWSGI-4 refuses what does not fit into a packet', () => {
    const begin = (size: number) => () =>
      new UwsgiClient().begin({ names: ['A'], values: ['v'.repeat(size)] });
    expect(begin(65_530)).not.toThrow();
    expect(begin(65_531)).toThrow(ProtocolError);
  });

  test('reads an answer with a length', () => {
    const made = client('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok', 'surplus');
    expect(made.next()).toEqual({
      type: 'head',
      status: 200,
      reason: 'OK',
      headers: [['Content-Length', '2']],
    });
    expect(made.next()).toMatchObject({ type: 'data' });
    expect(made.next()).toEqual({ type: 'end', reusable: false });
    expect(made.next()).toBeNull();
  });

  test('reads an answer that lasts until the connection ends, behind an interim one', () => {
    const made = client('HTTP/1.1 103 Early Hints\r\nLink: a\r\n\r\nHTTP/1.0 201 \r\n\r\nok');
    expect(made.next()).toMatchObject({ type: 'head', status: 201, reason: '' });
    expect(made.next()).toMatchObject({ type: 'data' });
    expect(made.next()).toBeNull();
    made.end();
    expect(made.next()).toEqual({ type: 'end', reusable: false });
  });

  test('drops the content that servers send in answer to HEAD', () => {
    const made = new UwsgiClient();
    made.begin({ names: ['REQUEST_METHOD'], values: ['HEAD'] });
    made.push(Buffer.from('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok'));
    expect(made.next()).toMatchObject({ type: 'head' });
    expect(made.next()).toEqual({ type: 'end', reusable: false });
    expect(made.next()).toBeNull();
  });

  test.each([
    ['nothing', '', 'no-response'],
    ['half a head', 'HTTP/1.1 200', 'incomplete-head'],
    ['a CGI response', 'Status: 200 OK\r\n\r\n', 'bad-version'],
    ['half of its content', 'HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nok', 'incomplete-body'],
    ['another protocol', 'HTTP/1.1 101 Switching\r\nUpgrade: x\r\n\r\n', 'bad-status'],
  ])('refuses %s, again on every call', (_, answer, code) => {
    const made = client(answer);
    made.end();
    const refusal = () => {
      for (;;) {
        try {
          expect(made.next()).not.toBeNull();
        } catch (error) {
          return error;
        }
      }
    };
    const first = refusal();
    expect(first).toMatchObject({ name: 'ProtocolError', status: 502, code });
    expect(refusal()).toBe(first);
  });

  test('begins anew for another connection', () => {
    const made = client('');
    made.end();
    expect(() => made.next()).toThrow(ProtocolError);
    made.begin(GET);
    made.push(Buffer.from('HTTP/1.1 204 No Content\r\n\r\n'));
    expect(made.next()).toMatchObject({ status: 204 });
  });
});
