import type { KitCase } from '../case.ts';
import { ask, eventually, IN_PEP, OPEN, program, should, WAITS } from './form.ts';

export const flagCases: readonly KitCase[] = [
  should(
    'flags.multithread',
    'wsgi.multithread is true where one request can wait for another',
    IN_PEP.threads,
  )(
    [
      {
        send: { target: program('start 200 OK', 'return tracked', 'wait ', 'b met') },
      },
      eventually({ call: 1 }),
      OPEN,
      { answer: { content: 'met' } },
    ],
    WAITS,
  ),
  should(
    'flags.multithread.false',
    'without wsgi.multithread, a request is over before the next begins',
    IN_PEP.threads,
  )(
    [
      { send: { target: program('start 200 OK', 'return tracked', 'blocks 400x65536') } },
      { head: { status: 200 } },
      { send: { target: '/ledger?k={key}' }, on: 'next' },
      { answer: {} },
      { answer: { json: { '/counts/close': 1 } }, on: 'next' },
    ],
    { needs: ['no threads', 'one process'], alone: true },
  ),
  should(
    'flags.multiprocess',
    'wsgi.multiprocess is true where several processes answer',
    IN_PEP.environ,
  )(ask('/environ', { json: { '/environ/wsgi.multiprocess': { oneOf: [true, 1] } } }), {
    needs: ['several processes'],
  }),
  should(
    'flags.run-once',
    'wsgi.run_once is false where a process answers again',
    IN_PEP.environ,
  )(ask('/environ', { json: { '/environ/wsgi.run_once': { oneOf: [false, 0] } } }), {
    needs: ['one process'],
  }),
];
