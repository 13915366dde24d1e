import type { KitCase, Step } from '../case.ts';
import { ask, HTTP, IN_PEP, must, NOT_INJECTED, program, should } from './form.ts';

function sends(...headers: readonly string[]): string {
  return program(
    ...headers.map((header) => `h ${header}`),
    'start 200 OK',
    'return list',
    'b text',
  );
}

/** Refused in the call, where the application can still do something, or as an error of the server. */
function refused(header: string): readonly Step[] {
  return ask(sends(header), { either: [{ headers: { 'X-Raised': 'start' } }, { status: '5xx' }] });
}

const HOP_BY_HOP = [
  'Connection:close',
  'Keep-Alive:timeout=5',
  'Proxy-Authenticate:Basic',
  'Proxy-Authorization:Basic eDp5',
  'TE:trailers',
  'Trailer:X-Kit',
  'Transfer-Encoding:chunked',
  'Upgrade:kit',
] as const;

const OLD = 'Thu, 01 Jan 1970 00:00:00 GMT';

export const headerCases: readonly KitCase[] = [
  must(
    'headers.value',
    'a header is sent as it is',
    IN_PEP.start,
  )(ask(sends('X-Kit:a;  b="c, d"'), { headers: { 'X-Kit': 'a;  b="c, d"' }, content: 'text' })),
  must(
    'headers.repeated',
    'headers of the same name stay apart, in order',
    'RFC 6265 §3',
  )(
    ask(sends('Set-Cookie:a=1', 'X-Kit:x', 'Set-Cookie:b=2; Path=/'), {
      headers: { 'Set-Cookie': ['a=1', 'b=2; Path=/'] },
    }),
  ),
  should(
    'headers.spelling',
    'the name is spelt as the application has it',
    IN_PEP.http,
  )(ask(sends('x-FoO:bar'), { headers: { 'x-FoO': { spelt: 'x-FoO' } } }), HTTP),
  must(
    'headers.octets',
    'each character of a value is one octet',
    IN_PEP.unicode,
  )(ask(sends('X-Kit:caf\u00e9 \u00c3\u00a9'), { headers: { 'X-Kit': 'caf\u00e9 \u00c3\u00a9' } })),
  should(
    'headers.empty',
    'a value may be empty',
    'RFC 9110 §5.5',
  )(ask(sends('X-Kit:'), { headers: { 'X-Kit': '' } })),
  must(
    'headers.content-length.case',
    'Content-Length is known in any case',
    IN_PEP.start,
  )(ask(sends('CONTENT-length:4'), { headers: { 'Content-Length': '4' }, content: 'text' }), HTTP),
  must(
    'headers.date',
    'there is a Date',
    'RFC 9110 §6.6.1',
  )(
    ask(sends('X-Kit:a'), {
      headers: {
        Date: { matches: '^[A-Z][a-z]{2}, \\d\\d [A-Z][a-z]{2} \\d{4} \\d\\d:\\d\\d:\\d\\d GMT$' },
      },
    }),
    HTTP,
  ),
  should(
    'headers.date.own',
    "the application's own Date is sent, and no other",
    IN_PEP.start,
  )(ask(sends(`Date:${OLD}`), { headers: { Date: OLD } }), HTTP),
  should(
    'headers.server.own',
    "the application's own Server is sent, and no other",
    IN_PEP.start,
  )(ask(sends('Server:kit/1'), { headers: { Server: 'kit/1' } }), HTTP),
  ...HOP_BY_HOP.map((header) => {
    const [name = ''] = header.split(':');
    return should(
      `headers.hop-by-hop.${name.toLowerCase()}`,
      `an application that sends ${name} is refused`,
      IN_PEP.start,
    )(refused(header));
  }),
  should(
    'headers.name.space',
    'a name with a space is refused',
    IN_PEP.start,
  )(refused('Bad Name:a')),
  should('headers.name.empty', 'an empty name is refused', IN_PEP.start)(refused(':a')),
  should(
    'headers.line-break.value',
    'a line break in a value adds no header',
    'RFC 9112 §11.1',
  )(ask(sends('X-Kit:a\r\nX-Injected: yes'), NOT_INJECTED)),
  should(
    'headers.line-break.name',
    'a line break in a name adds no header',
    'RFC 9112 §11.1',
  )(ask(sends('X-A\r\nX-Injected:yes'), NOT_INJECTED)),
  should('headers.nul', 'a NUL in a value is refused', IN_PEP.start)(refused('X-Kit:a\0b')),
  should(
    'headers.content-length.bad',
    'a Content-Length that is no number is refused',
    'RFC 9110 §8.6',
  )(refused('Content-Length:many')),
  should(
    'headers.content-length.negative',
    'a negative Content-Length is refused',
    'RFC 9110 §8.6',
  )(refused('Content-Length:-4')),
];
