/** FastCGI 1.0 §3.3: several requests on one connection. */
import { describe, expect, it } from 'vitest';
import { streaming } from '../../src/wsgi/application.ts';
import type { Application } from '../../src/wsgi/types.ts';
import { quiet } from '../conformance/harness.ts';
import { answering, beginning, gate, recording } from '../http/kit.ts';
import {
  ABORT_REQUEST,
  begin,
  END_REQUEST,
  encodePairs,
  get,
  PARAMS,
  params,
  post,
  record,
  STDIN,
  STDOUT,
  startFastCgi,
  variables,
} from './kit.ts';

describe('requests at the same time', () => {
  it('FCGI-19, FCGI-28, K4 interleaved records give each its own', async () => {
    const { app } = recording();
    const server = await startFastCgi(app);
    const peer = await server.peer();
    const list = (path: string) =>
      encodePairs(
        variables([
          ['PATH_INFO', path],
          ['CONTENT_LENGTH', '4'],
        ]),
      );
    peer.send(begin({ id: 7 }), begin({ id: 65535 }));
    peer.send(record(PARAMS, 7, list('/a').subarray(0, 20)), record(PARAMS, 65535, list('/b')));
    peer.send(record(PARAMS, 65535), record(STDIN, 65535, 'bb'));
    peer.send(record(PARAMS, 7, list('/a').subarray(20)), record(PARAMS, 7));
    peer.send(record(STDIN, 7, 'aaaa'), record(STDIN, 65535, 'bb'));
    peer.send(record(STDIN, 7), record(STDIN, 65535));
    expect((await peer.answer(7)).body).toBe('GET /a aaaa');
    expect((await peer.answer(65535)).body).toBe('GET /b bbbb');
  });

  it('FCGI-28 they end in any order', async () => {
    const gates = new Map(['/1', '/2', '/3'].map((path) => [path, gate<string>()]));
    const server = await startFastCgi(
      answering((environ) => gates.get(environ.PATH_INFO)?.promise ?? ''),
    );
    const peer = await server.peer();
    for (const id of [1, 2, 3]) peer.send(get([['PATH_INFO', `/${id}`]], { id }));
    for (const id of [3, 1, 2]) {
      gates.get(`/${id}`)?.open(`answer ${id}`);
      expect((await peer.answer(id)).body).toBe(`answer ${id}`);
    }
  });

  it('a hundred of them, with content, over and over', async () => {
    const { app } = recording();
    const server = await startFastCgi(app);
    const peer = await server.peer();
    for (let round = 0; round < 5; round++) {
      for (let id = 1; id <= 100; id++) {
        peer.send(post(`${round}-${id}`.repeat(50), [['PATH_INFO', `/${id}`]], { id }));
      }
      for (let id = 1; id <= 100; id++) {
        expect((await peer.answer(id)).body).toBe(`POST /${id} ${`${round}-${id}`.repeat(50)}`);
      }
    }
  });

  it('FCGI-47 large answers take turns', async () => {
    const size = 8 * 1024 * 1024;
    const server = await startFastCgi((environ, startResponse) => {
      startResponse('200 OK', []);
      return [Buffer.alloc(environ.PATH_INFO === '/small' ? 100_000 : size, environ.PATH_INFO)];
    });
    const peer = await server.peer();
    peer.client.socket.pause();
    peer.send(get([['PATH_INFO', '/1']], { id: 1 }), get([['PATH_INFO', '/2']], { id: 2 }));
    peer.send(get([['PATH_INFO', '/small']], { id: 3 }));
    // All three have come to the point where they wait for their turn.
    await quiet(100);
    peer.client.socket.resume();
    const order: number[] = [];
    const sizes = new Map<number, number>();
    for (let ended = 0; ended < 3; ) {
      const { type, id, content } = await peer.next();
      if (type === END_REQUEST) {
        ended++;
        order.push(id);
      } else if (type === STDOUT) {
        sizes.set(id, (sizes.get(id) ?? 0) + content.length);
        if (id === 3 && content.length === 0) {
          // The small one did not wait for the end of the large ones.
          expect(sizes.get(1)).toBeLessThan(size);
          expect(sizes.get(2) ?? 0).toBeLessThan(size);
        }
      }
    }
    expect(order[0]).toBe(3);
    expect([...sizes.keys()].sort()).toEqual([1, 2, 3]);
  });

  it('FCGI-47 streams take turns, block by block', async () => {
    const endless: Application = (environ, startResponse) => {
      startResponse('200 OK', []);
      return {
        *[Symbol.iterator]() {
          for (;;) yield environ.PATH_INFO.repeat(20_000);
        },
      };
    };
    const server = await startFastCgi(endless);
    const peer = await server.peer();
    const sizes = new Map<number, number>();
    for (const id of [1, 2, 3]) peer.send(get([['PATH_INFO', `/${id}`]], { id }));
    while (![1, 2, 3].every((id) => (sizes.get(id) ?? 0) > 4_000_000)) {
      const { id, content } = await peer.next();
      const text = content.toString().replace(/^Status: .*\r\n\r\n/, '');
      expect(text.replaceAll(`/${id}`, '').length).toBeLessThanOrEqual(2);
      sizes.set(id, (sizes.get(id) ?? 0) + content.length);
    }
    for (const id of [1, 2, 3]) peer.send(record(ABORT_REQUEST, id));
    peer.client.socket.destroy();
  });

  it('FCGI-55 an answer that is cut waits for the others, and ends the connection', async () => {
    const other = gate<string>();
    const server = await startFastCgi((environ, startResponse) => {
      startResponse('200 OK', []);
      if (environ.PATH_INFO === '/good') return other.promise.then((text) => [text]);
      return (function* () {
        yield 'begun';
        throw new Error('broken');
      })();
    });
    const peer = await server.peer();
    peer.send(get([['PATH_INFO', '/good']], { id: 1 }), get([], { id: 2 }));
    expect((await peer.next()).content.toString()).toContain('begun');
    // No request begins any more: its answer would keep the cut one waiting.
    peer.send(get([['PATH_INFO', '/good']], { id: 3 }));
    other.open('good');
    expect((await peer.answer(1)).body).toBe('good');
    expect(await peer.closed()).toBe('reset');
    expect(peer.records).toEqual([]);
  });

  it('FCGI-25 the one without KEEP_CONN closes the connection, once the others are over', async () => {
    const other = gate<string>();
    const server = await startFastCgi(
      answering((environ) => (environ.PATH_INFO === '/slow' ? other.promise : 'fast')),
    );
    const peer = await server.peer();
    peer.send(get([['PATH_INFO', '/slow']], { id: 1 }), get([], { id: 2, flags: 0 }));
    expect((await peer.answer(2)).body).toBe('fast');
    other.open('slow');
    expect((await peer.answer(1)).body).toBe('slow');
    await peer.closed();
  });

  it('a request whose content nobody reads holds up what is behind it, and lets go', async () => {
    const held = gate();
    const app = streaming(async (environ, startResponse) => {
      if (environ.PATH_INFO === '/held') await held.promise;
      startResponse('200 OK', []);
      return [environ.PATH_INFO];
    });
    const server = await startFastCgi(app);
    const peer = await server.peer();
    const large = 'x'.repeat(60_000);
    peer.send(begin({ id: 1 }));
    peer.send(
      params(
        [
          ['PATH_INFO', '/held'],
          ['CONTENT_LENGTH', '240000'],
        ],
        1,
      ),
    );
    for (let times = 0; times < 4; times++) peer.send(record(STDIN, 1, large));
    peer.send(record(STDIN, 1), get([['PATH_INFO', '/behind']], { id: 2 }));
    held.open();
    expect((await peer.answer(1)).body).toBe('/held');
    expect((await peer.answer(2)).body).toBe('/behind');
  });
});

