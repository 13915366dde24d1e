/** FastCGI 1.0 §3 and §4: records, request ids, management records. */
import { describe, expect, it } from 'vitest';
import { streaming } from '../../src/wsgi/application.ts';
import { quiet } from '../conformance/harness.ts';
import { answering, gate, recording, turns, until } from '../http/kit.ts';
import {
  BEGIN_REQUEST,
  begin,
  DATA,
  encodePairs,
  GET_VALUES,
  GET_VALUES_RESULT,
  get,
  PARAMS,
  params,
  post,
  record,
  STDIN,
  startFastCgi,
  UNKNOWN_TYPE,
  variables,
} from './kit.ts';

const hello = answering(() => 'hello');

describe('records', () => {
  it('FCGI-1, FCGI-4 an answer is records of version 1, without padding', async () => {
    const server = await startFastCgi(hello);
    const peer = await server.peer();
    peer.send(get([], { id: 0x1234, flags: 0 }));
    await peer.client.closed();
    const text = 'Status: 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 5\r\n\r\nhello';
    expect(peer.client.buffer).toEqual(
      Buffer.concat([
        Buffer.from([1, 6, 0x12, 0x34, 0, text.length, 0, 0]),
        Buffer.from(text),
        Buffer.from([1, 6, 0x12, 0x34, 0, 0, 0, 0]),
        Buffer.from([1, 3, 0x12, 0x34, 0, 8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]),
      ]),
    );
  });

  it('FCGI-2 a session may come byte by byte', async () => {
    const { app } = recording();
    const server = await startFastCgi(app);
    const peer = await server.peer();
    for (const byte of post('hello')) await peer.client.sent(Buffer.of(byte));
    expect(await peer.answer()).toMatchObject({ status: '200 OK', body: 'POST / hello' });
  });

  it('FCGI-3, K7 padding and the reserved byte are ignored', async () => {
    const { app } = recording();
    const server = await startFastCgi(app);
    const peer = await server.peer();
    const header = { padding: 255, reserved: 0xaa };
    const list = variables([
      ['REQUEST_METHOD', 'POST'],
      ['CONTENT_LENGTH', '5'],
    ]);
    peer.send(
      record(BEGIN_REQUEST, 1, '\0\x01\x01\xff\xff\xff\xff\xff', header),
      ...[...encodePairs(list)].map((byte) => record(PARAMS, 1, Buffer.of(byte), header)),
      record(PARAMS, 1, '', header),
      record(STDIN, 1, 'he', header),
      record(STDIN, 1, 'llo', header),
      record(STDIN, 1, '', header),
    );
    expect((await peer.answer()).body).toBe('POST / hello');
  });

  it('FCGI-5, K1 another version closes the connection', async () => {
    const server = await startFastCgi(hello);
    for (const version of [0, 2, 255]) {
      const peer = await server.peer();
      peer.send(record(BEGIN_REQUEST, 1, '\0\x01\x01\0\0\0\0\0', { version }));
      await peer.closed();
      expect(peer.records).toEqual([]);
    }
    const peer = await server.peer();
    peer.send('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
    await peer.closed();
    expect(server.log.loud).toEqual(new Array(4).fill('refused fcgi-version'));
  });

  it('FCGI-6, K10 records of a request that is not there are ignored', async () => {
    const { app, calls } = recording();
    const server = await startFastCgi(app);
    const peer = await server.peer();
    peer.send(record(STDIN, 9, 'x'), record(PARAMS, 9, 'x'), record(DATA, 9, 'x'));
    expect((await peer.ask(get())).body).toBe('GET /');
    expect(calls).toEqual(['GET /']);
  });

  it('K8 one of 65535 bytes and padding is skipped to its last byte', async () => {
    const server = await startFastCgi(hello);
    const peer = await server.peer();
    peer.send(record(STDIN, 9, Buffer.alloc(65535, 1), { padding: 255 }));
    expect((await peer.ask(get())).body).toBe('hello');
  });

  it('FCGI-7, FCGI-26 an id is free once its request was answered', async () => {
    let calls = 0;
    const server = await startFastCgi(answering(() => String(++calls)));
    const peer = await server.peer();
    for (let call = 1; call <= 1000; call++) {
      expect((await peer.ask(get())).body).toBe(String(call));
    }
  });

  it('FCGI-8 a second BEGIN_REQUEST for an id closes the connection', async () => {
    const server = await startFastCgi(hello);
    const peer = await server.peer();
    peer.send(begin(), begin());
    await peer.closed();
    expect(server.log.loud).toEqual(['refused fcgi-id-in-use']);
  });

  it('FCGI-9, FCGI-48 the application starts at the end of PARAMS, and nothing is said before', async () => {
    const { app, calls } = recording();
    const server = await startFastCgi(app);
    const peer = await server.peer();
    await peer.client.sent(
      Buffer.concat([begin(), record(PARAMS, 1, encodePairs(variables())), record(STDIN, 1)]),
    );
    await turns(20);
    expect([calls, peer.client.received]).toEqual([[], 0]);
    peer.send(record(PARAMS, 1), record(STDIN, 1));
    expect((await peer.answer()).body).toBe('GET /');
  });

  it('FCGI-10 it need not wait for STDIN', async () => {
    const server = await startFastCgi(streaming(hello));
    const peer = await server.peer();
    peer.send(begin(), params([['CONTENT_LENGTH', '5']]));
    expect((await peer.answer()).body).toBe('hello');
  });

  it('FCGI-11 what comes after the end of its stream is ignored', async () => {
    const held = gate();
    const app = answering(async (environ) => {
      await held.promise;
      return `${environ['wsgi.input'].read().length} ${'X' in environ}`;
    });
    const server = await startFastCgi(app);
    const peer = await server.peer();
    peer.send(post('abc'), record(STDIN, 1, 'more'), record(PARAMS, 1, '\x01\x01Xy'));
    await until('the records to be seen', () => server.log.lines.length === 2);
    expect(server.log.lines.map(({ level, message }) => [level, message])).toEqual(
      new Array(2).fill(['debug', 'record ignored']),
    );
    held.open();
    expect((await peer.answer()).body).toBe('3 false');
    expect((await peer.ask(get())).body).toBe('0 false');
  });
});

describe('management records', () => {
  const question = (...names: string[]) =>
    record(GET_VALUES, 0, encodePairs(names.map((name) => [name, ''])));

  it('FCGI-18, FCGI-23, K18 GET_VALUES is answered with what is known', async () => {
    const server = await startFastCgi(hello, { maxConnections: 7 });
    const peer = await server.peer();
    peer.send(question('FCGI_MAX_CONNS', 'FCGI_MAX_REQS', 'FCGI_MPXS_CONNS', 'XYZ'));
    const { id, content } = await peer.next(GET_VALUES_RESULT);
    expect([id, content.toString()]).toEqual([
      0,
      '\x0e\x01FCGI_MAX_CONNS7\x0d\x03FCGI_MAX_REQS100\x0f\x01FCGI_MPXS_CONNS1',
    ]);
    peer.send(question('FCGI_MPXS_CONNS', 'FCGI_MAX_REQS'));
    expect((await peer.next(GET_VALUES_RESULT)).content.toString()).toContain('FCGI_MAX_REQS100');
    expect((await peer.ask(get())).body).toBe('hello');
  });

  it('FCGI-20 at once, while the application is busy', async () => {
    const held = gate<string>();
    const server = await startFastCgi(answering(() => held.promise));
    const peer = await server.peer();
    peer.send(get(), question('FCGI_MPXS_CONNS'));
    expect((await peer.next()).type).toBe(GET_VALUES_RESULT);
    held.open('late');
    expect((await peer.answer()).body).toBe('late');
  });

  it('FCGI-21 an unknown type is answered with UNKNOWN_TYPE', async () => {
    const server = await startFastCgi(hello);
    const peer = await server.peer();
    peer.send(record(42, 0, 'abc'));
    const { type, id, content } = await peer.next();
    expect([type, id, content]).toEqual([UNKNOWN_TYPE, 0, Buffer.from([42, 0, 0, 0, 0, 0, 0, 0])]);
    expect((await peer.ask(get())).body).toBe('hello');
  });

  it('FCGI-22 but not one that is for a request', async () => {
    const server = await startFastCgi(hello);
    const peer = await server.peer();
    peer.send(begin(), record(42, 1, 'abc'), params(), record(STDIN, 1));
    expect((await peer.answer()).records.map(({ type }) => type)).toEqual([6, 6, 3]);
    expect(peer.records).toEqual([]);
    expect(server.log.lines.map(({ message }) => message)).toEqual(['record ignored']);
  });

  it('K18 a peer that asks and does not read is not read from', async () => {
    const server = await startFastCgi(hello);
    const peer = await server.peer();
    peer.client.socket.pause();
    const flood = Buffer.concat(new Array(10_000).fill(record(42, 0)));
    // Our own buffer holds what the server does not take.
    for (let times = 0; times < 120; times++) peer.send(flood);
    let before = -1;
    await until('the server to stop reading', () => {
      const { writableLength } = peer.client.socket;
      const stands = writableLength > 0 && writableLength === before;
      before = writableLength;
      return stands;
    });
    await quiet(200);
    expect(peer.client.socket.writableLength).toBe(before);
    peer.client.socket.resume();
    await until('all of it to be answered', () => {
      const { received } = peer.client;
      peer.client.buffer = Buffer.alloc(0);
      return received === 1_200_000 * 16;
    });
    expect((await peer.ask(get())).body).toBe('hello');
  });
});
