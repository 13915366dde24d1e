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
    'an error behind start_response() is answered with 500',
    IN_PEP.errors,
  )(ask(program('start 200 OK', 'raise '), SERVER_ERROR)),
  should(
    'errors.iteration',
    'an error in the first step of the iteration is answered with 500',
    IN_PEP.errors,
  )(ask(program('start 200 OK', 'return generator', 'raise '), SERVER_ERROR)),
  should(
    'errors.empty-blocks',
    'an error behind empty blocks is answered with 500',
    IN_PEP.errors,
  )(ask(program('start 200 OK', 'return generator', 'b ', 'b ', 'raise '), SERVER_ERROR)),
  should(
    'errors.headers',
    'headers of an answer that failed are not sent with the 500',
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
    'an error behind a block visibly cuts the answer without a Content-Length, too',
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
    'the next request is answered after an error',
    IN_PEP.errors,
  )([
    { send: { target: program('raise ') } },
    { answer: {}, orEnd: true },
    { send: { target: '/unread' }, on: 'next' },
    { answer: { status: 200, content: 'unread' }, on: 'next' },
  ]),
  must('wsgi.errors.write', 'wsgi.errors takes text', IN_PEP.streams)(works('write')),
  must(
    'wsgi.errors.writelines',
    'wsgi.errors takes a list of texts',
    IN_PEP.streams,
  )(works('writelines')),
  must('wsgi.errors.flush', 'wsgi.errors can be flushed', IN_PEP.streams)(works('flush')),
  should(
    'wsgi.errors.unicode',
    'wsgi.errors takes any character',
    IN_PEP.environ,
  )(works('unicode')),
];
