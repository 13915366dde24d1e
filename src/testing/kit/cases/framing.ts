import type { KitCase, Step } from '../case.ts';
import { eventually, HTTP_1_1, must, should } from './form.ts';

/** A request that must not be understood as two, with the second one in its content. */
function smuggles(fields: string, before: string, protocol = 'HTTP/1.1'): readonly Step[] {
  const second = 'GET {prefix}/environ?k={key} HTTP/1.1\r\nHost: {host}\r\n\r\n';
  return [
    {
      send: `POST {prefix}/unread ${protocol}\r\nHost: {host}\r\n${fields}\r\n\r\n${before}${second}`,
    },
    { refused: '2xx 4xx 5xx' },
    eventually({ call: 0 }),
  ];
}

/** A request that is refused, and so are those behind it. */
function refused(head: string, content = ''): readonly Step[] {
  return [{ send: `${head}\r\n\r\n${content}` }, { refused: '4xx 5xx' }];
}

const post = (fields: string) => `POST {prefix}/digest HTTP/1.1\r\nHost: {host}\r\n${fields}`;
const get = (fields: string) => `GET {prefix}/environ HTTP/1.1\r\nHost: {host}\r\n${fields}`;
const chunked = post('Transfer-Encoding: chunked');

const KEYED = { ...HTTP_1_1, needs: ['http/1.1', 'one process'] } as const;

/** Fields of content whose length is none. */
const BAD_LENGTHS = [
  ['plus', '+5'],
  ['negative', '-5'],
  ['hexadecimal', '0x5'],
  ['two', '5 5'],
  ['word', 'five'],
  ['empty', ''],
] as const;

const BAD_SIZES = [
  ['negative', '-5'],
  ['hexadecimal', '0x5'],
  ['underscore', '0_5'],
  ['empty', ''],
] as const;

/** Fields that a recipient must refuse, or not take for what they look like. */
function tolerated(field: string, variable: string, matches: string): readonly Step[] {
  return [
    { send: `${get(field)}\r\nConnection: close\r\n\r\n` },
    {
      answer: {
        either: [
          { status: '4xx 5xx' },
          { status: 200, json: { [`/environ/${variable}`]: { matches } } },
        ],
      },
      orEnd: true,
    },
  ];
}

