/** Real web servers that speak AJP: what their own ways of it come to. */
import { connect, createServer, type Socket } from 'node:net';
import { afterAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import type { ServeOptions } from '../../src/gateways/serve.ts';
import type { Application } from '../../src/wsgi/types.ts';
import { startAjp } from '../ajp/kit.ts';
import { answering, Client, gate, get, post, until } from '../http/kit.ts';
import { need } from './components.ts';
import { freePort } from './free-port.ts';
import type { Replacement } from './front-end-kinds.ts';
import { componentOf, type FrontEnd, startDocumented } from './front-ends.ts';

interface Speaker {
  /** In docs/front-ends. */
  readonly file: string;
  readonly replacements?: readonly Replacement[];
  readonly options: ServeOptions;
  /** It keeps connections for further requests. */
  readonly keeps: boolean;
  /** It has a secret to say. */
  readonly knows: boolean;
  /** What its client sees of an answer that is cut; null: that it is cut. */
  readonly mended: RegExp | null;
}

const SECRET = 'change-me';

const speakers: readonly Speaker[] = [
  {
    file: 'apache-ajp.conf',
    replacements: [[`secret=${SECRET}`, `secret=${SECRET} ping=1`]],
    options: { ajpSecret: SECRET },
    keeps: true,
    knows: true,
    mended: null,
  },
  {
    file: 'apache-jk.conf',
    options: { ajpSecret: SECRET },
    keeps: true,
    knows: true,
    // Its own page, behind what was sent, and a good end.
    mended: /^part<!DOCTYPE.*50[24] /s,
  },
  {
    file: 'lighttpd-ajp.conf',
    options: { ajpLighttpd: true },
    keeps: false,
    knows: false,
    mended: null,
  },
];

describe.each(speakers)('$file', ({ file, replacements, options, knows, keeps, mended }) => {
  let port = 0;
  let running: Promise<FrontEnd> | null = null;

  beforeEach(async (context) => {
    need(componentOf(file), context);
    if (running === null) {
      port = await freePort();
      running = startDocumented(file, port, replacements);
    }
    await running;
  });

  afterAll(async () => (await running)?.close());

  const behind = async (app: Application, more: ServeOptions = {}) => {
    const server = await startAjp(app, {
      bind: [`ajp://127.0.0.1:${port}`],
      ...options,
      ...more,
    });
    const front = (await running) as FrontEnd;
    return { ...server, client: () => Client.open(`http://127.0.0.1:${front.port}`) };
  };

  it('AJP-8 AJP-12 asks, and gets its answer', async () => {
    const server = await behind(
      answering((environ) =>
        JSON.stringify([
          environ.REQUEST_METHOD,
          environ.QUERY_STRING,
          environ['HTTP_X_OWN'],
          environ.REMOTE_ADDR,
          environ['HTTP_X_UNDER'] ?? null,
          environ['HTTP_PROXY'] ?? null,
        ]),
      ),
    );
    const client = await server.client();
    const fields = 'X-Own: 1\r\nX_Under: 2\r\nProxy: 3\r\n';
    for (let round = 0; round < 3; round++) {
      client.send(get('/path?q=%20', fields));
      const { status, body, complete } = await client.answer();
      expect({ status, complete }).toEqual({ status: 200, complete: true });
      expect(JSON.parse(body)).toEqual(['GET', 'q=%20', '1', '127.0.0.1', null, null]);
    }
    expect(server.log.loud).toEqual([]);
  });

  it.each([0, 1, 8186, 8188, 8189, 100_000])('AJP-33 sends %i bytes of content', async (size) => {
    const server = await behind(
      answering((environ) => {
        const data = Buffer.from(environ['wsgi.input'].read());
        return `${data.length} ${data.every((byte) => byte === 0x79)}`;
      }),
    );
    const client = await server.client();
    for (let round = 0; round < 2; round++) {
      client.send(post('y'.repeat(size), '/'));
      expect(await client.answer()).toMatchObject({ status: 200, body: `${size} true` });
    }
    expect(server.log.loud).toEqual([]);
  });

  it('AJP-32 sends content of unknown length', async () => {
    const server = await behind(
      answering((environ) => Buffer.from(environ['wsgi.input'].read()).toString()),
    );
    const client = await server.client();
    client.send('POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n');
    client.send('5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n');
    expect(await client.answer()).toMatchObject({ status: 200, body: 'hello world' });
    expect(server.log.loud).toEqual([]);
  });

  it('AJP-37 goes on after content that nobody read', async () => {
    const server = await behind(answering(() => 'unread'));
    const client = await server.client();
    for (let round = 0; round < 5; round++) {
      client.send(post('y'.repeat(20_000)));
      expect(await client.answer()).toMatchObject({ status: 200, body: 'unread' });
    }
    expect(server.log.loud).toEqual([]);
  });

  it('AJP-43 passes each block on before the next is made', async () => {
    const go = gate();
    const server = await behind(async function* (_, startResponse) {
      startResponse('200 OK', [['Content-Type', 'text/plain']]);
      yield '<first>';
      await go.promise;
      yield '<second>';
    });
    const client = await server.client();
    client.send(get());
    await client.expect('<first>');
    expect(client.text).not.toContain('<second>');
    go.open();
    expect(await client.answer()).toMatchObject({ body: '<first><second>', complete: true });
  });

  it('AJP-47 gets answers without content', async () => {
    const server = await behind((environ, startResponse) => {
      const status = environ.QUERY_STRING === '204' ? '204 No Content' : '200 OK';
      startResponse(status, [['X-Own', 'yes']]);
      return environ.QUERY_STRING === '204' ? [] : ['hello'];
    });
    const client = await server.client();
    client.send('HEAD / HTTP/1.1\r\nHost: a\r\n\r\n');
    expect(await client.answer('HEAD')).toMatchObject({
      status: 200,
      headers: { 'x-own': 'yes' },
    });
    client.send(get('/?204'));
    expect(await client.answer()).toMatchObject({ status: 204, headers: { 'x-own': 'yes' } });
    client.send(get());
    expect(await client.answer()).toMatchObject({ status: 200, body: 'hello' });
  });

  it('AJP-42 gets large answers', async () => {
    const server = await behind(answering(() => 'z'.repeat(1_000_000)));
    const client = await server.client();
    client.send(get());
    const { body, complete } = await client.answer();
    expect([body.length, complete]).toEqual([1_000_000, true]);
  });

  it('AJP-46 does not take the beginning of an answer for the whole', async () => {
    const server = await behind(function* (_, startResponse) {
      startResponse('200 OK', [['Content-Type', 'text/plain']]);
      yield 'part';
      throw new Error('broken');
    });
    const client = await server.client();
    client.send(get());
    const { status, complete, body } = await client.answer();
    if (mended === null) expect(status === 200 && complete).toBe(false);
    else expect(body).toMatch(mended);
    expect(server.log.loud).toEqual(['error: application error']);
  });

  it.runIf(keeps)('AJP-11 uses a connection again', async () => {
    const server = await startAjp(
      answering(() => 'x'),
      options,
    );
    const connections = await relay(port, Number(new URL(server.addresses[0] as string).port));
    const { port: frontPort } = (await running) as FrontEnd;
    const client = await Client.open(`http://127.0.0.1:${frontPort}`);
    for (let round = 0; round < 20; round++) {
      client.send(get());
      expect(await client.answer()).toMatchObject({ status: 200 });
    }
    expect(connections()).toBe(1);
  });

  it.runIf(knows)('AJP-22 is turned away without the secret', async () => {
    const server = await behind(
      answering(() => 'secret'),
      { ajpSecret: 'another' },
    );
    const client = await server.client();
    client.send(get());
    expect(await client.answer()).toMatchObject({ status: 403 });
    expect(server.log.loud).toEqual(['refused bad-secret']);
  });

  it('a client that leaves shows', async () => {
    const left = gate();
    let closed = 0;
    const server = await behind((environ, startResponse) => {
      environ['wizgi.signal']?.addEventListener('abort', () => left.open());
      startResponse('200 OK', []);
      return {
        async *[Symbol.asyncIterator]() {
          for (;;) {
            yield 'x'.repeat(10_000);
            await new Promise((resolve) => setTimeout(resolve, 2));
          }
        },
        close: () => {
          closed++;
        },
      };
    });
    const client = await server.client();
    client.send(get());
    await client.expect('200');
    client.reset();
    await left.promise;
    await until('close()', () => closed > 0);
    expect(closed).toBe(1);
  });
});

/** Passes what comes to one port on to another; counts connections. */
async function relay(from: number, to: number): Promise<() => number> {
  let count = 0;
  const sockets: Socket[] = [];
  const server = createServer((socket) => {
    count++;
    const onward = connect(to, '127.0.0.1');
    sockets.push(socket, onward);
    for (const end of [socket, onward]) end.on('error', () => undefined);
    socket.pipe(onward).pipe(socket);
  });
  await new Promise<void>((resolve) => server.listen(from, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.close();
    for (const socket of sockets) socket.destroy();
  });
  return () => count;
}
