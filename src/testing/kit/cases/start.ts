import type { KitCase } from '../case.ts';
import {
  ask,
  eventually,
  IN_PEP,
  must,
  OK,
  OPEN,
  program,
  REMEMBERS,
  SERVER_ERROR,
  should,
  WAITS,
} from './form.ts';

export const startCases: readonly KitCase[] = [
  must(
    'start.write',
    'start_response() gives a write()',
    IN_PEP.start,
  )(ask(program('start 200 OK', 'write a', 'return list', 'b b'), { status: 200, content: 'ab' })),
  must(
    'start.lazy',
    'start_response() may be called in the first step of the iteration',
    IN_PEP.start,
  )(
    ask(program('return tracked', 'h X-Late:yes', 'start 201 Created', 'b late'), {
      status: 201,
      headers: { 'X-Late': 'yes' },
      content: 'late',
    }),
  ),
  must(
    'start.twice',
    'a second call of start_response() without exc_info raises',
    IN_PEP.start,
  )(
    [
      ...ask(program('start 200 OK', 'again 404 Not Found', 'return list', 'b a'), {}),
      eventually({ 'again-raised': 1, 'again-accepted': 0 }),
    ],
    REMEMBERS,
  ),
  should(
    'start.exc-info.replaces',
    'start_response() with exc_info replaces status and headers while nothing was sent',
    IN_PEP.start,
  )(
    ask(
      program(
        ...['h X-First:1', 'start 200 OK', 'h X-Second:2', 'restart 503 Later'],
        ...['return list', 'b sorry'],
      ),
      { status: 503, headers: { 'X-First': null, 'X-Second': '2' }, content: 'sorry' },
    ),
  ),
  should(
    'start.exc-info.again',
    'the last of several calls of start_response() with exc_info wins',
    IN_PEP.start,
  )(
    ask(
      program(
        ...['start 200 OK', 'h X-A:1', 'restart 500 One', 'h X-B:2', 'restart 503 Two'],
        ...['return list', 'b sorry'],
      ),
      { status: 503, headers: { 'X-A': null, 'X-B': '2' }, content: 'sorry' },
    ),
  ),
  must(
    'start.exc-info.first',
    'the first call of start_response() may have exc_info',
    IN_PEP.start,
  )(ask(program('restart 503 Later', 'return list', 'b sorry'), { status: 503, content: 'sorry' })),
  should(
    'start.exc-info.write',
    'the write() of the first call sends the headers of the second',
    IN_PEP.start,
  )(
    ask(program('start 200 OK', 'restart 503 Later', 'oldwrite sorry', 'return list'), {
      status: 503,
      content: 'sorry',
    }),
  ),
  must(
    'start.exc-info.after-block',
    'start_response() with exc_info raises once a block was sent',
    IN_PEP.start,
  )(
    [
      ...ask(
        program(
          ...['h Content-Length:100', 'start 200 OK', 'return tracked', 'b data'],
          ...['restart 500 Oops', 'b more'],
        ),
        { status: 200, complete: false, content: { beginningOf: 'data' } },
      ),
      eventually({ 'restart-raised': 1 }),
    ],
    REMEMBERS,
  ),
  must(
    'start.exc-info.after-write',
    'start_response() with exc_info raises once something was written',
    IN_PEP.start,
  )(
    [
      ...ask(program('h Content-Length:100', 'start 200 OK', 'write data', 'restart 500 Oops'), {
        status: 200,
        complete: false,
        content: { beginningOf: 'data' },
      }),
      eventually({ 'restart-raised': 1 }),
    ],
    REMEMBERS,
  ),
  should(
    'start.exc-info.same',
    'what start_response() raises then is the exception of exc_info itself',
    IN_PEP.start,
  )(
    [
      ...ask(
        program('h Content-Length:9', 'start 200 OK', 'return tracked', 'b a', 'restart 500 Oops'),
        { complete: false },
      ),
      eventually({ 'restart-same': 1 }),
    ],
    REMEMBERS,
  ),
  must(
    'start.sends-nothing',
    'start_response() sends nothing: it can be replaced however late',
    IN_PEP.start,
  )(
    [
      {
        send: {
          target: program('start 200 OK', 'return tracked', 'wait', 'restart 503 Later', 'b sorry'),
        },
      },
      eventually({ call: 1 }),
      OPEN,
      { answer: { status: 503, content: 'sorry' } },
    ],
    WAITS,
  ),
  must(
    'start.empty-block',
    'an empty block sends no headers',
    IN_PEP.start,
  )(
    ask(
      program(...['start 200 OK', 'return tracked', 'b ', 'b ', 'restart 503 Later', 'b sorry']),
      { status: 503, content: 'sorry' },
    ),
  ),
  should(
    'start.never',
    'an answer without start_response() is an error of the server',
    IN_PEP.start,
  )(ask(program('return list', 'b text'), SERVER_ERROR)),
  should(
    'start.never.empty',
    'an empty answer without start_response() is an error of the server',
    IN_PEP.start,
  )(ask(program('return tracked'), SERVER_ERROR)),
  should(
    'start.late',
    'a block before start_response() is an error of the server',
    IN_PEP.start,
  )(ask(program('return tracked', 'b early', 'start 200 OK', 'b late'), SERVER_ERROR)),
  should(
    'start.nothing-returned',
    'an application that returns nothing is answered for by the server',
    IN_PEP.details,
  )([
    ...ask(program('start 200 OK', 'return nothing'), SERVER_ERROR),
    { eventually: { target: '/' }, answer: OK },
  ]),
];
