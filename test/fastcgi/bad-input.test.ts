/** What web servers, and those who pass for one, must not send. */
import { describe, expect, it } from 'vitest';
import type { AccessEntry } from '../../src/gateways/access.ts';
import { answering, recording } from '../http/kit.ts';
import {
  BEGIN_REQUEST,
  begin,
  encodePairs,
  get,
  PARAMS,
  type Pair,
  params,
  post,
  record,
  STDIN,
  STDOUT,
  startFastCgi,
  variables,
} from './kit.ts';

const hello = answering(() => 'hello');

describe('BEGIN_REQUEST', () => {
  it.each([
    ['of 3 bytes', record(BEGIN_REQUEST, 1, '\0\x01\x01')],
    ['of 13 bytes', record(BEGIN_REQUEST, 1, '\0\x01\x01'.padEnd(13, '\0'))],
    ['with id 0', begin({ id: 0 })],
  ])('K2 %s closes the connection', async (_, bytes) => {
    const server = await startFastCgi(hello);
    const peer = await server.peer();
    peer.send(bytes);
    await peer.closed();
    expect(peer.records).toEqual([]);
    expect(server.log.loud).toEqual(['refused fcgi-begin']);
  });
});

describe('PARAMS', () => {
  const refusals: [string, Buffer, string, string][] = [
    ['K5, FCGI-32 lengths of 2147483647', Buffer.alloc(8, 0xff), '431', 'variables-too-large'],
    ['K6 a pair longer than its stream', Buffer.from('\x05\x05abc'), '400', 'bad-variables'],
    ['K6 an end within a length', Buffer.from('\x80\0', 'latin1'), '400', 'bad-variables'],
    ['K6 an end within a value', Buffer.from('\x01\x02ab'), '400', 'bad-variables'],
    ['K9 501 pairs', encodePairs(new Array(501).fill(['A', 'b'])), '431', 'too-many-variables'],
  ];
  it.each(refusals)(
    '%s is refused, and the connection closed',
    async (_, bytes, status, reason) => {
      const { app, calls } = recording();
      const logged: string[] = [];
      const accessLog = (entry: AccessEntry) => void logged.push(entry.status);
      const server = await startFastCgi(app, { accessLog });
      const peer = await server.peer();
      peer.send(begin(), record(PARAMS, 1, bytes), record(PARAMS, 1), record(STDIN, 1));
      const answer = await peer.answer();
      expect(answer.status).toMatch(`${status} `);
      expect(logged).toEqual([answer.status]);
      await peer.closed();
      expect([calls, server.log.loud]).toEqual([[], [`refused ${reason}`]]);
    },
  );

  it('K9 64 MiB of them are refused at the limit', async () => {
    const server = await startFastCgi(hello);
    const peer = await server.peer();
    peer.send(begin());
    const before = process.memoryUsage().rss;
    const piece = Buffer.concat([
      record(PARAMS, 1, encodePairs([['A', 'x'.repeat(60_000)]])),
      record(PARAMS, 1, encodePairs([['B', 'x'.repeat(60_000)]])),
    ]);
    for (let sent = 0; sent < 64 * 1024 * 1024; sent += piece.length) {
      if (!peer.client.socket.writable) break;
      await peer.client.sent(piece).catch(() => undefined);
      if (peer.client.ended !== 'open') break;
    }
    expect((await peer.answer()).status).toMatch('431 ');
    expect(process.memoryUsage().rss - before).toBeLessThan(64 * 1024 * 1024);
    expect(server.log.loud).toEqual(['refused variables-too-large']);
  });

  it.each([
    ['no method at all', []],
    ['an empty one', [['REQUEST_METHOD', '']]],
    ['one with a line end', [['REQUEST_METHOD', 'GET\r\nX: y']]],
  ] as [string, Pair[]][])('K11 %s is answered 400', async (_, list) => {
    const { app, calls } = recording();
    const server = await startFastCgi(app);
    const peer = await server.peer();
    const own = variables(list).filter(([name]) => list.length > 0 || name !== 'REQUEST_METHOD');
    peer.send(begin(), record(PARAMS, 1, encodePairs(own)), record(PARAMS, 1), record(STDIN, 1));
    expect((await peer.answer()).status).toBe('400 Bad Request');
    expect([calls, server.log.loud]).toEqual([[], ['refused bad-method']]);
  });

  it.each(['+5', '-5', '0x5', '5 5', 'abc', '5'.repeat(30), '5,5', ' 5', '5\n'])(
    'K12 CONTENT_LENGTH %j is answered 400',
    async (length) => {
      const { app, calls } = recording();
      const server = await startFastCgi(app);
      const peer = await server.peer();
      const answer = await peer.ask(post('abcde', [['CONTENT_LENGTH', length]]));
      expect(answer.status).toBe('400 Bad Request');
      expect([calls, server.log.loud]).toEqual([[], ['refused bad-content-length']]);
    },
  );

  it('K12 two that differ are answered 400, and equal ones count once', async () => {
    const { app } = recording();
    const server = await startFastCgi(app);
    for (const [second, status] of [
      ['6', '400 Bad Request'],
      ['5', '200 OK'],
    ] as const) {
      const peer = await server.peer();
      const answer = await peer.ask(
        post('abcde', [
          ['CONTENT_LENGTH', '5'],
          ['CONTENT_LENGTH', second],
        ]),
      );
      expect(answer.status).toBe(status);
    }
  });
});

describe('records out of their place', () => {
  it('K10 STDIN before the end of PARAMS, and what only we may send, is ignored', async () => {
    const { app, calls } = recording();
    const server = await startFastCgi(app);
    const peer = await server.peer();
    peer.send(begin(), record(STDIN, 1, 'early'), record(STDOUT, 1, 'Status: 200 OK\r\n\r\n'));
    peer.send(record(3, 1, Buffer.alloc(8)), params([['CONTENT_LENGTH', '2']]));
    peer.send(record(STDIN, 1, 'ok'), record(STDIN, 1));
    expect((await peer.answer()).body).toBe('GET / ok');
    expect(calls).toHaveLength(1);
  });

  it('a connection that ends within a record is closed, and others go on', async () => {
    const server = await startFastCgi(hello);
    const other = await server.peer();
    await other.ask(get());
    const peer = await server.peer();
    peer.send(get().subarray(0, -3));
    peer.client.end();
    await peer.closed();
    expect(server.log.loud).toEqual(['refused fcgi-incomplete-record']);
    expect((await other.ask(get())).body).toBe('hello');
  });
});
