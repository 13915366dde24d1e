import { describe, expect, it } from 'vitest';
import { cgiResponse } from '../../../test/vectors/cgi-trace.ts';
import { CgiResponseParser } from './response-parser.ts';

const read = (text: string, method = 'GET') => cgiResponse([Buffer.from(text, 'latin1')], method);
const refused = (code: string) => ({ code, status: 502 });

describe('CgiResponseParser', () => {
  it('CGI-7 gives the head, the content and the end', () => {
    expect(read('Status: 404 Not Found\r\nContent-Type: text/plain\r\n\r\nno')).toEqual({
      status: 404,
      reason: 'Not Found',
      headers: [['Content-Type', 'text/plain']],
      localRedirect: null,
      body: 'no',
      outcome: 'end',
    });
  });

  it('CGI-10 takes LF for CRLF', () => {
    expect(read('Status: 201 Created\nA: b\n\nno')).toMatchObject({
      status: 201,
      headers: [['A', 'b']],
      body: 'no',
      outcome: 'end',
    });
  });

  it('CGI-17 takes a missing Status for 200', () => {
    expect(read('A: b\n\n')).toMatchObject({ status: 200, reason: 'OK', outcome: 'end' });
  });

  it('CGI-13 takes a Location without Status for 302, made by the server', () => {
    const answer = read('Location: http://a.example/\n\n');
    expect(answer).toMatchObject({ status: 302, reason: 'Found', localRedirect: null });
    expect(answer.headers).toEqual([['Location', 'http://a.example/']]);
  });

  it('CGI-14 tells a local redirect', () => {
    expect(read('Location: /other?a=b\n\n').localRedirect).toBe('/other?a=b');
    expect(read('Location: /other\nA: b\n\n').localRedirect).toBeNull();
    expect(read('Status: 302 Found\nLocation: /other\n\n').localRedirect).toBeNull();
  });

  it('J15 takes a Location that names a host for no local redirect', () => {
    expect(read('Location: //evil/\n\n')).toMatchObject({ status: 302, localRedirect: null });
  });

  it('CGI-15 keeps the Status and the content of a redirect that has them', () => {
    const answer = read('Status: 307 Temporary Redirect\nLocation: http://a/\n\nmoved');
    expect(answer).toMatchObject({ status: 307, body: 'moved' });
  });

  it('CGI-19 leaves out the content of answers to HEAD, and of 204 and 304', () => {
    expect(read('Content-Length: 2\n\nhi', 'HEAD')).toMatchObject({ body: '', outcome: 'end' });
    expect(read('Content-Length: 2\n\n', 'HEAD')).toMatchObject({
      headers: [['Content-Length', '2']],
      outcome: 'end',
    });
    expect(read('Status: 204 No Content\n\nhi')).toMatchObject({ body: '', outcome: 'end' });
    expect(read('Status: 304 Not Modified\nContent-Length: 9\n\n')).toMatchObject({
      outcome: 'end',
    });
  });

  it.each([
    ['no empty line', 'Content-Type: text/html\n'],
    ['nothing', ''],
    ['no field', '\r\n<p>hello'],
    ['a line without colon', '<p>hello</p>\n\n'],
    ['Status: abc', 'Status: abc\n\n'],
    ['Status: 99', 'Status: 99 Low\n\n'],
    ['Status: 099', 'Status: 099 Low\n\n'],
    ['Status: 1000', 'Status: 1000 High\n\n'],
    ['Status: 103', 'Status: 103 Early Hints\n\n'],
    ['an empty Status', 'Status:\n\n'],
    ['Status twice', 'Status: 200 OK\nStatus: 200 OK\n\n'],
  ])('J7 refuses %s', (_, text) => {
    expect(read(text).outcome).toEqual(refused('bad-cgi-header'));
  });

  it.each([
    ['CR in a value', 'X: a\rY: b\n\n'],
    ['NUL in a value', 'X: a\0\n\n'],
    ['NUL in a name', 'X\0: a\n\n'],
    ['an empty name', ': a\n\n'],
  ])('J8 refuses %s', (_, text) => {
    expect(read(text).outcome).toEqual(refused('bad-cgi-header'));
  });

  it('J8 refuses a header of 1 MiB and 10 000 fields, and holds no more than the limit', () => {
    expect(read(`X: ${'a'.repeat(1 << 20)}\n\n`).outcome).toEqual(refused('header-too-large'));
    expect(read(`${'a:\n'.repeat(10_000)}\n`).outcome).toEqual(refused('header-too-large'));
    expect(read(`${'a:\n'.repeat(101)}\n`).outcome).toEqual(refused('too-many-fields'));
    expect(read(`${'a:\n'.repeat(100)}\n`).outcome).toBe('end');
  });

  it('CGI-11 refuses folded lines and blanks before the colon', () => {
    expect(read('A: b\n c\n\n').outcome).toEqual(refused('bad-cgi-header'));
    expect(read('A : b\n\n').outcome).toEqual(refused('bad-cgi-header'));
  });

  it('CGI-8 refuses Content-Type and Location that come twice', () => {
    expect(read('Content-Type: a/b\ncontent-type: a/b\n\n').outcome).toEqual(
      refused('bad-cgi-header'),
    );
    expect(read('Location: /a\nlocation: /b\n\n').outcome).toEqual(refused('bad-cgi-header'));
  });

  it('J9 cuts content beyond its length, and says what is missing of it', () => {
    expect(read('Content-Length: 5\n\n1234567890')).toMatchObject({
      body: '12345',
      outcome: 'end',
    });
    expect(read('Content-Length: 10\n\n12345')).toMatchObject({
      body: '12345',
      outcome: refused('incomplete-body'),
    });
  });

  it('J9 has the end of what has a length as soon as that is reached', () => {
    const parser = new CgiResponseParser();
    parser.push(Buffer.from('Content-Length: 2\n\nhi'));
    expect([parser.next(), parser.next(), parser.next()].map((event) => event?.type)).toEqual([
      'head',
      'data',
      'end',
    ]);
    parser.push(Buffer.from('more'));
    parser.end();
    expect(parser.next()).toBeNull();
  });

  it('J10 CGI-12 leaves out the fields that concern a connection', () => {
    const answer = read('Transfer-Encoding: chunked\nConnection: x\nKeep-Alive: 1\nA: b\n\nhi');
    expect(answer).toMatchObject({ headers: [['A', 'b']], body: 'hi', outcome: 'end' });
  });

  it.each([
    ['+5', 'bad-content-length'],
    ['', 'bad-content-length'],
    ['5 5', 'bad-content-length'],
    ['0x5', 'bad-content-length'],
    ['1e3', 'bad-content-length'],
    ['9999999999999999', 'bad-content-length'],
    ['5\nContent-Length: 5', 'conflicting-content-length'],
  ])('J10 refuses Content-Length: %j', (value, code) => {
    expect(read(`Content-Length: ${value}\n\n12345`).outcome).toEqual(refused(code));
  });

  it('J16 refuses an HTTP status line', () => {
    expect(read('HTTP/1.1 200 OK\r\nA: b\r\n\r\n').outcome).toEqual(refused('nph-response'));
  });

  it('throws the same error again', () => {
    const parser = new CgiResponseParser();
    parser.push(Buffer.from('no\n\n'));
    const thrown = () => {
      try {
        return parser.next();
      } catch (error) {
        return error;
      }
    };
    const first = thrown();
    parser.push(Buffer.from('A: b\n\n'));
    expect(first).toMatchObject({ code: 'bad-cgi-header' });
    expect(thrown()).toBe(first);
  });
});
