import type { KitCase, Step } from '../case.ts';
import {
  ask,
  CLOSE,
  eventually,
  HTTP,
  IN_PEP,
  must,
  OPEN,
  program,
  should,
  WAITS,
} from './form.ts';

const every = Array.from({ length: 256 }, (_, octet) => String.fromCharCode(octet)).join('');

/** Waits for each block before it lets the application make the next. */
function blockByBlock(protocol: string, ...before: readonly string[]): readonly Step[] {
  const target = program(...before, 'b one', 'wait ', 'b two', 'wait ', 'b three');
  return [
    { send: { target, protocol } },
    { head: { status: 200 } },
    { content: 'one' },
    OPEN,
    { content: 'onetwo' },
    OPEN,
    { content: 'onetwothree' },
    eventually({ finally: 1 }),
  ];
}

export const streamCases: readonly KitCase[] = [
  must(
    'stream.block-by-block',
    'a block arrives before the next is asked for',
    IN_PEP.streaming,
  )(blockByBlock('HTTP/1.1', 'start 200 OK', 'return tracked'), WAITS),
  must(
    'stream.block-by-block.generator',
    'a block of a generator arrives before the next is asked for',
    IN_PEP.streaming,
  )(blockByBlock('HTTP/1.1', 'start 200 OK', 'return generator'), WAITS),
  must(
    'stream.block-by-block.length',
    'a block arrives before the next is asked for, with a Content-Length',
    IN_PEP.streaming,
  )(blockByBlock('HTTP/1.1', 'h Content-Length:11', 'start 200 OK', 'return tracked'), WAITS),
  must(
    'stream.block-by-block.http-1-0',
    'a block arrives before the next is asked for, at a client of HTTP/1.0',
    IN_PEP.streaming,
  )(blockByBlock('HTTP/1.0', 'start 200 OK', 'return tracked'), { ...WAITS, ...HTTP }),
  must(
    'stream.octets',
    'all octets are sent as they are',
    IN_PEP.details,
  )(ask(program('start 200 OK', 'return list', `b ${every}`), { content: every })),
  must(
    'stream.many',
    'a thousand small blocks are sent',
    IN_PEP.streaming,
  )(ask(program('start 200 OK', 'return tracked', 'blocks 1000x1'), { content: { length: 1000 } })),
  must(
    'stream.large-block',
    'a block of a megabyte is sent',
    IN_PEP.streaming,
  )(
    ask(program('start 200 OK', 'return tracked', 'blocks 1x1000000', 'b !'), {
      content: { length: 1_000_001, matches: '^[.]+!$' },
    }),
  ),
  must(
    'stream.large',
    'many large blocks are sent',
    IN_PEP.streaming,
  )(
    ask(program('start 200 OK', 'return tracked', 'blocks 80x65536', 'b !'), {
      content: { length: 80 * 65_536 + 1, matches: '!$' },
    }),
  ),
  should(
    'stream.slow-client',
    'an application is not asked for megabytes that its client does not take',
    IN_PEP.details,
  )(
    [
      { send: { target: program('start 200 OK', 'return tracked', 'blocks 1000x65536') } },
      { head: { status: 200 } },
      ...Array.from({ length: 10 }, (_, turn): Step[] => [
        {
          send: { method: 'POST', target: '/digest', size: 200_000, headers: [CLOSE] },
          on: `turn ${turn}`,
        },
        { answer: { json: { '/length': 200_000 } }, on: `turn ${turn}` },
      ]).flat(),
      eventually({ end: 0, block: { atMost: 900 } }),
    ],
    WAITS,
  ),
];
