import type { KitCase } from '../case.ts';
import {
  ask,
  CLOSE,
  eventually,
  HTTP,
  HTTP_1_1,
  IN_PEP,
  may,
  must,
  program,
  REMEMBERS,
  should,
} from './form.ts';

export const lengthCases: readonly KitCase[] = [
  must(
    'length.declared',
    'a Content-Length that is true is sent',
    IN_PEP.length,
  )(
    ask(program('h Content-Length:5', 'start 200 OK', 'return tracked', 'b he', 'b llo'), {
      headers: { 'Content-Length': '5' },
      content: 'hello',
    }),
    HTTP,
  ),
  should(
    'length.surplus',
    'no more than the Content-Length is sent',
    IN_PEP.length,
  )([
    {
      send: {
        target: program(
          'h Content-Length:5',
          'start 200 OK',
          'return tracked',
          'b hel',
          'b lo, world',
        ),
        headers: [CLOSE],
      },
    },
    { head: { status: 200 } },
    { content: 'hello' },
    { ended: true },
  ]),
  should(
    'length.enough',
    'the iteration ends when there is enough, or one block too many',
    IN_PEP.length,
  )(
    [
      ...ask(
        program('h Content-Length:5', 'start 200 OK', 'return tracked', 'b hello', 'b a', 'b b'),
        { either: [{ content: 'hello' }, { complete: false }] },
      ),
      eventually({ block: { atMost: 2 }, close: 1 }),
    ],
    REMEMBERS,
  ),
  should(
    'length.short',
    'less than the Content-Length is visibly cut',
    IN_PEP.length,
  )(
    ask(program('h Content-Length:10', 'start 200 OK', 'return tracked', 'b hello'), {
      complete: false,
      content: 'hello',
    }),
  ),
  may(
    'length.one-block',
    'a list of one block is sent with its length',
    IN_PEP.length,
  )(
    ask(program('start 200 OK', 'return list', 'b hello'), {
      headers: { 'Content-Length': '5' },
      content: 'hello',
    }),
    HTTP,
  ),
  must(
    'length.two-blocks',
    'a list of two blocks is sent whole',
    IN_PEP.length,
  )(ask(program('start 200 OK', 'return list', 'b hel', 'b lo'), { content: 'hello' })),
  must(
    'length.unknown',
    'an answer of unknown length is sent whole',
    IN_PEP.length,
  )(ask(program('start 200 OK', 'return generator', 'b hel', 'b ', 'b lo'), { content: 'hello' })),
  may(
    'length.unknown.chunked',
    'an answer of unknown length is sent in chunks to a client of HTTP/1.1',
    IN_PEP.length,
  )(
    ask(program('start 200 OK', 'return generator', 'b hel', 'b lo'), { framing: ['chunked'] }),
    HTTP_1_1,
  ),
  must(
    'length.http-1-0',
    'a client of HTTP/1.0 gets no chunks',
    'RFC 9112 §6.1',
  )(
    ask(
      {
        target: program('start 200 OK', 'return generator', 'b hel', 'b lo'),
        protocol: 'HTTP/1.0',
      },
      { headers: { 'Transfer-Encoding': null }, content: 'hello' },
    ),
    HTTP,
  ),
  must(
    'length.empty',
    'an empty answer is whole',
    IN_PEP.length,
  )(ask(program('start 200 OK', 'return list'), { status: 200, content: '' })),
  must(
    'length.empty-blocks',
    'an answer of empty blocks is whole',
    IN_PEP.length,
  )(
    ask(program('start 200 OK', 'return generator', 'b ', 'b ', 'b '), {
      status: 200,
      content: '',
    }),
  ),
  must(
    'length.both',
    'there is never a length together with chunks',
    'RFC 9112 §6.2',
  )(
    ask(program('h Content-Length:5', 'start 200 OK', 'return generator', 'b hello'), {
      headers: { 'Content-Length': '5', 'Transfer-Encoding': null },
      content: 'hello',
    }),
    HTTP,
  ),
];
