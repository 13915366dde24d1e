import type { KitCase, Step } from '../case.ts';
import { ask, eventually, IN_PEP, must, OK, program, REMEMBERS, should } from './form.ts';

/** What of the answer to a program can be told from outside, is another case's. */
function closes(...instructions: readonly string[]): readonly Step[] {
  return [{ send: { target: program(...instructions) } }, eventually({ close: 1 })];
}

/** Begins to read an endless answer, and leaves. */
function leaving(how: string): readonly Step[] {
  return [
    { send: { target: program('start 200 OK', `return ${how}`, 'blocks *x65536') } },
    { head: OK },
    { leave: true },
  ];
}

export const closeCases: readonly KitCase[] = [
  must(
    'close.end',
    'close() is called when the answer is over',
    IN_PEP.details,
  )(closes('start 200 OK', 'return tracked', 'b a'), REMEMBERS),
  must(
    'close.last',
    'close() is called after the last block was asked for',
    IN_PEP.details,
  )(
    [
      ...ask(program('start 200 OK', 'return tracked', 'b a', 'b b'), { content: 'ab' }),
      {
        eventually: { target: '/ledger?k={key}' },
        answer: {
          json: { '/events': ['call', 'block', 'block', 'end', 'finally', 'close'] },
        },
      },
    ],
    REMEMBERS,
  ),
  must(
    'close.error',
    'close() is called when the iteration raises',
    IN_PEP.details,
  )(closes('h Content-Length:9', 'start 200 OK', 'return tracked', 'b a', 'raise '), REMEMBERS),
  must(
    'close.early-error',
    'close() is called when the first step raises',
    IN_PEP.details,
  )(closes('start 200 OK', 'return tracked', 'raise '), REMEMBERS),
  must(
    'close.never-started',
    'close() is called when start_response() never was',
    IN_PEP.details,
  )(closes('return tracked', 'b a'), REMEMBERS),
  must(
    'close.short',
    'close() is called when the content is too short',
    IN_PEP.details,
  )(closes('h Content-Length:9', 'start 200 OK', 'return tracked', 'b a'), REMEMBERS),
  must(
    'close.enough',
    'close() is called when the content is too long',
    IN_PEP.details,
  )(closes('h Content-Length:1', 'start 200 OK', 'return tracked', 'b a', 'b b', 'b c'), REMEMBERS),
  must(
    'close.client-gone',
    'close() is called when the client leaves',
    IN_PEP.details,
  )([...leaving('tracked'), eventually({ close: 1 })], REMEMBERS),
  must(
    'close.generator',
    'a generator is closed when the client leaves',
    IN_PEP.details,
  )([...leaving('generator'), eventually({ finally: 1 })], REMEMBERS),
  should(
    'close.raises',
    'an error of close() does no harm to an answer that is whole',
    IN_PEP.errors,
  )([
    ...ask(
      program('closing raise', 'h Content-Length:1', 'start 200 OK', 'return tracked', 'b a'),
      { content: 'a' },
    ),
    { eventually: { target: '/' }, answer: OK },
  ]),
];
