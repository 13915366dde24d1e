import type { KitCase } from '../case.ts';
import { ask, HTTP_1_1, IN_PEP, must, program, SERVER_ERROR, should } from './form.ts';

const works = (what: string) => ask('/errors', { status: 200, json: { [`/${what}`]: true } });

export const errorCases: readonly KitCase[] = [
  should(
    'errors.call',
    'an error before start_response() is answered with 500',
    IN_PEP.errors,
  )(ask(program('raise '), SERVER_ERROR)),
  should(
    'errors.started',
    'so is one behind it',
    IN_PEP.errors,
  )(ask(program('start 200 OK', 'raise '), SERVER_ERROR)),
  should(
    'errors.iteration',
    'so is one in the first step of the iteration',
    IN_PEP.errors,
  )(ask(program('start 200 OK', 'return generator', 'raise '), SERVER_ERROR)),
  should(
    'errors.empty-blocks',
    'so is one behind empty blocks',
    IN_PEP.errors,
  )(ask(program('start 200 OK', 'return generator', 'b ', 'b ', 'raise '), SERVER_ERROR)),
  should(
    'errors.headers',
    'headers of the answer that failed are not sent then',
    IN_PEP.errors,
  )(
    ask(program('h X-Kit:a', 'start 200 OK', 'return generator', 'raise '), {
      status: '5xx',
      headers: { 'X-Kit': null },
    }),
  ),
  should(
    'errors.detail',
    'the client is told nothing of the error itself',
    IN_PEP.errors,
  )(ask(program('raise '), { status: '5xx', content: { lacks: 'kit-failure-detail' } })),
  must(
    'errors.cut',
    'an error behind a block cuts the answer',
    'RFC 9112 §8',
  )(
    ask(program('h Content-Length:9', 'start 200 OK', 'return generator', 'b data', 'raise '), {
      status: 200,
      complete: false,
      content: 'data',
    }),
  ),
  must(
    'errors.cut.unknown-length',
    'visibly, also without a Content-Length',
    'RFC 9112 §8',
  )(
    ask(program('start 200 OK', 'return generator', 'b data', 'raise '), {
      status: 200,
      complete: false,
      content: 'data',
    }),
    HTTP_1_1,
  ),
  should(
    'errors.next',
    'the next request is answered',
    IN_PEP.errors,
  )([
    { send: { target: program('raise ') } },
    { answer: {}, orEnd: true },
    { send: { target: '/unread' }, on: 'next' },
    { answer: { status: 200, content: 'unread' }, on: 'next' },
  ]),
  must('wsgi.errors.write', 'wsgi.errors takes text', IN_PEP.streams)(works('write')),
  must('wsgi.errors.writelines', 'and a list of texts', IN_PEP.streams)(works('writelines')),
  must('wsgi.errors.flush', 'and can be flushed', IN_PEP.streams)(works('flush')),
  should('wsgi.errors.unicode', 'and takes any character', IN_PEP.environ)(works('unicode')),
];
