import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ClientEvent } from '../client-codec.ts';
import { ProtocolError } from '../protocol-error.ts';
import { Http1Client } from './client.ts';

const basic = { REQUEST_METHOD: 'GET', REQUEST_URI: '/a?b', HTTP_HOST: 'h' };

const variables = (more: Record<string, string> = {}) => {
  const all = { ...basic, ...more };
  return { names: Object.keys(all), values: Object.values(all) };
};

const text = (pieces: readonly (string | Uint8Array)[]) =>
  pieces
    .map((piece) => (typeof piece === 'string' ? piece : Buffer.from(piece).toString('latin1')))
    .join('');

/** All events of an answer, its content joined, fed in pieces of a size. */
function read(client: Http1Client, answer: string, size: number): unknown[] {
  const events: unknown[] = [];
  let content = '';
  const take = (event: ClientEvent) => {
    if (event.type === 'data') content += Buffer.from(event.data).toString('latin1');
    else events.push(event);
  };
  const bytes = Buffer.from(answer, 'latin1');
  for (let at = 0; at < bytes.length; at += size) {
    client.push(bytes.subarray(at, at + size));
    for (let event = client.next(); event !== null; event = client.next()) take(event);
  }
  return [...events, content];
}

describe('requests', () => {
  it('have their fields in order, Host first, and nothing of other variables', () => {
    const client = new Http1Client();
    const more = {
      CONTENT_TYPE: 'text/plain',
      HTTP_X_ODD_NAME: 'v\u00e9',
      SERVER_NAME: 's',
      'wsgi.x': 'y',
      CONTENT_LENGTH: '',
      HTTP_CONTENT_LENGTH: '9',
    };
    expect(text(client.begin(variables(more)))).toBe(
      'GET /a?b HTTP/1.1\r\nHost: h\r\nContent-Type: text/plain\r\nX-Odd-Name: v\u00e9\r\n\r\n',
    );
    expect(client.contentEnd()).toEqual([]);
  });

  it('have content of a known length', () => {
    const client = new Http1Client();
    expect(text(client.begin(variables({ CONTENT_LENGTH: '5' })))).toContain(
      'Content-Length: 5\r\n',
    );
    expect(text(client.content(Buffer.from('hello')))).toBe('hello');
    expect(client.contentEnd()).toEqual([]);
    expect(() => client.content(Buffer.from('x'))).toThrow(ProtocolError);
  });

  it('refuse less content than was said', () => {
    const client = new Http1Client();
    client.begin(variables({ CONTENT_LENGTH: '5' }));
    expect(() => client.contentEnd()).toThrow(ProtocolError);
  });

  it('have chunks where the length is not known', () => {
    const client = new Http1Client();
    const head = text(client.begin(variables({ HTTP_TRANSFER_ENCODING: 'chunked' })));
    expect(head).toContain('Transfer-Encoding: chunked\r\n');
    expect(text(client.content(Buffer.from('hello world, hello')))).toBe(
      '12\r\nhello world, hello\r\n',
    );
    expect(text(client.contentEnd())).toBe('0\r\n\r\n');
  });

  it.each<[string, Record<string, string>]>([
    ['bad-method', { REQUEST_METHOD: 'G ET' }],
    ['bad-method', { REQUEST_METHOD: '' }],
    ['bad-target', { REQUEST_URI: '/a b' }],
    ['bad-target', { REQUEST_URI: '/a\r\nX: y' }],
    ['bad-target', { REQUEST_URI: '' }],
    ['bad-field-value', { HTTP_X: 'a\r\nY: z' }],
    ['bad-field-value', { HTTP_X: 'a\0' }],
    ['bad-field-value', { HTTP_X: '\u20ac' }],
    ['bad-field-value', { HTTP_HOST: 'h\n' }],
    ['bad-field-name', { 'HTTP_X Y': 'z' }],
    ['bad-field-name', { 'HTTP_X:': 'z' }],
    ['bad-field-name', { HTTP_: 'z' }],
    ['bad-coding', { HTTP_TRANSFER_ENCODING: 'gzip, chunked' }],
    ['bad-content-length', { CONTENT_LENGTH: '+5' }],
    ['bad-content-length', { CONTENT_LENGTH: '5, 5' }],
  ])('are refused: %s', (code, more) => {
    const client = new Http1Client();
    expect(() => client.begin(variables(more))).toThrow(expect.objectContaining({ code }));
  });

  it('without a Host are refused', () => {
    const names = { names: ['REQUEST_METHOD', 'REQUEST_URI'], values: ['GET', '/'] };
    expect(() => new Http1Client().begin(names)).toThrow(
      expect.objectContaining({ code: 'missing-host' }),
    );
  });
});

