/** What web servers were seen to send, and to want. Their names are those of the releases observed. */
import { describe, expect, it } from 'vitest';
import { answering, recording } from '../http/kit.ts';
import {
  begin,
  encodePairs,
  environFor,
  GET_VALUES,
  GET_VALUES_RESULT,
  get,
  PARAMS,
  type Pair,
  record,
  STDIN,
  startFastCgi,
} from './kit.ts';

/** Pairs and nothing else, as a front end sends them. */
function request(list: readonly Pair[], flags = 0, pad = false): Buffer {
  const bytes = encodePairs(list);
  const padding = pad ? -bytes.length & 7 : 0;
  return Buffer.concat([
    begin({ flags }),
    record(PARAMS, 1, bytes, { padding }),
    record(PARAMS, 1),
    record(STDIN, 1),
  ]);
}

const NGINX: readonly Pair[] = [
  ['QUERY_STRING', 'q=1%20&z'],
  ['REQUEST_METHOD', 'GET'],
  ['CONTENT_TYPE', ''],
  ['CONTENT_LENGTH', ''],
  ['SCRIPT_NAME', '/f/a/b c/e;x=1/\xe2\x82\xac'],
  ['REQUEST_URI', '/f/a%2Fb%20c//d/../e;x=1/%E2%82%AC?q=1%20&z'],
  ['DOCUMENT_URI', '/f/a/b c/e;x=1/\xe2\x82\xac'],
  ['DOCUMENT_ROOT', '/usr/share/nginx/html'],
  ['SERVER_PROTOCOL', 'HTTP/1.1'],
  ['REQUEST_SCHEME', 'http'],
  ['GATEWAY_INTERFACE', 'CGI/1.1'],
  ['SERVER_SOFTWARE', 'nginx/1.22.1'],
  ['REMOTE_ADDR', '127.0.0.1'],
  ['REMOTE_PORT', '40000'],
  ['SERVER_ADDR', '127.0.0.1'],
  ['SERVER_PORT', '8080'],
  ['SERVER_NAME', ''],
  ['REDIRECT_STATUS', '200'],
  ['HTTP_HOST', 'example.com:8080'],
  ['HTTP_X_DUP', '1'],
  ['HTTP_X_DUP', '2'],
  ['HTTP_COOKIE', 'a=1'],
  ['HTTP_COOKIE', 'b=2'],
  ['HTTP_PROXY', 'http://evil/'],
  ['HTTP_AUTHORIZATION', 'Basic x'],
  ['HTTP_X_LAT', '\xe9'],
  ['HTTP_X_EMPTY', ''],
];

async function replay(list: readonly Pair[], options = {}) {
  let seen: Record<string, unknown> = {};
  const server = await startFastCgi((environ, startResponse) => {
    seen = { ...environ };
    startResponse('200 OK', []);
    return [environ['wsgi.input'].read()];
  }, options);
  const peer = await server.peer();
  peer.send(request(list, 0, true));
  const { status, body } = await peer.answer();
  expect(status).toBe('200 OK');
  await peer.closed();
  return { environ: seen, body };
}

describe('nginx 1.22', () => {
  it('FCGI-53, FCGI-54 tells no PATH_INFO: where the mount point is, an option says', async () => {
    const { environ } = await replay(NGINX, { scriptName: '/f' });
    expect(environ).toMatchObject({
      SCRIPT_NAME: '/f',
      PATH_INFO: '/a/b c/e;x=1/\xe2\x82\xac',
      QUERY_STRING: 'q=1%20&z',
      REQUEST_URI: '/f/a%2Fb%20c//d/../e;x=1/%E2%82%AC?q=1%20&z',
      SERVER_NAME: 'example.com',
      SERVER_PORT: '8080',
      HTTP_X_DUP: '1, 2',
      HTTP_COOKIE: 'a=1; b=2',
      HTTP_AUTHORIZATION: 'Basic x',
      HTTP_X_LAT: '\xe9',
      HTTP_X_EMPTY: '',
      'wsgi.url_scheme': 'http',
    });
    expect('HTTP_PROXY' in environ || 'CONTENT_LENGTH' in environ).toBe(false);
  });

  it('FCGI-54 the root is a mount point, too', async () => {
    const { environ } = await replay(NGINX, { scriptName: '/' });
    expect(environ).toMatchObject({
      SCRIPT_NAME: '',
      PATH_INFO: '/f/a/b c/e;x=1/\xe2\x82\xac',
    });
  });

  it('FCGI-54 a path outside it is answered 404', async () => {
    const server = await startFastCgi(
      answering(() => 'hello'),
      { scriptName: '/other' },
    );
    const peer = await server.peer();
    expect((await peer.ask(request(NGINX))).status).toBe('404 Not Found');
  });

  it('FCGI-54 content that was chunked has its headers told twice, and wrongly', async () => {
    const environ = await environFor([
      ['HTTP_TRANSFER_ENCODING', 'chunked'],
      ['HTTP_CONTENT_LENGTH', '7'],
      ['HTTP_CONTENT_TYPE', 'a/b'],
      ['CONTENT_TYPE', 'c/d'],
    ]);
    for (const name of ['TRANSFER_ENCODING', 'CONTENT_LENGTH', 'CONTENT_TYPE']) {
      expect(`HTTP_${name}` in environ).toBe(false);
    }
    expect(environ.CONTENT_TYPE).toBe('c/d');
  });

  it('FCGI-53 its content comes in pieces of 32 KiB', async () => {
    const content = Buffer.alloc(20_000 * 5, 'nginx ');
    const { app, calls } = recording();
    const server = await startFastCgi(app);
    const peer = await server.peer();
    const list = NGINX.filter(([name]) => name !== 'CONTENT_LENGTH');
    const pairs = encodePairs([...list, ['CONTENT_LENGTH', `${content.length}`]]);
    peer.send(begin({ flags: 0 }), record(PARAMS, 1, pairs, { padding: -pairs.length & 7 }));
    peer.send(record(PARAMS, 1));
    for (let at = 0; at < content.length; at += 32_768) {
      const piece = content.subarray(at, at + 32_768);
      peer.send(record(STDIN, 1, piece, { padding: -piece.length & 7 }));
    }
    peer.send(record(STDIN, 1));
    expect((await peer.answer()).status).toBe('200 OK');
    expect(calls[0]?.endsWith(content.toString().trim())).toBe(true);
  });
});

