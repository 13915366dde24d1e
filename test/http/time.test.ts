import { describe, expect, it, vi } from 'vitest';
import { streaming } from '../../src/wsgi/application.ts';
import type { Chunk } from '../../src/wsgi/types.ts';
import { answering, CHUNKED_POST, gate, get, post, recording, start, turns, until } from './kit.ts';

/** Milliseconds that something took. */
async function took(action: () => Promise<unknown>): Promise<number> {
  const before = performance.now();
  await action();
  return performance.now() - before;
}

const { app } = recording();

describe('time to receive a head', () => {
  const options = { headerTimeout: 0.3, keepAlive: 0.3 };

  it('F1 a client that sends nothing is closed, quietly', async () => {
    const server = await start(app, options);
    const time = await took(async () => {
      const client = await server.client();
      await client.closed();
      expect(client.received).toBe(0);
    });
    expect(time).toBeGreaterThan(250);
    expect(server.log.loud).toEqual([]);
  });

  it('F1 time in which the process was held up does not count', async () => {
    const server = await start(app, { headerTimeout: 0.8, keepAlive: 0.8 });
    const client = await server.client();
    client.send(get());
    expect((await client.answer()).status).toBe(200);
    client.send(get());
    const held = performance.now();
    while (performance.now() < held + 1_300);
    expect((await client.answer()).status).toBe(200);
  });

  it.each([
    ['F2 HTTP-72 fields', get().slice(0, -2), 'X: y\r\n'],
    ['F3 bytes of a request line', 'G', 'E'],
    ['F3 empty lines', '\r\n', '\r\n'],
  ])('%s that drip do not reset it: 408', async (_what, first, piece) => {
    const server = await start(app, options);
    const before = performance.now();
    const client = await server.client();
    client.send(first);
    client.drip(piece, 90);
    await client.closed();
    const time = performance.now() - before;
    const answer = await client.answer();
    expect(answer.status).toBe(408);
    expect(answer.headers.connection).toBe('close');
    expect(time).toBeGreaterThan(250);
    expect(server.log.loud).toEqual(['refused header-timeout']);
  });

  it('F6 after an answer, empty lines do not prolong the idle time', async () => {
    const server = await start(app, { ...options, headerTimeout: 9 });
    const client = await server.client();
    const time = await took(async () => {
      client.send(get());
      await client.answer();
      client.drip('\r\n', 90);
      await client.closed();
    });
    expect(time).toBeGreaterThan(250);
    expect(client.text).toBe('');
    expect(server.log.loud).toEqual([]);
  });

  it("F7 a second request's head that drips: closed, with 408", async () => {
    const server = await start(app, { ...options, keepAlive: 9 });
    const client = await server.client();
    client.send(get());
    await client.answer();
    client.send('GET / HTTP/1.1\r\n');
    client.drip('X: y\r\n', 90);
    expect((await client.answer()).status).toBe(408);
    await client.closed();
  });

  it('HTTP-72 keep-alive 0 closes after each answer', async () => {
    const server = await start(app, { keepAlive: 0 });
    const client = await server.exchange(get() + get());
    expect((await client.answers()).map(({ headers }) => headers.connection)).toEqual(['close']);
  });

  it('F14 many connections that drip do not hold up a good one', async () => {
    const server = await start(app, { headerTimeout: 5 });
    const slow = await Promise.all(Array.from({ length: 300 }, () => server.client()));
    for (const client of slow) {
      client.send('GET / HTTP/1.1\r\n');
      client.drip('X: y\r\n', 400);
    }
    const good = await server.client();
    const times: number[] = [];
    for (let request = 0; request < 100; request++) {
      times.push(
        await took(() => {
          good.send(get());
          return good.answer();
        }),
      );
    }
    times.sort((a, b) => a - b);
    // What holds it up does so each time; other processes may do so now and then.
    expect(times[50]).toBeLessThan(1_000);
  });

  it('F15 setting the clock back or forth closes nothing', async () => {
    // The shortest of all times decides how often the clock ticks.
    const server = await start(app, { headerTimeout: 20, keepAlive: 20, writeTimeout: 0.3 });
    const client = await server.client();
    const wall = vi.spyOn(Date, 'now');
    for (const shift of [3_600_000, -3_600_000]) {
      const now = performance.timeOrigin + performance.now();
      wall.mockImplementation(() => now + shift);
      const read = wall.mock.calls.length;
      await until('the clock to tick', () => wall.mock.calls.length > read + 1);
      client.send(get());
      expect((await client.answer()).status).toBe(200);
    }
    wall.mockRestore();
  });
});

