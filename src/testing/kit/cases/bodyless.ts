import type { KitCase, Message } from '../case.ts';
import { ask, CLOSE, eventually, HTTP, IN_PEP, must, program, REMEMBERS, should } from './form.ts';

function head(...instructions: readonly string[]): Message {
  return { method: 'HEAD', target: program(...instructions), headers: [CLOSE] };
}

const get = (...instructions: readonly string[]): Message => ({
  ...head(...instructions),
  method: 'GET',
});

export const bodylessCases: readonly KitCase[] = [
  must(
    'head.no-content',
    'nothing follows the head in an answer to HEAD when a list was returned',
    'RFC 9110 §9.3.2',
  )([
    { send: head('start 200 OK', 'return list', 'b text') },
    { answer: { status: 200, content: '' } },
    { ended: true },
  ]),
  must(
    'head.no-content.generator',
    'nothing follows the head in an answer to HEAD when an iterable was returned',
    'RFC 9110 §9.3.2',
  )([
    { send: head('start 200 OK', 'return tracked', 'b te', 'b xt') },
    { answer: { status: 200, content: '' } },
    { ended: true },
  ]),
  must(
    'head.no-content.write',
    'nothing follows the head in an answer to HEAD when something was written',
    'RFC 9110 §9.3.2',
  )([
    { send: head('start 200 OK', 'write te', 'return list', 'b xt') },
    { answer: { status: 200, content: '' } },
    { ended: true },
  ]),
  should(
    'head.length',
    'the Content-Length of the application stays in an answer to HEAD',
    IN_PEP.http,
  )(
    ask(head('h Content-Length:4', 'start 200 OK', 'return list', 'b text'), {
      headers: { 'Content-Length': '4' },
    }),
    HTTP,
  ),
  must(
    'head.length.unknown',
    'no wrong Content-Length is added to an answer to HEAD',
    'RFC 9110 §8.6',
  )(
    ask(head('start 200 OK', 'return tracked', 'b te', 'b xt'), {
      either: [{ headers: { 'Content-Length': null } }, { headers: { 'Content-Length': '4' } }],
    }),
  ),
  must(
    'head.close',
    'the iterable is closed after an answer to HEAD',
    IN_PEP.details,
  )(
    [
      ...ask(head('start 200 OK', 'return tracked', 'b te', 'b xt'), { status: 200 }),
      eventually({ close: 1 }),
    ],
    REMEMBERS,
  ),
  must(
    '204.framing',
    'a 204 has no Content-Length and no Transfer-Encoding',
    'RFC 9110 §8.6',
  )(
    ask(get('start 204 No Content', 'return list'), {
      status: 204,
      headers: { 'Content-Length': null, 'Transfer-Encoding': null },
    }),
    HTTP,
  ),
  should(
    '204.content',
    'content of a 204 is not sent',
    'RFC 9110 §15.3.5',
  )([
    { send: get('start 204 No Content', 'return list', 'b text') },
    { answer: { status: [204, 500] } },
    { ended: true },
  ]),
  must(
    '204.close',
    'the iterable of a 204 is closed',
    IN_PEP.details,
  )(
    [
      ...ask(get('start 204 No Content', 'return tracked'), { status: 204 }),
      eventually({ close: 1 }),
    ],
    REMEMBERS,
  ),
  must(
    '304.framing',
    'a 304 has no Transfer-Encoding',
    'RFC 9112 §6.1',
  )(
    ask(get('h ETag:"kit"', 'start 304 Not Modified', 'return list'), {
      status: 304,
      headers: { 'Transfer-Encoding': null, ETag: '"kit"' },
    }),
    HTTP,
  ),
  should(
    '304.content',
    'content of a 304 is not sent',
    'RFC 9110 §15.4.5',
  )([
    { send: get('start 304 Not Modified', 'return list', 'b text') },
    { answer: { status: [304, 500] } },
    { ended: true },
  ]),
];
