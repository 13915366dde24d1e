import { describe, expect, it } from 'vitest';
import type { AccessEntry } from '../../src/gateways/access.ts';
import { streaming } from '../../src/wsgi/application.ts';
import type { Chunk } from '../../src/wsgi/types.ts';
import { answering, beginning, type Client, gate, get, start, turns, until } from './kit.ts';
import { startChild } from './process.ts';

describe('close()', () => {
  it('waits for running requests, says close to them, and closes idle connections', async () => {
    const ready = gate<string>();
    let calls = 0;
    const server = await start(
      answering((environ) => {
        calls++;
        return environ.PATH_INFO === '/slow' ? ready.promise : 'fast';
      }),
      { gracefulTimeout: 8 },
    );
    const idle = await server.client();
    idle.send(get());
    await idle.answer();
    const fresh = await server.client();
    const busy = await server.client();
    busy.send(get('/slow'));
    await until('the request to run', () => calls === 2);
    const closing = server.close();
    expect(await idle.closed()).toBe('fin');
    expect(await fresh.closed()).toBe('fin');
    await expect(server.client()).rejects.toMatchObject({ code: 'ECONNREFUSED' });
    ready.open('done');
    const answer = await busy.answer();
    expect(answer.body).toBe('done');
    expect(answer.headers.connection).toBe('close');
    await busy.closed();
    await closing;
  });

  it('takes a request whose content is being received to its end', async () => {
    const server = await start(
      answering((environ) => String(environ['wsgi.input'].read().length)),
      { gracefulTimeout: 8 },
    );
    const client = await server.client();
    const head = 'POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n';
    client.send(head);
    await client.expect('100 Continue');
    client.send('hel');
    const closing = server.close();
    client.send('lo');
    const answer = await client.answer();
    expect([answer.body, answer.headers.connection]).toEqual(['5', 'close']);
    await client.closed();
    await closing;
  });

  it('cuts what is stuck after gracefulTimeout', async () => {
    let entered = false;
    let aborted = false;
    const server = await start(
      (environ) => {
        entered = true;
        environ['wizgi.signal']?.addEventListener('abort', () => {
          aborted = true;
        });
        return new Promise(() => undefined);
      },
      { gracefulTimeout: 0.2 },
    );
    const client = await server.client();
    client.send(get());
    await until('it to be entered', () => entered);
    const before = performance.now();
    await server.close();
    expect(performance.now() - before).toBeGreaterThan(190);
    expect(aborted).toBe(true);
    await client.closed();
  });

  it('can be called twice, also with nothing to wait for', async () => {
    const idle = await start(answering(() => 'x'));
    await Promise.all([idle.close(), idle.close()]);
    await idle.close();
    const ready = gate<string>();
    const busy = await start(
      answering(() => ready.promise),
      { gracefulTimeout: 8 },
    );
    const client = await busy.client();
    client.send(get());
    await turns(20);
    const both = Promise.all([busy.close(), busy.close()]);
    ready.open('x');
    await client.answer();
    await client.closed();
    await both;
  });

  it('waits for the application that a client has left', async () => {
    let released = false;
    const closing = gate();
    const server = await start(
      (_environ, startResponse) => {
        startResponse('200 OK', []);
        return {
          async *[Symbol.asyncIterator](): AsyncGenerator<Chunk> {
            yield 'begin';
            await new Promise(() => undefined);
          },
          close: async () => {
            closing.open();
            await new Promise((resolve) => setTimeout(resolve, 100));
            released = true;
          },
        };
      },
      { gracefulTimeout: 8 },
    );
    const client = await server.client();
    client.send(get());
    await client.expect('begin');
    client.reset();
    await closing.promise;
    await server.close();
    expect(released).toBe(true);
  });

  it('loses no request under load', async () => {
    const child = await startChild('slow', { gracefulTimeout: 5 });
    const clients = await Promise.all(Array.from({ length: 20 }, () => child.client()));
    let answered = 0;
    let lost = 0;
    const ask = async (client: Client): Promise<void> => {
      for (;;) {
        client.send(get());
        await until('an answer or the end', () => client.received > 0 || client.ended !== 'open');
        if (client.received === 0) return;
        const answer = await client.answer();
        client.received = 0;
        if (answer.complete && answer.status === 200) answered++;
        else lost++;
        if (answer.headers.connection === 'close') return;
      }
    };
    const all = Promise.all(clients.map(ask));
    await until('load', () => answered > 200);
    process.kill(child.pid, 'SIGTERM');
    await all;
    for (const client of clients) client.socket.destroy();
    expect(lost).toBe(0);
    expect(await child.ended).toBe(0);
  });

  it('called by the application ends its own connection as any other', async () => {
    const server = await start(
      (environ, startResponse) => {
        if (environ.PATH_INFO === '/terminate') server.terminate();
        else void server.close();
        startResponse('200 OK', []);
        return (function* () {
          for (;;) yield 'x'.repeat(1000);
        })();
      },
      { gracefulTimeout: 0.1 },
    );
    const [one, two] = [await server.client(), await server.client()];
    one.send(get('/close'));
    two.send(get('/close'));
    await one.closed();
    await two.closed();
    await server.close();
  });

  it('terminate() from the application stops it', async () => {
    let closed = 0;
    const server = await start((_environ, startResponse) => {
      server.terminate();
      startResponse('200 OK', []);
      return {
        *[Symbol.iterator](): Generator<Chunk> {
          for (;;) yield 'x'.repeat(1000);
        },
        close: () => {
          closed++;
        },
      };
    });
    const client = await server.client();
    client.send(get());
    await client.closed();
    await until('close()', () => closed === 1);
    expect(server.log.loud).toEqual([]);
  });
});