describe('time to receive content', () => {
  const options = { bodyTimeout: 0.3 };
  const HEAD = 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\n';

  it.each([
    ['F4 content by length', HEAD, 'x'],
    ['F4 chunked content', CHUNKED_POST, '1\r\nx\r\n'],
    ['F5 a chunk extension', `${CHUNKED_POST}1;`, 'x'],
    ['F5 a trailer', `${CHUNKED_POST}0\r\nX: `, 'x'],
  ])('%s that drips: 408', async (_what, head, piece) => {
    const { app, calls } = recording();
    const server = await start(app, options);
    const client = await server.client();
    client.send(head);
    client.drip(piece, 60);
    const answer = await client.answer();
    expect(answer.status).toBe(408);
    await client.closed();
    expect(calls).toEqual([]);
    expect(server.log.loud).toEqual(['refused body-timeout']);
  });

  it('F4 content at a good rate may take long', async () => {
    const { app } = recording();
    const server = await start(app, { bodyTimeout: 0.8, bodyMinRate: 50 });
    const client = await server.client();
    client.send(HEAD);
    for (let part = 0; part < 20; part++) {
      await new Promise((resolve) => setTimeout(resolve, 65));
      client.send('x'.repeat(50));
    }
    expect((await client.answer()).status).toBe(200);
  });

  it('F4 a streaming application learns of it, and answers 408 where it does not care', async () => {
    const server = await start(
      streaming(async (environ, startResponse) => {
        const body = await environ['wizgi.input']?.read();
        startResponse('200 OK', []);
        return [String(body?.length)];
      }),
      options,
    );
    const client = await server.client();
    client.send(HEAD);
    client.drip('x', 60);
    const answer = await client.answer();
    expect(answer.status).toBe(408);
    await client.closed();
    expect(server.log.loud).toEqual(['refused body-timeout']);
  });

  it('does not count while the application holds the client back', async () => {
    const ready = gate();
    const server = await start(
      streaming(async (environ, startResponse) => {
        await ready.promise;
        const body = await environ['wizgi.input']?.read();
        startResponse('200 OK', []);
        return [String(body?.length)];
      }),
      { bodyTimeout: 0.8, bodyMinRate: 1_000_000 },
    );
    const client = await server.client();
    client.send(post('x'.repeat(1_000_000)));
    const held = performance.now();
    await until('more than the timeout', () => performance.now() > held + 1_300);
    ready.open();
    expect((await client.answer()).body).toBe('1000000');
  });

  it('does not count while the client waits for 100 Continue', async () => {
    const ready = gate();
    const server = await start(
      streaming(async (environ, startResponse) => {
        await ready.promise;
        const body = await environ['wizgi.input']?.read();
        startResponse('200 OK', []);
        return [String(body?.length)];
      }),
      { bodyTimeout: 0.8 },
    );
    const client = await server.client();
    client.send('POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n');
    const held = performance.now();
    await until('more than the timeout', () => performance.now() > held + 1_300);
    expect(client.received).toBe(0);
    ready.open();
    await client.expect('HTTP/1.1 100 Continue\r\n\r\n');
    client.send('hello');
    expect(await client.answer()).toMatchObject({ body: '5', interim: [100] });
  });
});

