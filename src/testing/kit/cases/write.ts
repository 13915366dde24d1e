import type { KitCase } from '../case.ts';
import {
  ask,
  CLOSE,
  eventually,
  IN_PEP,
  must,
  OPEN,
  program,
  REMEMBERS,
  should,
  WAITS,
} from './form.ts';

export const writeCases: readonly KitCase[] = [
  must(
    'write.order',
    'what was written comes before what is iterated over',
    IN_PEP.write,
  )(
    ask(program('start 200 OK', 'write a', 'write b', 'return list', 'b c', 'b d'), {
      content: 'abcd',
    }),
  ),
  must(
    'write.only',
    'all of the content may be written, and the iterable be empty',
    IN_PEP.write,
  )(ask(program('start 200 OK', 'write all', 'return list'), { status: 200, content: 'all' })),
  must(
    'write.length',
    'no length is taken from the iterable when something was written',
    IN_PEP.length,
  )(ask(program('start 200 OK', 'write a', 'return list', 'b bc'), { content: 'abc' })),
  must(
    'write.close',
    'the iterable is closed when something was written',
    IN_PEP.details,
  )(
    [
      ...ask(program('start 200 OK', 'write a', 'return tracked', 'b b'), { content: 'ab' }),
      eventually({ close: 1 }),
    ],
    REMEMBERS,
  ),
  must(
    'write.at-once',
    'what was written is sent before the application goes on',
    IN_PEP.write,
  )(
    [
      {
        send: { target: program('start 200 OK', 'write one', 'return tracked', 'wait', 'b two') },
      },
      { head: { status: 200 } },
      { content: 'one' },
      OPEN,
      { content: 'onetwo' },
    ],
    WAITS,
  ),
  should(
    'write.too-much',
    'write() raises beyond the Content-Length',
    IN_PEP.length,
  )(
    [
      ...ask(program('h Content-Length:3', 'start 200 OK', 'write ab', 'write cd', 'return list'), {
        either: [{ content: 'abc' }, { complete: false }],
      }),
      eventually({ 'write-raised': 1 }),
    ],
    REMEMBERS,
  ),
  should(
    'write.too-much.not-sent',
    'no more is written than the Content-Length',
    IN_PEP.length,
  )([
    {
      send: {
        target: program('h Content-Length:3', 'start 200 OK', 'write abcdef', 'return list'),
        headers: [CLOSE],
      },
    },
    { head: { either: [{ headers: { 'Content-Length': '3' } }, { status: '5xx' }] } },
    { ended: true },
  ]),
  must(
    'write.then-error',
    'what was written before an error is sent',
    IN_PEP.write,
  )(
    ask(program('h Content-Length:9', 'start 200 OK', 'write data', 'raise '), {
      status: 200,
      complete: false,
      content: 'data',
    }),
  ),
];
