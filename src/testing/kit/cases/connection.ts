import type { KitCase, Message, Step } from '../case.ts';
import { CLOSE, HTTP, HTTP_1_1, IN_PEP, must, program, should } from './form.ts';

const NEXT: Message = { target: '/environ/next' };
const NEXT_SEEN = { status: 200, json: { '/environ/PATH_INFO': '/environ/next' } };

/** A request, and another one behind it on the same connection. */
function thenNext(message: Message, orEnd = false): readonly Step[] {
  return [{ send: message }, { answer: {}, orEnd }, { send: NEXT }, { answer: NEXT_SEEN, orEnd }];
}

const KEPT = { ...HTTP_1_1, after: ['connection.keep-alive'] };

export const connectionCases: readonly KitCase[] = [
  should(
    'connection.keep-alive',
    'a connection carries several requests',
    'RFC 9112 §9.3',
  )(thenNext({ target: '/unread' }), HTTP_1_1),
  must(
    'connection.close',
    'a connection ends when the client asks for it',
    'RFC 9112 §9.6',
  )(
    [
      { send: { target: '/unread', headers: [CLOSE] } },
      { answer: { status: 200 } },
      { ended: true },
    ],
    HTTP,
  ),
  must(
    'connection.close.list',
    'a connection ends when "close" is one of several options, in any case',
    'RFC 9110 §7.6.1',
  )(
    [
      { send: { target: '/unread', headers: [['Connection', 'x-kit, CLOSE']] } },
      { answer: { status: 200 } },
      { ended: true },
    ],
    HTTP,
  ),
  must(
    'connection.http-1-0',
    'a connection ends when the client speaks HTTP/1.0',
    'RFC 9112 §9.3',
  )(
    [
      { send: { target: '/unread', protocol: 'HTTP/1.0' } },
      { answer: { status: 200 } },
      { ended: true },
    ],
    HTTP,
  ),
  must(
    'connection.pipelined',
    'answers come in the order of the requests',
    'RFC 9112 §9.3.2',
  )(
    [
      { send: { target: '/environ/1' } },
      { send: { target: '/environ/2' } },
      { send: { target: '/environ/3' } },
      { answer: { json: { '/environ/PATH_INFO': '/environ/1' } } },
      { answer: { json: { '/environ/PATH_INFO': '/environ/2' } } },
      { answer: { json: { '/environ/PATH_INFO': '/environ/3' } } },
    ],
    KEPT,
  ),
  must(
    'connection.pipelined.content',
    'each of several requests at once has its own content',
    IN_PEP.streams,
  )(
    [
      { send: { method: 'POST', target: '/echo', content: 'first' } },
      { send: { method: 'POST', target: '/echo', content: 'second' } },
      { answer: { content: 'first' } },
      { answer: { content: 'second' } },
    ],
    KEPT,
  ),
  must(
    'connection.no-length',
    'a POST without a length has no content',
    'RFC 9112 §6.3',
  )(thenNext({ method: 'POST', target: '/unread' }), KEPT),
  must(
    'connection.unread',
    'content that nobody read is not taken for a request',
    'RFC 9112 §9.3',
  )(
    thenNext({ method: 'POST', target: '/unread', content: 'GET /evil HTTP/1.1\r\n\r\n' }, true),
    KEPT,
  ),
  must(
    'connection.unread.large',
    'much content that nobody read is not taken for a request',
    'RFC 9112 §9.3',
  )(thenNext({ method: 'POST', target: '/unread', size: 300_000 }, true), KEPT),
  must(
    'connection.after-unknown-length',
    'the next request is answered behind an answer of unknown length',
    'RFC 9112 §7.1',
  )(
    thenNext({ target: program('start 200 OK', 'return generator', 'b a', 'b ', 'b b') }, true),
    KEPT,
  ),
  must(
    'connection.after-empty',
    'the next request is answered behind an empty answer',
    'RFC 9112 §6.3',
  )(thenNext({ target: program('start 200 OK', 'return list') }, true), KEPT),
  must(
    'connection.after-head',
    'the next request is answered behind an answer to HEAD',
    'RFC 9112 §6.3',
  )(
    thenNext({ method: 'HEAD', target: program('start 200 OK', 'return list', 'b text') }, true),
    KEPT,
  ),
  must(
    'connection.after-204',
    'the next request is answered behind a 204',
    'RFC 9112 §6.3',
  )(thenNext({ target: program('start 204 No Content', 'return list') }, true), KEPT),
  must(
    'connection.after-304',
    'the next request is answered behind a 304',
    'RFC 9112 §6.3',
  )(thenNext({ target: program('start 304 Not Modified', 'return list') }, true), KEPT),
  must(
    'connection.after-error',
    'the next request is answered behind an error',
    'RFC 9112 §9.3',
  )(thenNext({ target: program('raise ') }, true), KEPT),
  must(
    'connection.after-surplus',
    'the next request is answered behind content that was too long',
    'RFC 9112 §6.3',
  )(
    thenNext(
      { target: program('h Content-Length:2', 'start 200 OK', 'return list', 'b ab', 'b cd') },
      true,
    ),
    KEPT,
  ),
  should(
    'connection.half-closed',
    'a client that sends no more still gets its answer',
    'RFC 9112 §9.6',
  )(
    [
      { send: { target: '/environ/next', headers: [CLOSE] } },
      { finish: true },
      { answer: NEXT_SEEN },
    ],
    HTTP,
  ),
  must(
    'expect.continue',
    'content that the client holds back is asked for',
    IN_PEP.expect,
  )(
    [
      {
        send:
          'POST {prefix}/input?op=read:5 HTTP/1.1\r\nHost: {host}\r\nExpect: 100-continue\r\n' +
          'Content-Length: 5\r\n\r\n',
      },
      { interim: 100 },
      { send: 'hello' },
      { answer: { status: 200, json: { '/results': ['hello'] } } },
    ],
    HTTP_1_1,
  ),
  must(
    'expect.with-content',
    'a client that does not wait for 100 Continue is answered',
    IN_PEP.expect,
  )(
    [
      {
        send:
          'POST {prefix}/input?op=read:5 HTTP/1.1\r\nHost: {host}\r\nExpect: 100-continue\r\n' +
          'Content-Length: 5\r\n\r\nhello',
      },
      { answer: { status: 200, json: { '/results': ['hello'] } } },
    ],
    HTTP_1_1,
  ),
  must(
    'expect.http-1-0',
    'a client of HTTP/1.0 gets no interim answer',
    IN_PEP.expect,
  )(
    [
      {
        send:
          'POST {prefix}/input?op=read:5 HTTP/1.0\r\nHost: {host}\r\nExpect: 100-continue\r\n' +
          'Content-Length: 5\r\n\r\nhello',
      },
      { answer: { status: 200, interim: [], json: { '/results': ['hello'] } } },
    ],
    HTTP,
  ),
];