describe('answers', () => {
  const ANSWER =
    'HTTP/1.1 103 Early\r\nLink: x\r\n\r\n' +
    'HTTP/1.1 200 Fine\r\nTransfer-Encoding: chunked\r\nX: 1\r\nX: 2\r\n\r\n5\r\nhello\r\n0\r\n\r\n';

  it.each([1, 2, 3, 7, 1000])('are the same in pieces of %i bytes', (size) => {
    const client = new Http1Client();
    client.begin(variables());
    client.contentEnd();
    expect(read(client, ANSWER, size)).toEqual([
      {
        type: 'head',
        status: 200,
        reason: 'Fine',
        headers: [
          ['Transfer-Encoding', 'chunked'],
          ['X', '1'],
          ['X', '2'],
        ],
      },
      { type: 'end', reusable: true },
      'hello',
    ]);
  });

  it('may be followed by another request on the connection', () => {
    const client = new Http1Client();
    for (let request = 0; request < 3; request++) {
      client.begin(variables());
      client.contentEnd();
      expect(read(client, 'HTTP/1.1 204 No\r\n\r\n', 99)).toContainEqual({
        type: 'end',
        reusable: true,
      });
    }
  });

  it.each([
    ['the server closes', 'HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n'],
    ['the server speaks HTTP/1.0', 'HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n'],
    ['more follows', 'HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\nHTTP/1.1 200 OK\r\n'],
  ])('may not, when %s', (_, answer) => {
    const client = new Http1Client();
    client.begin(variables());
    client.contentEnd();
    client.push(Buffer.from(answer));
    client.next();
    expect(client.next()).toEqual({ type: 'end', reusable: false });
  });

  it('may not, when the content was not sent', () => {
    const client = new Http1Client();
    client.begin(variables({ CONTENT_LENGTH: '5' }));
    expect(read(client, 'HTTP/1.1 413 Large\r\nContent-Length: 0\r\n\r\n', 99)).toContainEqual({
      type: 'end',
      reusable: false,
    });
  });

  it('let content come, when that was waited for', () => {
    const client = new Http1Client();
    client.begin(variables({ CONTENT_LENGTH: '5', HTTP_EXPECT: '100-continue' }));
    expect(client.pulls).toBe(true);
    client.push(Buffer.from('HTTP/1.1 102 Go\r\n\r\nHTTP/1.1 100 Continue\r\n\r\n'));
    expect(client.next()).toEqual({ type: 'want', size: Number.POSITIVE_INFINITY });
    expect(client.pulls).toBe(false);
  });

  it('that do not come are refused', () => {
    const client = new Http1Client();
    client.begin(variables());
    client.end();
    expect(() => client.next()).toThrow(
      expect.objectContaining({ code: 'no-response', status: 502 }),
    );
  });

  it('whatever they are, give events or a ProtocolError', () => {
    const pieces = fc.array(
      fc.oneof(
        fc.constantFrom(
          'HTTP/1.1 ',
          '200 OK',
          '100 C',
          '\r\n',
          '\r\n\r\n',
          ': ',
          'A',
          '0\r\n',
          '5',
        ),
        fc.constantFrom('Content-Length: 3\r\n', 'Transfer-Encoding: chunked\r\n'),
        fc.string({ unit: 'binary', maxLength: 4 }),
      ),
      { maxLength: 20 },
    );
    fc.assert(
      fc.property(pieces, (parts) => {
        const client = new Http1Client();
        client.begin(variables());
        client.contentEnd();
        try {
          read(client, parts.join(''), 5);
        } catch (error) {
          expect(error).toBeInstanceOf(ProtocolError);
          expect((error as ProtocolError).status).toBe(502);
        }
      }),
    );
  });
});
