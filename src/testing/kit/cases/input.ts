import type { KitCase, Message, Step, ValueMatch } from '../case.ts';
import { ask, HTTP_1_1, IN_PEP, must, program, should } from './form.ts';

/** What operations on `wsgi.input` give. */
function reading(
  content: Pick<Message, 'content' | 'chunks'>,
  operations: readonly string[],
  results: readonly ValueMatch[],
): readonly Step[] {
  const target = `/input?${operations.map((operation) => `op=${operation}`).join('&')}`;
  return ask(
    { method: 'POST', target, ...content },
    { status: 200, json: { '/results': results, '/bytes': true } },
  );
}

/** Cases that read to the end or beyond. */
const TO_END = { after: ['input.end'] };
const CHUNKED = { ...HTTP_1_1, after: ['input.chunked'] };

const every = Array.from({ length: 256 }, (_, octet) => String.fromCharCode(octet)).join('');

function rawChunked(target: string, body: string): string {
  return (
    `POST {prefix}${target} HTTP/1.1\r\nHost: {host}\r\nTransfer-Encoding: chunked\r\n` +
    `Connection: close\r\n\r\n${body}`
  );
}

export const inputCases: readonly KitCase[] = [
  should(
    'input.end',
    'at the end of the content there are empty bytes',
    IN_PEP.streams,
  )(reading({ content: 'hello' }, ['read:5', 'read:1', 'read:1'], ['hello', '', ''])),
  must(
    'input.read',
    'read(size) gives so many bytes, one read after the other',
    IN_PEP.streams,
  )(reading({ content: 'hello' }, ['read:2', 'read:3'], ['he', 'llo'])),
  must(
    'input.read.zero',
    'read(0) takes nothing',
    IN_PEP.streams,
  )(reading({ content: 'ab' }, ['read:0', 'read:1', 'read:1'], ['', 'a', 'b'])),
  must(
    'input.read.more',
    'read(size) gives all when there is less',
    IN_PEP.streams,
  )(reading({ content: 'hello' }, ['read:100', 'read:100'], ['hello', '']), TO_END),
  should(
    'input.read.all',
    'read() gives the rest',
    IN_PEP.streams,
  )(reading({ content: 'hello' }, ['read:1', 'read', 'read'], ['h', 'ello', '']), TO_END),
  should(
    'input.read.negative',
    'read(-1) gives the rest',
    IN_PEP.streams,
  )(reading({ content: 'hello' }, ['read:-1', 'read:-1'], ['hello', '']), TO_END),
  must(
    'input.readline',
    'readline() gives lines, which end with LF only and keep it',
    IN_PEP.streams,
  )(
    reading(
      { content: 'one\r\ntwo\rtwo\nthree\n' },
      ['readline', 'readline', 'readline'],
      ['one\r\n', 'two\rtwo\n', 'three\n'],
    ),
  ),
  must(
    'input.readline.last',
    'the last line may lack its LF, and nothing follows it',
    IN_PEP.streams,
  )(reading({ content: 'a\nb' }, ['readline', 'readline', 'readline'], ['a\n', 'b', '']), TO_END),
  should(
    'input.readline.size',
    'readline(size) stops at so many bytes',
    IN_PEP.streams,
  )(
    reading(
      { content: 'abcdef\ng\n' },
      ['readline:3', 'readline:9', 'readline'],
      ['abc', 'def\n', 'g\n'],
    ),
  ),
  must(
    'input.readlines',
    'readlines() gives the rest as a list of lines',
    IN_PEP.streams,
  )(reading({ content: 'a\nb\nc' }, ['readline', 'readlines'], ['a\n', ['b\n', 'c']]), TO_END),
  must(
    'input.readlines.hint',
    'readlines(hint) gives at least a line',
    IN_PEP.streams,
  )(
    ask(
      { method: 'POST', target: '/input?op=readlines:1', content: 'a\nb\n' },
      { json: { '/results/0': { oneOf: [['a\n'], ['a\n', 'b\n']] }, '/bytes': true } },
    ),
    TO_END,
  ),
  must(
    'input.iteration',
    'iteration gives lines',
    IN_PEP.streams,
  )(reading({ content: 'a\n\nb' }, ['iterate'], [['a\n', '\n', 'b']]), TO_END),
  must(
    'input.mixed',
    'read and readline take turns at the same place',
    IN_PEP.streams,
  )(
    reading(
      { content: 'ab\ncd\nef\n' },
      ['read:1', 'readline', 'read:2', 'readline', 'readline'],
      ['a', 'b\n', 'cd', '\n', 'ef\n'],
    ),
  ),
  must(
    'input.empty',
    'without content there is nothing to read',
    IN_PEP.streams,
  )(
    ask('/input?op=read:1&op=readline&op=readlines&op=iterate&op=read', {
      json: { '/results': ['', '', [], [], ''], '/bytes': true },
    }),
    TO_END,
  ),
  must(
    'input.empty.zero',
    'content of no bytes is empty',
    IN_PEP.streams,
  )(reading({ content: '' }, ['read:1'], ['']), TO_END),
  must(
    'input.octets',
    'all octets come as they were sent',
    IN_PEP.streams,
  )(ask({ method: 'POST', target: '/echo', content: every }, { content: every })),
  must(
    'input.large',
    'a megabyte comes as it was sent',
    IN_PEP.streams,
  )(
    ask(
      { method: 'POST', target: '/digest', size: 1_000_000 },
      { json: { '/length': 1_000_000, '/adler32': 3_984_606_480 } },
    ),
  ),
  must(
    'input.pieces',
    'content that comes in pieces is read as a whole',
    IN_PEP.streams,
  )([
    { send: 'POST {prefix}/input?op=read:10 HTTP/1.1\r\nHost: {host}\r\n' },
    { send: 'Content-Length: 10\r\n\r\n0123' },
    { send: '4' },
    { send: '56789' },
    { answer: { json: { '/results': ['0123456789'] } } },
  ]),
  must(
    'input.any-method',
    'content of a GET is read as that of any request',
    'RFC 9112 §6.3',
  )(ask({ target: '/input?op=read:5', content: 'hello' }, { json: { '/results': ['hello'] } })),
  must(
    'input.unread',
    'an application may leave the content unread',
    IN_PEP.streams,
  )(ask({ method: 'POST', target: '/unread', content: 'hello' }, { content: 'unread' })),
  should(
    'input.while-answering',
    'the content can be read while the answer is iterated over',
    IN_PEP.streams,
  )(
    ask(
      {
        method: 'POST',
        target: program('start 200 OK', 'return generator', 'b begun:', 'read 2', 'read 3'),
        content: 'hello',
      },
      { content: 'begun:hello' },
    ),
  ),
  should(
    'input.cut',
    'content that was cut off does not pass for whole',
    'RFC 9112 §8',
  )([
    { send: 'POST {prefix}/digest HTTP/1.1\r\nHost: {host}\r\nContent-Length: 10\r\n\r\n0123' },
    { finish: true },
    { refused: '4xx 5xx' },
  ]),
  must(
    'input.chunked',
    'a transfer coding is decoded',
    'RFC 9112 §7.1',
  )(reading({ chunks: ['hel', 'lo'] }, ['read:5'], ['hello']), HTTP_1_1),
  should(
    'input.chunked.end',
    'decoded content ends with empty bytes',
    IN_PEP.streams,
  )(reading({ chunks: ['hel', 'lo'] }, ['read:100', 'read:1'], ['hello', '']), CHUNKED),
  should(
    'input.chunked.known',
    'CONTENT_LENGTH or wsgi.input_terminated tells that there is content without a length',
    'wsgi.input_terminated, an extension',
  )(ask({ method: 'POST', target: '/echo', chunks: ['hel', 'lo'] }, { content: 'hello' }), CHUNKED),
  must(
    'input.chunked.empty',
    'content of no chunks is empty',
    'RFC 9112 §7.1',
  )(reading({ chunks: [] }, ['read:1'], ['']), { ...HTTP_1_1, after: ['input.chunked.end'] }),
  must(
    'input.chunked.sizes',
    'sizes of chunks are hexadecimal in both cases, with zeros before them',
    'RFC 9112 §7.1',
  )(
    [
      {
        send: rawChunked('/input?op=read:21', 'A\r\n0123456789\r\n00b\r\nabcdefghijk\r\n0\r\n\r\n'),
      },
      { answer: { json: { '/results': ['0123456789abcdefghijk'] } } },
    ],
    CHUNKED,
  ),
  must(
    'input.chunked.extensions',
    'extensions of chunks that nobody knows are ignored',
    'RFC 9112 §7.1.1',
  )(
    [
      { send: rawChunked('/input?op=read:5', '5;a=b;c="d"\r\nhello\r\n0;e\r\n\r\n') },
      { answer: { json: { '/results': ['hello'] } } },
    ],
    CHUNKED,
  ),
  must(
    'input.chunked.trailers',
    'fields behind the content do not become variables',
    'RFC 9110 §6.5.1',
  )(
    [
      { send: rawChunked('/environ', '5\r\nhello\r\n0\r\nX-Kit-Trailer: evil\r\n\r\n') },
      { answer: { status: 200, json: { '/environ/HTTP_X_KIT_TRAILER': { absent: true } } } },
    ],
    CHUNKED,
  ),
];