describe('the limit', () => {
  it('FCGI-29, K21 requests beyond it are answered 503, and those that run go on', async () => {
    const held = gate<string>();
    const server = await startFastCgi(answering(() => held.promise));
    const peer = await server.peer();
    for (let id = 1; id <= 100; id++) peer.send(get([], { id }));
    const refused = await peer.ask(get([], { id: 101 }), 101);
    expect(refused).toMatchObject({
      status: '503 Service Unavailable',
      body: 'Service Unavailable\n',
      protocolStatus: 0,
    });
    held.open('late');
    for (let id = 1; id <= 100; id++) expect((await peer.answer(id)).body).toBe('late');
    expect((await peer.ask(get([], { id: 101 }), 101)).body).toBe('late');
  });

  it('K21 of 60 000 beginnings most are not even looked at', async () => {
    const server = await startFastCgi(answering(() => 'hello'));
    const peer = await server.peer();
    const beginnings = Array.from({ length: 60_000 }, (_, index) => begin({ id: index + 1 }));
    peer.send(Buffer.concat(beginnings));
    await peer.closed();
    const { loud } = server.log;
    expect(loud.length).toBeLessThanOrEqual(102);
    expect(new Set(loud)).toEqual(new Set(['refused fcgi-too-many-requests']));
  });

  it('FCGI-29 connections beyond theirs hear 503, too', async () => {
    const server = await startFastCgi(
      answering(() => 'hello'),
      { maxConnections: 1 },
    );
    const first = await server.peer();
    await first.ask(get());
    const second = await server.peer();
    second.send(get());
    expect(await second.answer()).toMatchObject({
      status: '503 Service Unavailable',
      protocolStatus: 0,
    });
    await second.closed();
    expect((await first.ask(get())).body).toBe('hello');
  });

  it('FCGI-29 requests that wait in vain for their turn, too', async () => {
    const held = gate<string>();
    const server = await startFastCgi(beginning(held.promise), { serial: true, timeout: 0.2 });
    const peer = await server.peer();
    peer.send(get([], { id: 1 }), get([], { id: 2 }));
    expect((await peer.answer(2)).status).toBe('503 Service Unavailable');
    held.open(', ended');
    expect((await peer.answer(1)).body).toBe('begun, ended');
  });

  it('a request that does not come to the end of its PARAMS is answered 408, and others go on', async () => {
    const held = gate<string>();
    const server = await startFastCgi(
      answering(() => held.promise),
      { headerTimeout: 0.2 },
    );
    const peer = await server.peer();
    peer.send(get(), begin({ id: 5 }), record(PARAMS, 5, '\x01'));
    expect((await peer.answer(5)).status).toBe('408 Request Timeout');
    held.open('late');
    expect((await peer.answer(1)).body).toBe('late');
    await peer.closed();
    expect(server.log.loud).toEqual(['refused header-timeout']);
  });

  it.each(['', '\x01', '\x01\x01\0\x01'])(
    'a connection on which no request begins is closed: %j',
    async (bytes) => {
      const server = await startFastCgi(
        answering(() => 'hello'),
        { headerTimeout: 0.2 },
      );
      const peer = await server.peer();
      peer.send(bytes);
      await peer.closed();
      expect(server.log.loud).toEqual(bytes === '' ? [] : ['refused header-timeout']);
    },
  );
});