describe('time to take an answer', () => {
  const BLOCK = Buffer.alloc(1 << 20, 'x');

  function endless(): { app: ReturnType<typeof answering>; state: { closed: number } } {
    const state = { closed: 0 };
    return {
      state,
      app: (_environ, startResponse) => {
        startResponse('200 OK', []);
        return {
          *[Symbol.iterator](): Generator<Chunk> {
            for (;;) yield BLOCK;
          },
          close: () => {
            state.closed++;
          },
        };
      },
    };
  }

  it('F9 E11 a client that stops reading is dropped, and the iterable closed', async () => {
    const { app, state } = endless();
    const server = await start(app, { writeTimeout: 0.4 });
    const client = await server.client();
    client.socket.pause();
    client.send(get());
    await until('the iterable to be closed', () => state.closed === 1);
    expect(server.log.loud).toEqual(['info: client does not read']);
  });

  it('F9 what the client sends meanwhile puts nothing off', async () => {
    const { app, state } = endless();
    const server = await start(app, { writeTimeout: 0.4 });
    const client = await server.client();
    client.socket.pause();
    client.send(get());
    client.drip('x', 50);
    await until('the iterable to be closed', () => state.closed === 1);
  });

  it('F8 a client that reads a byte at a time is dropped', async () => {
    const { app, state } = endless();
    const server = await start(app, { writeTimeout: 0.4 });
    const client = await server.client();
    client.send(get());
    client.socket.pause();
    const timer = setInterval(() => client.socket.read(1), 100);
    await until('the iterable to be closed', () => state.closed === 1);
    clearInterval(timer);
  });

  it('a client that reads slowly but steadily gets a single large block', async () => {
    const server = await start(
      (_environ, startResponse) => {
        startResponse('200 OK', []);
        return [Buffer.alloc(24 << 20, 'x')];
      },
      { writeTimeout: 0.8 },
    );
    const client = await server.client();
    client.send(get('/', 'Connection: close\r\n'));
    client.socket.pause();
    const begun = performance.now();
    while (client.ended === 'open') {
      client.socket.resume();
      const before = client.received;
      await until('a piece', () => client.received - before > 2 << 20 || client.ended !== 'open');
      client.socket.pause();
      if (client.ended === 'open') await new Promise((resolve) => setTimeout(resolve, 130));
    }
    expect(performance.now() - begun).toBeGreaterThan(1_100);
    const answer = await client.answer();
    expect([answer.body.length, answer.complete]).toEqual([24 << 20, true]);
  });

  it('the last chunk reaches a client that reads late, though the connection closes', async () => {
    const server = await start((_environ, startResponse) => {
      startResponse('200 OK', []);
      return (function* () {
        for (let block = 0; block < 12; block++) yield BLOCK;
      })();
    });
    const client = await server.client();
    client.socket.pause();
    client.send(get('/', 'Connection: close\r\n'));
    const begun = performance.now();
    await until('the time that a connection lingers', () => performance.now() > begun + 2_600);
    client.socket.resume();
    const answer = await client.answer();
    expect([answer.body.length, answer.complete]).toEqual([12 << 20, true]);
  });

  it('O43 an application that does not begin in time: 504, once, and its late answer goes nowhere', async () => {
    const ready = gate();
    const server = await start(
      answering(async () => {
        await ready.promise;
        return 'late';
      }),
      { timeout: 0.2 },
    );
    const client = await server.client();
    client.send(get());
    const answer = await client.answer();
    expect(answer.status).toBe(504);
    expect(answer.headers.connection).toBe('close');
    ready.open();
    await client.closed();
    expect(client.text).toBe('');
    expect(server.log.loud).toEqual(['error: the application did not begin its response in time']);
  });
});

