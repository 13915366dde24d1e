/** FastCGI 1.0 §6.3 and §6.4: authorizers and filters. */
import { describe, expect, it } from 'vitest';
import { streaming } from '../../src/wsgi/application.ts';
import type { AsyncInputStream, Environ, InputStream } from '../../src/wsgi/types.ts';
import { answering, gate, turns } from '../http/kit.ts';
import {
  begin,
  DATA,
  encodePairs,
  PARAMS,
  params,
  record,
  STDIN,
  startFastCgi,
  stream,
} from './kit.ts';

const AUTHORIZER = 2;
const FILTER = 3;

describe('an authorizer', () => {
  const ask = Buffer.concat([
    begin({ role: AUTHORIZER }),
    stream(
      PARAMS,
      1,
      encodePairs([
        ['REQUEST_METHOD', 'GET'],
        ['SERVER_PROTOCOL', 'HTTP/1.1'],
        ['HTTP_AUTHORIZATION', 'Basic x'],
      ]),
    ),
  ]);

  it('FCGI-49 is entered at the end of PARAMS, and its head is what it says', async () => {
    const seen: Environ[] = [];
    const server = await startFastCgi((environ, startResponse) => {
      seen.push({ ...environ });
      startResponse('200 OK', [['Variable-AUTH_METHOD', 'database lookup']]);
      return [];
    });
    const peer = await server.peer();
    const { status, headers } = await peer.ask(ask);
    expect([status, headers.get('variable-auth_method')]).toEqual(['200 OK', 'database lookup']);
    const [environ] = seen;
    expect(environ).toMatchObject({
      FCGI_ROLE: 'AUTHORIZER',
      SCRIPT_NAME: '',
      PATH_INFO: '',
      QUERY_STRING: '',
      HTTP_AUTHORIZATION: 'Basic x',
    });
    expect('CONTENT_LENGTH' in (environ as Environ)).toBe(false);
    // Web servers that send STDIN all the same do no harm.
    peer.send(ask, record(STDIN, 1));
    expect((await peer.answer()).status).toBe('200 OK');
  });

  it('FCGI-49 answers in full what it forbids', async () => {
    const server = await startFastCgi((_, startResponse) => {
      startResponse('401 Unauthorized', [['WWW-Authenticate', 'Basic realm="a"']]);
      return ['no'];
    });
    const peer = await server.peer();
    const { status, headers, body } = await peer.ask(ask);
    expect([status, headers.get('www-authenticate'), body]).toEqual([
      '401 Unauthorized',
      'Basic realm="a"',
      'no',
    ]);
  });
});

describe('a filter', () => {
  const list = [
    ['REQUEST_METHOD', 'POST'],
    ['CONTENT_LENGTH', '3'],
    ['FCGI_DATA_LENGTH', '6'],
    ['FCGI_DATA_LAST_MOD', '1000000000'],
  ] as const;

  const both = answering((environ) => {
    const read = (key: string) => Buffer.from((environ[key] as InputStream).read()).toString();
    const { FCGI_ROLE: role, FCGI_DATA_LENGTH: length, FCGI_DATA_LAST_MOD: time } = environ;
    return [role, length, time, read('wsgi.input'), read('wizgi.filter_data')].join();
  });
  const wanted = 'FILTER,6,1000000000,abc,uvwxyz';

  it('FCGI-50, K3 is not served unless an option says so', async () => {
    const server = await startFastCgi(both);
    const peer = await server.peer();
    peer.send(begin({ role: FILTER }), params(list), stream(STDIN, 1, 'abc'));
    expect(await peer.answer()).toMatchObject({ protocolStatus: 3 });
  });

  it('FCGI-50 reads its content and its file', async () => {
    const server = await startFastCgi(both, { fastcgiFilter: true });
    const peer = await server.peer();
    for (let times = 0; times < 2; times++) {
      peer.send(begin({ role: FILTER }), params(list), stream(STDIN, 1, 'abc'));
      await turns(20);
      expect(peer.client.text).toBe('');
      peer.send(record(DATA, 1, 'uvw'), stream(DATA, 1, 'xyz'));
      expect((await peer.answer()).body).toBe(wanted);
    }
  });

  it('FCGI-50 also without content, and a large file through one on disk', async () => {
    const app = answering((environ) => {
      const file = Buffer.from((environ['wizgi.filter_data'] as InputStream).read());
      return `${environ['wsgi.input'].read().length} ${file.length} ${file.equals(content)}`;
    });
    const content = Buffer.alloc(1_000_000, 'a longer text ');
    const server = await startFastCgi(app, { fastcgiFilter: true });
    const peer = await server.peer();
    peer.send(begin({ role: FILTER }), params([['FCGI_DATA_LENGTH', '1000000']]));
    peer.send(record(STDIN, 1));
    for (let at = 0; at < content.length; at += 50_000) {
      peer.send(record(DATA, 1, content.subarray(at, at + 50_000)));
    }
    peer.send(record(DATA, 1));
    expect((await peer.answer()).body).toBe('0 1000000 true');
  });

  it('FCGI-50 reads them as they come, when it is marked so', async () => {
    const begun = gate();
    const app = streaming(async (environ, startResponse) => {
      begun.open();
      const read = async (key: string) =>
        Buffer.from(await (environ[key] as AsyncInputStream).read()).toString();
      const text = [await read('wizgi.input'), await read('wizgi.filter_data')].join();
      startResponse('200 OK', []);
      return [text];
    });
    const server = await startFastCgi(app, { fastcgiFilter: true });
    const peer = await server.peer();
    peer.send(begin({ role: FILTER }), params(list));
    await begun.promise;
    peer.send(stream(STDIN, 1, 'abc'), record(DATA, 1, 'uvw'), stream(DATA, 1, 'xyz'));
    expect((await peer.answer()).body).toBe('abc,uvwxyz');
  });

  it('FCGI-50 a file that is shorter than it is said to be is refused', async () => {
    const server = await startFastCgi(both, { fastcgiFilter: true });
    const peer = await server.peer();
    peer.send(begin({ role: FILTER }), params(list), stream(STDIN, 1, 'abc'), stream(DATA, 1, 'u'));
    expect((await peer.answer()).status).toBe('400 Bad Request');
    expect(server.log.loud).toEqual(['refused incomplete-body']);
  });

  it('FCGI-50 or fails the read of one that is marked', async () => {
    const app = streaming(async (environ, startResponse) => {
      const file = environ['wizgi.filter_data'] as AsyncInputStream;
      const code = await file.read().then(
        () => 'none',
        (error: { code: string }) => error.code,
      );
      startResponse('200 OK', []);
      return [code];
    });
    const server = await startFastCgi(app, { fastcgiFilter: true });
    const peer = await server.peer();
    peer.send(begin({ role: FILTER }), params(list), stream(STDIN, 1, 'abc'), stream(DATA, 1, 'u'));
    expect((await peer.answer()).body).toBe('input-incomplete');
  });

  it('FCGI-50 a file that does not come is waited for only so long', async () => {
    const server = await startFastCgi(both, { fastcgiFilter: true, bodyTimeout: 0.05 });
    const peer = await server.peer();
    peer.send(begin({ role: FILTER }), params(list), stream(STDIN, 1, 'abc'));
    expect((await peer.answer()).status).toBe('408 Request Timeout');
  });
});
