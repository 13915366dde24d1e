/** The bytes of one request in each protocol, as a front end would send them. */
import { FastCgiClient } from '../../../dist/protocols/fastcgi/index.js';
import { ScgiClient } from '../../../dist/protocols/scgi/index.js';
import { UwsgiClient } from '../../../dist/protocols/uwsgi/index.js';

/** nginx's fastcgi_params, for a request with nothing but Host. */
const variables = {
  names: [
    'CONTENT_LENGTH',
    'SCGI',
    'QUERY_STRING',
    'REQUEST_METHOD',
    'CONTENT_TYPE',
    'SCRIPT_NAME',
    'PATH_INFO',
    'REQUEST_URI',
    'DOCUMENT_URI',
    'DOCUMENT_ROOT',
    'SERVER_PROTOCOL',
    'REQUEST_SCHEME',
    'GATEWAY_INTERFACE',
    'SERVER_SOFTWARE',
    'REMOTE_ADDR',
    'REMOTE_PORT',
    'SERVER_ADDR',
    'SERVER_PORT',
    'SERVER_NAME',
    'HTTP_HOST',
  ],
  values: [
    '0',
    '1',
    '',
    'GET',
    '',
    '',
    '/',
    '/',
    '/',
    '/var/www/html',
    'HTTP/1.1',
    'http',
    'CGI/1.1',
    'nginx/1.22.1',
    '127.0.0.1',
    '40000',
    '127.0.0.1',
    '80',
    'localhost',
    'localhost',
  ],
};

const byCodec = (codec) =>
  Buffer.concat(
    [...codec.begin(variables), ...codec.contentEnd()].map((piece) => Buffer.from(piece, 'latin1')),
  );

export const requests = {
  http: (keep) =>
    Buffer.from(`GET / HTTP/1.1\r\nHost: localhost\r\n${keep ? '' : 'Connection: close\r\n'}\r\n`),
  fastcgi: (keep) => byCodec(new FastCgiClient({ keepConnection: keep })),
  scgi: () => byCodec(new ScgiClient()),
  uwsgi: () => byCodec(new UwsgiClient()),
};