describe('clients that leave or half-close', () => {
  it('F10 HTTP-70 a half-close after a complete request: the answer is sent whole', async () => {
    const ready = gate();
    const server = await start(
      answering(async () => {
        await ready.promise;
        return 'x'.repeat(1 << 20);
      }),
    );
    const client = await server.client();
    client.send(get());
    client.end();
    await until('the half-close', () => client.socket.writableFinished);
    ready.open();
    const answer = await client.answer();
    expect([answer.status, answer.body.length]).toEqual([200, 1 << 20]);
    expect(await client.closed()).toBe('fin');
    expect(server.log.loud).toEqual([]);
  });

  it('F10 pipelined requests before a half-close are all answered', async () => {
    const { app, calls } = recording();
    const server = await start(app);
    const client = await server.client();
    client.send(get('/1') + post('two', '/2') + get('/3'));
    client.end();
    expect((await client.answers()).map(({ body }) => body)).toEqual([
      'GET /1',
      'POST /2 two',
      'GET /3',
    ]);
    expect(calls).toHaveLength(3);
  });

  it('F10 one that reads a large answer slowly is not taken for gone', async () => {
    const server = await start(
      (_environ, startResponse) => {
        startResponse('200 OK', []);
        return [Buffer.alloc(16 << 20, 'x')];
      },
      { halfCloseTimeout: 0.2 },
    );
    const client = await server.client();
    client.socket.pause();
    client.send(get());
    client.end();
    const begun = performance.now();
    await until('more than the time of silence', () => performance.now() > begun + 700);
    client.socket.resume();
    expect((await client.answer()).body).toHaveLength(16 << 20);
  });

  it('F10 after long silence it counts as gone', async () => {
    const signals: AbortSignal[] = [];
    const server = await start(
      (environ, _startResponse) => {
        signals.push(environ['wizgi.signal'] as AbortSignal);
        return new Promise(() => undefined);
      },
      { halfCloseTimeout: 0.2 },
    );
    const client = await server.client();
    client.send(get());
    client.end();
    await until('the signal to abort', () => signals[0]?.aborted);
    await client.closed();
    expect(server.log.loud).toEqual([]);
  });

  it.each([
    ['a request line', 'GET / HT'],
    ['a field', 'GET / HTTP/1.1\r\nHost: a\r\nX'],
    ['a lone CR', '\r'],
  ])('F11 FIN inside the head (%s): closed, quietly', async (_what, bytes) => {
    const server = await start(app);
    const client = await server.client();
    client.send(bytes);
    client.end();
    await client.closed();
    expect(client.received).toBe(0);
    expect(server.log.loud).toEqual([]);
  });

  it.each([
    ['head', 'GET / HTTP/1.1\r\nHo'],
    ['content', `${post('hello').slice(0, -2)}`],
    ['chunk', `${CHUNKED_POST}5\r\nhe`],
    ['nothing', ''],
  ])('F12 RST in the middle of %s: quiet', async (_what, bytes) => {
    const server = await start(app);
    const client = await server.client();
    await client.sent(bytes);
    // The server has read it by then: a reset right behind data looks like an end to Node.js.
    await turns(30);
    client.reset();
    const other = await server.client();
    other.send(get());
    expect((await other.answer()).status).toBe(200);
    expect(server.log.loud).toEqual([]);
  });

  it('F12 P7 RST in the middle of an answer: quiet, and the iterable is closed', async () => {
    let closed = 0;
    let begun = false;
    const server = await start((_environ, startResponse) => {
      startResponse('200 OK', []);
      return {
        *[Symbol.iterator](): Generator<Chunk> {
          begun = true;
          for (;;) yield Buffer.alloc(65536);
        },
        close: () => {
          closed++;
        },
      };
    });
    const client = await server.client();
    client.socket.pause();
    client.send(get());
    await until('the answer to begin', () => begun);
    client.reset();
    await until('close()', () => closed === 1);
    expect(server.log.loud).toEqual([]);
  });
});
