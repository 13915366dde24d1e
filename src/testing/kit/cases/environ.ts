import type { KitCase, Message, Step, ValueMatch } from '../case.ts';
import { ask, HTTP, IN_PEP, may, must, should } from './form.ts';

/** A request to `/environ`, and what its variables are. */
function shows(
  message: Partial<Message>,
  variables: Readonly<Record<string, ValueMatch>>,
): readonly Step[] {
  const json = Object.fromEntries(
    Object.entries(variables).map(([name, value]) => [`/environ/${name}`, value]),
  );
  return ask({ target: '/environ', ...message }, { status: 200, json });
}

const ABSENT: ValueMatch = { absent: true };
const EMPTY_OR_ABSENT: ValueMatch = { oneOf: ['', ABSENT] };
const TRUTH: ValueMatch = { oneOf: [true, false, 1, 0] };

export const environCases: readonly KitCase[] = [
  must(
    'environ.dictionary',
    'the environ is an ordinary dictionary, which can be changed',
    IN_PEP.details,
  )(ask('/environ', { json: { '/dictionary': true } })),
  must(
    'environ.fresh',
    'what an application does to its environ, the next request does not see',
    IN_PEP.details,
  )([
    ...ask('/mutate', { content: 'changed' }),
    {
      eventually: { target: '/environ' },
      answer: {
        json: {
          '/environ/kit.mark': ABSENT,
          '/environ/HTTP_X_MARK': ABSENT,
          '/environ/SERVER_NAME': { type: 'string' },
        },
      },
    },
  ]),
  must(
    'environ.request-method',
    'REQUEST_METHOD is the method',
    IN_PEP.environ,
  )(shows({ method: 'DELETE' }, { REQUEST_METHOD: 'DELETE' })),
  should(
    'environ.request-method.unknown',
    'a method that nobody has registered reaches the application',
    'RFC 9110 §9.1',
  )(shows({ method: 'BREW' }, { REQUEST_METHOD: 'BREW' }), HTTP),
  must(
    'environ.request-method.case',
    'a method in lower case is not taken for the one in upper case',
    'RFC 9110 §9.1',
  )(
    ask(
      { method: 'get', target: '/environ' },
      { either: [{ json: { '/environ/REQUEST_METHOD': 'get' } }, { status: '4xx 5xx' }] },
    ),
    HTTP,
  ),
  must(
    'environ.script-name',
    'SCRIPT_NAME is the path of the application, empty or absent at the root',
    IN_PEP.environ,
  )(shows({}, { SCRIPT_NAME: { oneOf: ['{prefix}', ABSENT] } })),
  must(
    'environ.path-info',
    'PATH_INFO is the rest of the path',
    IN_PEP.environ,
  )(shows({ target: '/environ/a/b' }, { PATH_INFO: '/environ/a/b' })),
  must(
    'environ.path-info.trailing-slash',
    'a slash at the end stays',
    IN_PEP.environ,
  )(shows({ target: '/environ/a/' }, { PATH_INFO: '/environ/a/' })),
  must(
    'environ.path-info.decoded',
    'PATH_INFO is decoded',
    'RFC 3875 §4.1.5',
  )(shows({ target: '/environ/a%20b%3Fc' }, { PATH_INFO: '/environ/a b?c' })),
  must(
    'environ.path-info.decoded-once',
    'PATH_INFO is decoded once only',
    'RFC 3875 §4.1.5',
  )(shows({ target: '/environ/a%2520b' }, { PATH_INFO: '/environ/a%20b' })),
  must(
    'environ.path-info.octets',
    'each octet of the path is one character of PATH_INFO',
    IN_PEP.unicode,
  )(shows({ target: '/environ/%C3%A9%FF' }, { PATH_INFO: '/environ/\u00c3\u00a9\u00ff' })),
  must(
    'environ.path-info.punctuation',
    'plus signs, semicolons and colons of the path stay',
    'RFC 3986 §3.3',
  )(shows({ target: '/environ/a+b;c=d:e@f,g' }, { PATH_INFO: '/environ/a+b;c=d:e@f,g' })),
  should(
    'environ.path-info.slash',
    'an encoded slash is decoded like every octet',
    'RFC 3875 §4.1.5',
  )(shows({ target: '/environ/a%2Fb' }, { PATH_INFO: '/environ/a/b' })),
  may(
    'environ.path-info.not-normalised',
    'empty segments and dots of the path stay',
    'RFC 3875 §4.1.5',
  )(shows({ target: '/environ//b/../c' }, { PATH_INFO: '/environ//b/../c' })),
  should(
    'environ.path-info.broken-escape',
    'a broken escape is kept as text, or refused',
    'RFC 3986 §2.1',
  )(
    ask('/environ/%zz', {
      either: [{ json: { '/environ/PATH_INFO': '/environ/%zz' } }, { status: '4xx 5xx' }],
    }),
  ),
  must(
    'environ.query-string',
    'QUERY_STRING is all behind the first question mark, as it was sent',
    IN_PEP.environ,
  )(shows({ target: '/environ?a=%20+b?c&%C3' }, { QUERY_STRING: 'a=%20+b?c&%C3' })),
  must(
    'environ.query-string.empty',
    'QUERY_STRING is empty or absent without a query',
    IN_PEP.environ,
  )(shows({}, { QUERY_STRING: EMPTY_OR_ABSENT })),
  should(
    'environ.query-string.present',
    'QUERY_STRING is there when it is empty',
    'RFC 3875 §4.1.7',
  )(shows({}, { QUERY_STRING: '' })),
  must(
    'environ.content-type',
    'CONTENT_TYPE is the Content-Type',
    IN_PEP.environ,
  )(
    shows(
      { method: 'POST', headers: [['Content-Type', 'text/x-kit; a=b']], content: 'x' },
      { CONTENT_TYPE: 'text/x-kit; a=b' },
    ),
  ),
  must(
    'environ.content-length',
    'CONTENT_LENGTH is the Content-Length',
    IN_PEP.environ,
  )(shows({ method: 'POST', content: 'hello' }, { CONTENT_LENGTH: '5' })),
  should(
    'environ.content-type.absent',
    'CONTENT_TYPE is empty or absent when the request has none',
    IN_PEP.environ,
  )(shows({}, { CONTENT_TYPE: EMPTY_OR_ABSENT })),
  must(
    'environ.content-length.absent',
    'CONTENT_LENGTH is empty, absent or 0 when the request has no content',
    IN_PEP.environ,
  )(shows({}, { CONTENT_LENGTH: { oneOf: ['', '0', ABSENT] } })),
  should(
    'environ.content-length.once',
    'there is no HTTP_CONTENT_LENGTH and no HTTP_CONTENT_TYPE',
    'RFC 3875 §4.1.18',
  )(
    shows(
      { method: 'POST', headers: [['Content-Type', 'text/x-kit']], content: 'x' },
      { HTTP_CONTENT_LENGTH: ABSENT, HTTP_CONTENT_TYPE: ABSENT },
    ),
  ),
  must(
    'environ.server-name',
    'SERVER_NAME is a string and not empty',
    IN_PEP.environ,
  )(shows({}, { SERVER_NAME: { matches: '.' } })),
  must(
    'environ.server-port',
    'SERVER_PORT is a string of digits',
    IN_PEP.environ,
  )(shows({}, { SERVER_PORT: { matches: '^[0-9]+$' } })),
  must(
    'environ.server-protocol',
    "SERVER_PROTOCOL is the request's version",
    IN_PEP.environ,
  )(shows({}, { SERVER_PROTOCOL: 'HTTP/1.1' }), HTTP),
  must(
    'environ.server-protocol.http-1-0',
    'SERVER_PROTOCOL is HTTP/1.0 for a request of HTTP/1.0',
    IN_PEP.environ,
  )(shows({ protocol: 'HTTP/1.0' }, { SERVER_PROTOCOL: 'HTTP/1.0' }), HTTP),
  should(
    'environ.remote-addr',
    'REMOTE_ADDR is there',
    'RFC 3875 §4.1.8',
  )(shows({}, { REMOTE_ADDR: { type: 'string' } })),
  must(
    'environ.strings',
    'all variables of CGI are strings',
    IN_PEP.environ,
  )(
    ask(
      { method: 'POST', target: '/environ', content: 'x' },
      { json: { '/environ': { named: '^[^.]+$', are: { type: 'string' } } } },
    ),
  ),
  must(
    'environ.strings.latin-1',
    'no character of the variables of CGI is above U+00FF',
    IN_PEP.unicode,
  )(
    ask(
      { target: '/environ/%E2%82%AC?%E2%82%AC', headers: [['X-Kit', '\u00e2\u0082\u00ac']] },
      { json: { '/environ': { named: '^[^.]+$', are: { matches: '^[\\u0000-\\u00ff]*$' } } } },
    ),
  ),
  must(
    'environ.wsgi.version',
    'wsgi.version is (1, 0)',
    IN_PEP.environ,
  )(shows({}, { 'wsgi.version': [1, 0] })),
  must(
    'environ.wsgi.url-scheme',
    'wsgi.url_scheme is the scheme',
    IN_PEP.environ,
  )(shows({}, { 'wsgi.url_scheme': 'http' })),
  must(
    'environ.wsgi.input',
    'wsgi.input has read, readline, readlines and iteration',
    IN_PEP.streams,
  )(
    ask('/environ', {
      json: {
        '/environ/wsgi.input/methods': { includes: ['read', 'readline', 'readlines', 'iterate'] },
      },
    }),
  ),
  must(
    'environ.wsgi.errors',
    'wsgi.errors has write, writelines and flush',
    IN_PEP.streams,
  )(
    ask('/environ', {
      json: { '/environ/wsgi.errors/methods': { includes: ['write', 'writelines', 'flush'] } },
    }),
  ),
  must(
    'environ.wsgi.flags',
    'wsgi.multithread, wsgi.multiprocess and wsgi.run_once are true or false',
    IN_PEP.environ,
  )(shows({}, { 'wsgi.multithread': TRUTH, 'wsgi.multiprocess': TRUTH, 'wsgi.run_once': TRUTH })),
  may(
    'environ.wsgi.input-terminated',
    'wsgi.input_terminated says that the input ends by itself',
    'wsgi.input_terminated, an extension',
  )(shows({}, { 'wsgi.input_terminated': true })),
  should(
    'environ.server-keys',
    'keys with a dot have lower-case letters, digits, dots and underscores',
    IN_PEP.environ,
  )(
    ask('/environ', {
      json: { '/environ': { named: '^(?=.*\\.)(?![a-z0-9._]*$)', are: ABSENT } },
    }),
  ),
  must(
    'environ.url',
    'the URL of a request can be put together again',
    IN_PEP.url,
  )(ask('/url/a%20b?c=%20d', { content: 'http://{host}{prefix}/url/a%20b?c=%20d' })),
  must(
    'environ.absolute-target',
    'a target with the scheme and the host is taken apart',
    'RFC 9112 §3.2.2',
  )(
    [
      {
        send: 'GET http://{host}{prefix}/environ/a?b HTTP/1.1\r\nHost: {host}\r\n\r\n',
      },
      {
        answer: {
          status: 200,
          json: {
            '/environ/PATH_INFO': '/environ/a',
            '/environ/QUERY_STRING': 'b',
            '/environ/HTTP_HOST': '{host}',
          },
        },
      },
    ],
    { ...HTTP, needs: ['http/1.1'] },
  ),
];