export const framingCases: readonly KitCase[] = [
  must(
    'framing.both',
    'a request with a length and chunks is not understood as two',
    'RFC 9112 §6.1',
  )(smuggles('Content-Length: 70\r\nTransfer-Encoding: chunked', '0\r\n\r\n'), KEYED),
  must(
    'framing.coding.http-1-0',
    'a request of HTTP/1.0 with chunks is not understood as two',
    'RFC 9112 §6.1',
  )(
    smuggles('Connection: keep-alive\r\nTransfer-Encoding: chunked', '0\r\n\r\n', 'HTTP/1.0'),
    KEYED,
  ),
  must(
    'framing.coding.unknown',
    'an unknown transfer coding is refused',
    'RFC 9112 §6.1',
  )(refused(post('Transfer-Encoding: xchunked'), '0\r\n\r\n'), HTTP_1_1),
  must(
    'framing.coding.not-last',
    'a request whose last coding is not chunked is refused',
    'RFC 9112 §6.3',
  )(refused(post('Transfer-Encoding: chunked, gzip'), '0\r\n\r\n'), HTTP_1_1),
  should(
    'framing.coding.twice',
    'a request that is chunked twice is refused',
    'RFC 9112 §7.1',
  )(refused(post('Transfer-Encoding: chunked, chunked'), '0\r\n\r\n'), HTTP_1_1),
  should(
    'framing.coding.gzip',
    'a request with a coding that is not decoded is refused',
    'RFC 9112 §6.1',
  )(refused(post('Transfer-Encoding: gzip, chunked'), '5\r\nhello\r\n0\r\n\r\n'), HTTP_1_1),
  ...BAD_LENGTHS.map(([name, value]) =>
    must(
      `framing.length.${name}`,
      `a Content-Length of ${JSON.stringify(value)} is refused`,
      'RFC 9112 §6.3',
    )(refused(post(`Content-Length: ${value}`), 'hello'), HTTP_1_1),
  ),
  must(
    'framing.length.unequal',
    'two lengths that differ are refused',
    'RFC 9112 §6.3',
  )(refused(post('Content-Length: 5\r\nContent-Length: 6'), 'hello!'), HTTP_1_1),
  must(
    'framing.length.list',
    'two lengths in one field are refused',
    'RFC 9112 §6.3',
  )(refused(post('Content-Length: 5, 6'), 'hello!'), HTTP_1_1),
  ...BAD_SIZES.map(([name, value]) =>
    should(
      `framing.chunk.size.${name}`,
      `a chunk's size of ${JSON.stringify(value)} is refused`,
      'RFC 9112 §2.2',
    )(refused(chunked, `${value}\r\nhello\r\n0\r\n\r\n`), {
      ...HTTP_1_1,
      after: ['input.chunked'],
    }),
  ),
  must(
    'framing.chunk.size.huge',
    'a size beyond 64 bits is not taken for a small one',
    'RFC 9112 §7.1',
  )(
    [
      { send: `${chunked}\r\n\r\n10000000000000005\r\nhello\r\n0\r\n\r\n` },
      { finish: true },
      { answer: { either: [{ status: '4xx 5xx' }, { json: { '/length': 12 } }] }, orEnd: true },
    ],
    { ...HTTP_1_1, after: ['input.chunked'] },
  ),
  should(
    'framing.chunk.end',
    'a chunk longer than its size is refused',
    'RFC 9112 §7.1',
  )(refused(chunked, '3\r\nhello\r\n0\r\n\r\n'), { ...HTTP_1_1, after: ['input.chunked'] }),
  should(
    'framing.chunk.cut',
    'content without its last chunk does not pass for whole',
    'RFC 9112 §8',
  )([{ send: `${chunked}\r\n\r\n5\r\nhello\r\n` }, { finish: true }, { refused: '4xx 5xx' }], {
    ...HTTP_1_1,
    after: ['input.chunked'],
  }),
  must(
    'framing.field.space',
    'a blank between name and colon is refused',
    'RFC 9112 §5.1',
  )(refused(get('X-Kit : a')), HTTP_1_1),
  must(
    'framing.field.folded',
    'a field on two lines is refused or joined',
    'RFC 9112 §5.2',
  )(tolerated('X-Kit: a\r\n b', 'HTTP_X_KIT', '^a +b$'), HTTP_1_1),
  must(
    'framing.field.nul',
    'a NUL in a field is refused or replaced',
    'RFC 9110 §5.5',
  )(tolerated('X-Kit: a\0b', 'HTTP_X_KIT', '^a b$'), HTTP_1_1),
  must(
    'framing.field.cr',
    'a CR without its LF in a field is refused or replaced',
    'RFC 9112 §2.2',
  )(tolerated('X-Kit: a\rb', 'HTTP_X_KIT', '^a b$'), HTTP_1_1),
  should(
    'framing.field.name',
    'a name that is no token is refused',
    'RFC 9110 §5.1',
  )(refused(get('X@Kit: a')), HTTP_1_1),
  should(
    'framing.field.nameless',
    'a field without a name is refused',
    'RFC 9112 §5',
  )(refused(get(': a')), HTTP_1_1),
  must(
    'framing.field.first',
    'blanks before the first field are refused or left out',
    'RFC 9112 §2.2',
  )(
    [
      {
        send: 'GET {prefix}/environ HTTP/1.1\r\n X-Kit: a\r\nHost: {host}\r\nConnection: close\r\n\r\n',
      },
      {
        answer: {
          either: [
            { status: '4xx 5xx' },
            { status: 200, json: { '/environ/HTTP_X_KIT': { absent: true } } },
          ],
        },
        orEnd: true,
      },
    ],
    HTTP_1_1,
  ),
  must(
    'framing.host.missing',
    'a request of HTTP/1.1 without Host is refused',
    'RFC 9112 §3.2',
  )(refused('GET {prefix}/environ HTTP/1.1\r\nConnection: close'), HTTP_1_1),
  must(
    'framing.host.twice',
    'a request with two Hosts is refused',
    'RFC 9112 §3.2',
  )(refused(get('Host: {host}\r\nConnection: close')), HTTP_1_1),
  must(
    'framing.host.bad',
    'a request whose Host is none is refused',
    'RFC 9112 §3.2',
  )(refused('GET {prefix}/environ HTTP/1.1\r\nHost: a b\r\nConnection: close'), HTTP_1_1),
  should(
    'framing.version',
    'a version that is none is refused',
    'RFC 9112 §2.3',
  )(refused('GET {prefix}/environ HTTP/11\r\nHost: {host}\r\nConnection: close'), HTTP_1_1),
  should(
    'framing.empty-line',
    'an empty line before a request is left out',
    'RFC 9112 §2.2',
  )(
    [
      { send: `\r\n${get('Connection: close')}\r\n\r\n` },
      { answer: { json: { '/dictionary': true } } },
    ],
    HTTP_1_1,
  ),
];