describe('Apache 2.4', () => {
  it('FCGI-57 PARAMS of several records, a name that leaks, SCRIPT_NAME with all of the path', async () => {
    const list: Pair[] = [
      ['SCRIPT_FILENAME', 'proxy:fcgi://127.0.0.1:9000/f/a b'],
      ['HTTP_HOST', 'example.com'],
      ['HTTP_COOKIE', 'a=1, b=2'],
      ['PATH', '/usr/bin:/bin'],
      ['HTTP_X_LONG', 'x'.repeat(16_000)],
      ['SERVER_NAME', 'example.com'],
      ['SERVER_PORT', '80'],
      ['REMOTE_ADDR', '127.0.0.1'],
      ['GATEWAY_INTERFACE', 'CGI/1.1'],
      ['SERVER_PROTOCOL', 'HTTP/1.1'],
      ['REQUEST_METHOD', 'GET'],
      ['QUERY_STRING', ''],
      ['REQUEST_URI', '/f/a%20b'],
      ['SCRIPT_NAME', '/f/a b'],
    ];
    const server = await startFastCgi(
      answering((environ) => JSON.stringify([environ.SCRIPT_NAME, environ.PATH_INFO])),
      { scriptName: '/f' },
    );
    const peer = await server.peer();
    // It cuts between pairs.
    const records = [list.slice(0, 4), list.slice(4, 5), list.slice(5)];
    peer.send(begin({ flags: 0 }));
    for (const pairs of records) peer.send(record(PARAMS, 1, encodePairs(pairs)));
    peer.send(record(PARAMS, 1), record(STDIN, 1));
    expect((await peer.answer()).body).toBe('["/f","/a b"]');
    await peer.closed();
  });

  it('FCGI-57 %2F that it left alone is left alone', async () => {
    const environ = await environFor([
      ['SCRIPT_NAME', '/a%2Fb c'],
      ['PATH_INFO', ''],
    ]);
    expect(environ.SCRIPT_NAME + environ.PATH_INFO).toBe('/a%2Fb c');
  });
});

describe('lighttpd 1.4', () => {
  it('FCGI-59 divides the path itself, and says CONTENT_LENGTH 0 and no SERVER_NAME', async () => {
    const { environ, body } = await replay([
      ['CONTENT_LENGTH', '0'],
      ['SCRIPT_NAME', '/f'],
      ['PATH_INFO', '/a/b c'],
      ['SCRIPT_FILENAME', '/var/www/f'],
      ['DOCUMENT_ROOT', '/var/www'],
      ['REQUEST_URI', '/f/a%2Fb%20c'],
      ['REDIRECT_STATUS', '200'],
      ['REQUEST_METHOD', 'GET'],
      ['SERVER_PROTOCOL', 'HTTP/1.0'],
      ['SERVER_SOFTWARE', 'lighttpd/1.4.69'],
      ['GATEWAY_INTERFACE', 'CGI/1.1'],
      ['REQUEST_SCHEME', 'http'],
      ['SERVER_PORT', '8080'],
      ['SERVER_ADDR', '127.0.0.1'],
      ['SERVER_NAME', ''],
      ['REMOTE_ADDR', '127.0.0.1'],
      ['REMOTE_PORT', '40000'],
      ['HTTP_X_UNDER', 'kept, though it may have been X_Under'],
    ]);
    expect(environ).toMatchObject({ SCRIPT_NAME: '/f', PATH_INFO: '/a/b c', SERVER_PORT: '8080' });
    expect(environ['SERVER_NAME']).not.toBe('');
    expect(body).toBe('');
  });
});

describe('HAProxy 2.6', () => {
  it('FCGI-23, FCGI-60 asks for values and waits, and keeps its connection', async () => {
    const server = await startFastCgi(
      answering((environ) => `${environ.SERVER_NAME} ${environ.SERVER_PORT}`),
    );
    const peer = await server.peer();
    const names: Pair[] = [
      ['FCGI_MAX_REQS', ''],
      ['FCGI_MPXS_CONNS', ''],
    ];
    peer.send(record(GET_VALUES, 0, encodePairs(names), { padding: 3 }));
    const values = await peer.next(GET_VALUES_RESULT);
    expect(values.content.toString()).toContain('FCGI_MPXS_CONNS1');
    for (const id of [1, 2, 3]) {
      const list: Pair[] = [
        ['SERVER_NAME', 'h.example:8080'],
        ['SERVER_PORT', '8080'],
        ['SCRIPT_NAME', '/a//d/../e'],
        ['PATH_INFO', ''],
      ];
      expect((await peer.ask(get(list, { id }), id)).body).toBe('h.example 8080');
    }
  });
});