describe('serial mode', () => {
  it('never enters the application twice at once, in the order of arrival', async () => {
    let inside = 0;
    let most = 0;
    const order: string[] = [];
    const server = await start(
      answering(async (environ) => {
        inside++;
        most = Math.max(most, inside);
        order.push(environ.PATH_INFO);
        await turns(3);
        inside--;
        return String(environ['wsgi.multithread']);
      }),
      { serial: true },
    );
    const clients = await Promise.all(Array.from({ length: 8 }, () => server.client()));
    for (const [index, client] of clients.entries()) {
      client.send(get(`/${index}`));
      await turns(2);
    }
    for (const client of clients) expect((await client.answer()).body).toBe('false');
    expect(most).toBe(1);
    expect(order).toEqual(clients.map((_, index) => `/${index}`));
  });

  it('goes on when one that waits leaves', async () => {
    const ready = gate<string>();
    const paths: string[] = [];
    const server = await start(
      answering((environ) => {
        paths.push(environ.PATH_INFO);
        return environ.PATH_INFO === '/1' ? ready.promise : 'x';
      }),
      { serial: true },
    );
    const [one, two, three] = [await server.client(), await server.client(), await server.client()];
    one.send(get('/1'));
    await until('the first to run', () => paths.length === 1);
    two.send(get('/2'));
    await turns(20);
    three.send(get('/3'));
    await turns(20);
    two.reset();
    await turns(20);
    ready.open('x');
    expect([(await one.answer()).body, (await three.answer()).body]).toEqual(['x', 'x']);
    expect(paths).toEqual(['/1', '/3']);
  });

  it('answers 503 when the turn does not come in time', async () => {
    const ready = gate<string>();
    const server = await start(beginning(ready.promise), { serial: true, timeout: 0.2 });
    const [one, two] = [await server.client(), await server.client()];
    one.send(get());
    // Has met its time limit, which is one for the beginning.
    await one.expect('begun');
    two.send(get());
    expect((await two.answer()).status).toBe(503);
    ready.open(', ended');
    expect((await one.answer()).body).toBe('begun, ended');
  });
});

describe('options', () => {
  it('scriptName mounts the application', async () => {
    const server = await start(
      answering((environ) => `${environ.SCRIPT_NAME}|${environ.PATH_INFO}`),
      { scriptName: '/my app/' },
    );
    const answer = async (path: string) => {
      const client = await server.client();
      client.send(get(path));
      const { status, body } = await client.answer();
      return status === 200 ? body : status;
    };
    expect(await answer('/my%20app')).toBe('/my app|');
    expect(await answer('/my%20app/')).toBe('/my app|/');
    expect(await answer('/my%20app/x%2Fy')).toBe('/my app|/x/y');
    expect(await answer('/my%20apple')).toBe(404);
    expect(await answer('/')).toBe(404);
  });

  it('environ adds entries', async () => {
    const server = await start(
      answering((environ) => String(environ['my.setting'])),
      { environ: { 'my.setting': 'é' } },
    );
    const client = await server.client();
    client.send(get());
    expect((await client.answer()).body).toBe('\xc3\xa9');
  });

  it('accessLog receives an entry for each answer, the server’s own too', async () => {
    const entries: AccessEntry[] = [];
    const server = await start(
      streaming(
        answering((environ) => {
          environ['my.user'] = 'me';
          if (environ.PATH_INFO === '/fail') throw new Error('no');
          return 'hello';
        }),
      ),
      { accessLog: (entry) => void entries.push(entry) },
    );
    const client = await server.exchange(`${get('/a?b')}${get('/fail')}BAD\r\n\r\n`);
    expect(await client.answers()).toHaveLength(3);
    expect(
      entries.map(({ method, target, protocol, status, bytes }) => [
        method,
        target,
        protocol,
        status,
        bytes,
      ]),
    ).toEqual([
      ['GET', '/a?b', 'HTTP/1.1', '200 OK', 5],
      ['GET', '/fail', 'HTTP/1.1', '500 Internal Server Error', 22],
      ['', '', '', '400 Bad Request', 12],
    ]);
    const [first, , third] = entries;
    expect(first?.environ?.['my.user']).toBe('me');
    expect(first?.remoteAddress).toBe('127.0.0.1');
    expect(first?.responseHeaders).toContainEqual(['Content-Type', 'text/plain']);
    expect(Math.abs(Number(first?.started) - Date.now())).toBeLessThan(10_000);
    expect(first?.duration).toBeGreaterThanOrEqual(0);
    expect(third?.environ).toBeNull();
  });

  it('S1 an access log that throws costs no request', async () => {
    const server = await start(
      answering(() => 'hello'),
      {
        accessLog: () => {
          throw new Error('full');
        },
      },
    );
    const client = await server.client();
    client.send(get() + get());
    expect([(await client.answer()).body, (await client.answer()).body]).toEqual([
      'hello',
      'hello',
    ]);
    expect(server.log.loud).toEqual([
      'error: the access log failed',
      'error: the access log failed',
    ]);
  });
});
