/** What holds of every protocol with one request on a connection. */
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { AccessEntry } from '../../src/gateways/access.ts';
import { streaming } from '../../src/wsgi/application.ts';
import type { Application, Chunk } from '../../src/wsgi/types.ts';
import { answering, Client, gate, get, recording, start, until } from '../http/kit.ts';
import { environFor, type Pair, reply, request, type SingleProtocol, serveBy } from './kit.ts';

export function singleConnection(protocol: SingleProtocol): void {
  describe('requests', () => requests(protocol));
  describe('environ', () => environs(protocol));
  describe('answers', () => answers(protocol));
  describe('refusals', () => refusals(protocol));
  describe('the end of a connection', () => ends(protocol));
  describe('the server', () => servers(protocol));
}

function requests(protocol: SingleProtocol): void {
  const { rules } = protocol;

  it(`${rules.segments} a request comes in any segments`, async () => {
    const { app, calls } = recording();
    const server = await serveBy(protocol, app);
    const client = await server.client();
    for (const byte of request(protocol, [], 'hello')) await client.sent(Buffer.of(byte));
    expect(await reply(protocol, client)).toMatchObject({ status: 200, body: 'POST /a hello' });
    expect(calls).toHaveLength(1);
  });

  it(`${rules.counted} the content ends where it is counted to, for one that receives it`, async () => {
    const { app } = recording();
    const server = await serveBy(protocol, app);
    // Our side stays open.
    const client = await server.exchange(request(protocol, [], 'hello'));
    expect(await reply(protocol, client)).toMatchObject({ body: 'POST /a hello', complete: true });
  });

  it(`${rules.counted} and for one that reads while it arrives`, async () => {
    const first = gate();
    const app = streaming(async (environ, startResponse) => {
      const input = environ['wizgi.input'];
      const pieces: string[] = [];
      for await (const piece of input ?? []) {
        pieces.push(Buffer.from(piece).toString());
        first.open();
      }
      startResponse('200 OK', []);
      return [pieces.join('|')];
    });
    const server = await serveBy(protocol, app);
    const client = await server.client();
    client.send(request(protocol, [['CONTENT_LENGTH', '6']], 'abc'));
    await first.promise;
    client.send('defsurplus');
    expect((await reply(protocol, client)).body).toBe('abc|def');
  });

  it(`${rules.oneRequest} what follows is no request`, async () => {
    const { app, calls } = recording();
    const server = await serveBy(protocol, app);
    const one = request(protocol, [], 'hello');
    const client = await server.exchange(Buffer.concat([one, one, one]));
    expect(await reply(protocol, client)).toMatchObject({ body: 'POST /a hello' });
    expect(client.text.split('POST /a hello')).toHaveLength(2);
    expect(calls).toHaveLength(1);
  });

  it(`${rules.oneRequest} nor is what comes after the answer`, async () => {
    const { app, calls } = recording();
    const server = await serveBy(protocol, app);
    const client = await server.client();
    client.send(request(protocol));
    await client.expect('GET /a');
    const { received } = client;
    client.send(request(protocol));
    await client.closed();
    expect(client.received).toBe(received);
    expect(calls).toHaveLength(1);
  });

  it('large content is received into a file', async () => {
    const app = answering((environ) => {
      const { length } = environ['wsgi.input'].read();
      return `${environ.CONTENT_LENGTH} ${length}`;
    });
    const server = await serveBy(protocol, app, { bodyInMemory: 1000 });
    const client = await server.exchange(request(protocol, [], 'x'.repeat(1_000_000)));
    expect((await reply(protocol, client)).body).toBe('1000000 1000000');
  });

  it('a peer waits while its content is not read', async () => {
    const entered = gate();
    const read = gate();
    const app = streaming(async (environ, startResponse) => {
      entered.open();
      await read.promise;
      let size = 0;
      for await (const piece of environ['wizgi.input'] ?? []) size += piece.length;
      startResponse('200 OK', []);
      return [String(size)];
    });
    const server = await serveBy(protocol, app);
    const client = await server.client();
    const size = 64 * 1024 * 1024;
    client.send(request(protocol, [['CONTENT_LENGTH', String(size)]], 'x'));
    await entered.promise;
    client.send(Buffer.alloc(size - 1));
    let left = -1;
    await until('the peer to be held back', () => {
      const before = left;
      left = client.socket.writableLength;
      return before === left && left > 0;
    });
    expect(left).toBeGreaterThan(size / 2);
    read.open();
    expect((await reply(protocol, client)).body).toBe(String(size));
  });
}

function environs(protocol: SingleProtocol): void {
  const { rules } = protocol;

  it('the variables are those of the front end', async () => {
    const { environ } = await environFor(
      protocol,
      request(protocol, [
        ['REQUEST_URI', '/%E9?q'],
        ['PATH_INFO', '/\xe9'],
        ['QUERY_STRING', 'q'],
        ['HTTPS', 'on'],
        ['HTTP_X_A', '\xe9'],
        ['CONTENT_TYPE', 'text/plain'],
      ]),
    );
    expect(environ).toMatchObject({
      REQUEST_METHOD: 'GET',
      REQUEST_URI: '/%E9?q',
      PATH_INFO: '/\xe9',
      QUERY_STRING: 'q',
      SERVER_NAME: 'example.com',
      REMOTE_ADDR: '192.0.2.7',
      HTTP_X_A: '\xe9',
      CONTENT_TYPE: 'text/plain',
      'wsgi.url_scheme': 'https',
      'wsgi.run_once': false,
    });
  });

  it(`${rules.repeated} repeated fields are merged`, async () => {
    const { environ } = await environFor(
      protocol,
      request(protocol, [
        ['HTTP_COOKIE', 'a=1'],
        ['HTTP_X_DUP', '1'],
        ['HTTP_COOKIE', 'b=2'],
        ['HTTP_X_DUP', '2'],
      ]),
    );
    expect(environ).toMatchObject({ HTTP_COOKIE: 'a=1; b=2', HTTP_X_DUP: '1, 2' });
  });

  it(`${rules.ownKeys} the server's own keys win, and nothing is polluted`, async () => {
    const { environ } = await environFor(
      protocol,
      request(protocol, [
        ['wsgi.url_scheme', 'https'],
        ['wsgi.input', 'x'],
        ['wizgi.input', 'x'],
        ['HTTP_PROXY', 'http://evil/'],
        ['__proto__', 'x'],
        ['constructor', 'x'],
      ]),
    );
    expect(environ['wsgi.url_scheme']).toBe('http');
    expect(environ['wsgi.input']).toBeTypeOf('object');
    expect(environ['wizgi.input']).toBeTypeOf('object');
    expect(environ).not.toHaveProperty('HTTP_PROXY');
    expect(Object.hasOwn(environ, '__proto__')).toBe(false);
    expect(({} as Record<string, unknown>)['x']).toBeUndefined();
  });

  it(`${rules.magic} variables that have uWSGI load code are not passed on`, async () => {
    const magic = ['FILE', 'SCRIPT', 'MODULE', 'CALLABLE', 'CHDIR', 'PYHOME', 'SETENV'];
    const { environ } = await environFor(
      protocol,
      request(protocol, [
        ...magic.map((name): Pair => [`UWSGI_${name}`, '/etc/passwd']),
        ['UWSGI_TOUCH_RELOAD', '/etc/passwd'],
      ]),
    );
    expect(Object.keys(environ).filter((name) => name.startsWith('UWSGI'))).toEqual([]);
    expect(Object.values(environ)).not.toContain('/etc/passwd');
  });
}

function answers(protocol: SingleProtocol): void {
  const { rules, statusLine } = protocol;

  it(`${rules.answer} an answer in the protocol's form, which ends with the connection`, async () => {
    const server = await serveBy(protocol, (_environ, startResponse) => {
      startResponse('201 Made', [['X-A', '\xe9']]);
      return ['one', 'two'];
    });
    const client = await server.exchange(request(protocol));
    expect(client.ended).toBe('fin');
    expect(client.text.startsWith(statusLine('201 Made'))).toBe(true);
    expect(client.text).not.toMatch(/transfer-encoding/i);
    const answer = await reply(protocol, client);
    expect(answer).toMatchObject({ status: 201, body: 'onetwo' });
    expect(answer.headers.get('x-a')).toBe('\xe9');
  });

  it('one block leaves with its length', async () => {
    const server = await serveBy(
      protocol,
      answering(() => 'hello'),
    );
    const { headers } = await reply(protocol, await server.exchange(request(protocol)));
    expect(headers.get('content-length')).toBe('5');
  });

  it('bytes and text that is not ASCII leave as they are', async () => {
    const bytes = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte));
    const server = await serveBy(protocol, (_environ, startResponse) => {
      startResponse('200 OK', []);
      return (function* (): Generator<Chunk> {
        yield bytes;
        yield '\u20ac';
      })();
    });
    const { body } = await reply(protocol, await server.exchange(request(protocol)));
    expect(body).toBe(bytes.toString('latin1') + Buffer.from('\u20ac').toString('latin1'));
  });

  it('a large answer reaches a slow reader whole, although the connection is closed behind it', async () => {
    const size = 20_000_000;
    const server = await serveBy(
      protocol,
      answering(() => 'x'.repeat(size)),
    );
    const client = await server.client();
    client.socket.pause();
    await client.sent(request(protocol));
    await server.exchange(request(protocol, [['REQUEST_METHOD', 'HEAD']]));
    client.socket.resume();
    const { body, complete } = await reply(protocol, client);
    expect([body.length, complete]).toEqual([size, true]);
  });

  it('O31 HEAD is answered without content', async () => {
    const server = await serveBy(
      protocol,
      answering(() => 'hello'),
    );
    const client = await server.exchange(request(protocol, [['REQUEST_METHOD', 'HEAD']]));
    expect(client.text).toContain('Content-Length: 5\r\n');
    expect(client.text.endsWith('\r\n\r\n')).toBe(true);
  });

  it('O21 an application that fails is answered for', async () => {
    const server = await serveBy(protocol, () => {
      throw new Error('secret');
    });
    const client = await server.exchange(request(protocol));
    expect(client.text.startsWith(statusLine('500 Internal Server Error'))).toBe(true);
    expect(client.text).not.toContain('secret');
    expect(server.log.loud).toHaveLength(1);
  });

  it('O22 an answer that is not whole ends with a reset', async () => {
    const server = await serveBy(protocol, (_environ, startResponse) => {
      startResponse('200 OK', []);
      return (function* () {
        yield 'begun';
        throw new Error('broken');
      })();
    });
    const client = await server.client();
    client.send(request(protocol));
    await client.expect('begun');
    expect(await reply(protocol, client)).toMatchObject({ status: 200, complete: false });
    expect(client.ended).toBe('reset');
  });

  it('O14 so does one that is shorter than it said', async () => {
    const server = await serveBy(protocol, (_environ, startResponse) => {
      startResponse('200 OK', [['Content-Length', '10']]);
      return ['begun'];
    });
    const client = await server.client();
    client.send(request(protocol));
    await client.expect('begun');
    expect(await reply(protocol, client)).toMatchObject({ complete: false });
  });

  it('an answer is logged with the address of its client', async () => {
    const entries: AccessEntry[] = [];
    const server = await serveBy(
      protocol,
      answering(() => 'hello'),
      { accessLog: (entry) => entries.push(entry) },
    );
    await reply(protocol, await server.exchange(request(protocol)));
    expect(entries).toMatchObject([
      {
        remoteAddress: '192.0.2.7',
        method: 'GET',
        target: '/a',
        protocol: 'HTTP/1.1',
        status: '200 OK',
        bytes: 5,
      },
    ]);
  });
}

function refusals(protocol: SingleProtocol): void {
  const { rules, garbage } = protocol;

  /** Sends what is refused; gives the answer's status, 0 without an answer. */
  async function refused(bytes: Buffer, options = {}): Promise<{ status: number; log: string[] }> {
    const { app, calls } = recording();
    const server = await serveBy(protocol, app, options);
    const client = await server.client();
    client.send(bytes);
    client.end();
    await client.closed();
    expect(calls).toEqual([]);
    const status = client.received === 0 ? 0 : (await reply(protocol, client)).status;
    return { status, log: server.log.loud };
  }

  it('what is no request is closed without a word, and others are served meanwhile', async () => {
    const { app } = recording();
    const server = await serveBy(protocol, app);
    const client = await server.client();
    const whole = request(protocol, [], 'hello');
    client.send(whole.subarray(0, 20));
    const [bytes, reason] = garbage;
    const stranger = await server.exchange(bytes);
    expect([stranger.received, stranger.ended]).toEqual([0, 'fin']);
    client.send(whole.subarray(20));
    expect((await reply(protocol, client)).status).toBe(200);
    expect(server.log.loud).toEqual([`refused ${reason}`]);
  });

  it.each(['+5', '-5', '0x5', '5 5', 'abc', '9'.repeat(30)])(
    `${rules.badLength} CONTENT_LENGTH: %s: 400`,
    async (length) => {
      const { status, log } = await refused(
        request(protocol, [['CONTENT_LENGTH', length]], 'hello'),
      );
      expect([status, log]).toEqual([400, ['refused bad-content-length']]);
    },
  );

  it('a refusal is logged as an answer', async () => {
    const entries: AccessEntry[] = [];
    const server = await serveBy(protocol, recording().app, {
      accessLog: (entry) => entries.push(entry),
    });
    await server.exchange(request(protocol, [['CONTENT_LENGTH', 'x']]));
    expect(entries).toMatchObject([
      { remoteAddress: '127.0.0.1', status: '400 Bad Request', environ: null },
    ]);
  });

  it(`${rules.chunked} content that comes chunked without a length: 411`, async () => {
    const { app } = recording();
    const server = await serveBy(protocol, app);
    const pairs: Pair[] = [
      ['CONTENT_LENGTH', ''],
      ['HTTP_TRANSFER_ENCODING', 'chunked'],
    ];
    const client = await server.exchange(request(protocol, pairs));
    expect(client.text.startsWith(protocol.statusLine('411 Length Required'))).toBe(true);
    expect(server.log.loud).toEqual(['refused length-required']);
  });

  it.each([
    ['no', ''],
    ['a bad', 'GET\r\nX: y'],
  ])('K11 %s REQUEST_METHOD: 400', async (_, method) => {
    const { status, log } = await refused(request(protocol, [['REQUEST_METHOD', method]]));
    expect([status, log]).toEqual([400, ['refused bad-method']]);
  });

  it('content beyond the limit: 413', async () => {
    const { status, log } = await refused(request(protocol, [], 'hello'), { maxBody: 4 });
    expect([status, log]).toEqual([413, ['refused body-too-large']]);
  });

  it(`${rules.many} too many variables: 431`, async () => {
    const pairs = Array.from({ length: 5000 }, (_, index): Pair => [`X${index}`, '']);
    const { status, log } = await refused(request(protocol, pairs));
    expect([status, log]).toEqual([431, ['refused too-many-variables']]);
  });

  it(`${rules.shortContent} content that ends early is not the application's`, async () => {
    const bytes = request(protocol, [['CONTENT_LENGTH', '9']], 'hello');
    const { status, log } = await refused(bytes);
    expect([status, log]).toEqual([400, ['refused incomplete-body']]);
  });

  it(`${rules.shortContent} or is an error where it is read`, async () => {
    const app = streaming(async (environ, startResponse) => {
      const read = await environ['wizgi.input']?.read().then(
        () => 'read',
        (error: Error) => error.message,
      );
      startResponse('200 OK', []);
      return [String(read)];
    });
    const server = await serveBy(protocol, app);
    const client = await server.client();
    client.send(request(protocol, [['CONTENT_LENGTH', '9']], 'hello'));
    client.end();
    expect((await reply(protocol, client)).body).toContain('incomplete');
    expect(server.log.loud).toEqual(['refused incomplete-body']);
  });

  it(`${rules.allowed} peers that are not allowed are closed`, async () => {
    const { app, calls } = recording();
    const server = await serveBy(protocol, app, { allowFrom: ['192.0.2.0/24'] });
    const client = await server.exchange(request(protocol));
    expect(client.received).toBe(0);
    expect([calls, server.log.loud]).toEqual([[], ['refused peer-not-allowed']]);
  });
}

/** An answer that goes on until its peer leaves. */
function endless(): { app: Application; ends: string[]; aborted: Promise<void> } {
  const ends: string[] = [];
  const { promise, open } = gate();
  const app: Application = (environ, startResponse) => {
    environ['wizgi.signal']?.addEventListener('abort', () => open());
    startResponse('200 OK', []);
    const blocks = (function* () {
      for (;;) yield 'x'.repeat(65_536);
    })();
    return Object.assign(blocks, { close: () => void ends.push('close') });
  };
  return { app, ends, aborted: promise };
}

function ends(protocol: SingleProtocol): void {
  const { rules } = protocol;

  it(`${rules.leaving} a peer that leaves ends the application, which is closed once`, async () => {
    const { app, ends, aborted } = endless();
    const server = await serveBy(protocol, app);
    const client = await server.client();
    client.send(request(protocol));
    await client.expect('xxx');
    client.reset();
    await aborted;
    await until('close()', () => ends.length > 0);
    await server.close();
    expect(ends).toEqual(['close']);
  });

  it(`${rules.leaving} also one that has not answered`, async () => {
    const entered = gate();
    const left = gate();
    const server = await serveBy(protocol, async (environ, startResponse) => {
      environ['wizgi.signal']?.addEventListener('abort', () => left.open());
      entered.open();
      await left.promise;
      startResponse('200 OK', []);
      return [];
    });
    const client = await server.client();
    client.send(request(protocol));
    await entered.promise;
    client.reset();
    await left.promise;
    await server.close();
  });

  it('P4 peers that leave in numbers, at any point, leave nothing behind', async () => {
    let opened = 0;
    let closed = 0;
    const server = await serveBy(
      protocol,
      streaming(async (environ, startResponse) => {
        opened++;
        startResponse('200 OK', []);
        const blocks = (async function* () {
          yield 'begun';
          for await (const piece of environ['wizgi.input'] ?? []) yield piece;
          yield 'x'.repeat(1_000_000);
        })();
        return Object.assign(blocks, { close: () => void closed++ });
      }),
      // Longer than the test may take.
      { gracefulTimeout: 60 },
    );
    const bytes = request(protocol, [], 'x'.repeat(100));
    for (let round = 0; round < 10; round++) {
      const clients = await Promise.all(Array.from({ length: 30 }, () => server.client()));
      for (const [index, client] of clients.entries()) {
        client.send(bytes.subarray(0, (index * bytes.length) / (clients.length - 1)));
      }
      await clients.at(-1)?.expect('begun');
      for (const [index, client] of clients.entries()) {
        if (index % 3 === 0) client.reset();
        else if (index % 3 === 1) client.socket.destroy();
        else client.end();
      }
    }
    // It ends when no connection is left.
    await server.close();
    expect(opened).toBeGreaterThan(10);
    expect(closed).toBe(opened);
    expect(server.log.loud.filter((line) => line.startsWith('error'))).toEqual([]);
  });

  it('a peer that has ended its side is answered', async () => {
    const { app } = recording();
    const server = await serveBy(protocol, app);
    const client = await server.client();
    client.send(request(protocol, [], 'hello'));
    client.end();
    expect(await reply(protocol, client)).toMatchObject({ body: 'POST /a hello', complete: true });
  });

  it('one that says nothing is closed, quietly', async () => {
    const server = await serveBy(
      protocol,
      answering(() => ''),
      { headerTimeout: 0.1 },
    );
    const client = await server.client();
    await client.closed();
    expect([client.received, server.log.loud]).toEqual([0, []]);
  });

  it('one that says half of a head is closed', async () => {
    const server = await serveBy(
      protocol,
      answering(() => ''),
      { headerTimeout: 0.3 },
    );
    const client = await server.client();
    client.send(request(protocol).subarray(0, 20));
    await client.closed();
    expect([client.received, server.log.loud]).toEqual([0, ['refused header-timeout']]);
  });

  it('F3 bytes of a head that drip do not put that off', async () => {
    const server = await serveBy(
      protocol,
      answering(() => ''),
      { headerTimeout: 0.2 },
    );
    const client = await server.client();
    const bytes = request(protocol);
    client.send(bytes.subarray(0, 8));
    for (let at = 8; client.ended === 'open'; at++) {
      // A whole head would be answered.
      expect(at).toBeLessThan(bytes.length - 1);
      await client.sent(bytes.subarray(at, at + 1));
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    expect([client.received, server.log.loud]).toEqual([0, ['refused header-timeout']]);
  });

  it('one that stops within its content is answered 408', async () => {
    const server = await serveBy(
      protocol,
      answering(() => ''),
      { bodyTimeout: 0.1 },
    );
    const client = await server.client();
    client.send(request(protocol, [['CONTENT_LENGTH', '9']], 'hello'));
    expect((await reply(protocol, client)).status).toBe(408);
    expect(server.log.loud).toEqual(['refused body-timeout']);
  });

  it('one that does not read is dropped', async () => {
    const { app, ends } = endless();
    const server = await serveBy(protocol, app, { writeTimeout: 0.2 });
    const client = await server.client();
    client.socket.pause();
    client.send(request(protocol));
    await until('close()', () => ends.length > 0);
    expect(server.log.loud).toEqual(['info: client does not read']);
  });

  it('one that opens a connection and leaves is nothing to speak of', async () => {
    const { app } = recording();
    const server = await serveBy(protocol, app);
    const client = await server.client();
    client.end();
    expect(await client.closed()).toBe('fin');
    expect([client.received, server.log.loud]).toEqual([0, []]);
  });
}

function servers(protocol: SingleProtocol): void {
  it('speaks several protocols at once', async () => {
    const { app } = recording();
    const server = await start(app, {
      bind: ['127.0.0.1:0', `${protocol.scheme}://127.0.0.1:0`],
    });
    const [http = '', other = ''] = server.addresses;
    expect(other).toMatch(new RegExp(`^${protocol.scheme}://127.0.0.1:\\d+$`));
    const browser = await Client.open(http);
    browser.send(get('/b'));
    expect((await browser.answer()).body).toBe('GET /b');
    const client = await Client.open(other);
    client.send(request(protocol));
    expect((await reply(protocol, client)).body).toBe('GET /a');
  });

  it('listens on a Unix socket, whose peers need not be allowed', async () => {
    const path = join(await mkdtemp(join(tmpdir(), 'wizgi-test-')), 'app.sock');
    const server = await start(
      answering((environ) => String(environ.REMOTE_ADDR)),
      { bind: [`${protocol.scheme}+unix:${path}`], allowFrom: [] },
    );
    expect(server.addresses).toEqual([`${protocol.scheme}+unix:${path}`]);
    const client = await Client.open(`unix:${path}`);
    client.send(request(protocol));
    expect((await reply(protocol, client)).body).toBe('192.0.2.7');
  });

  it('stops when what runs is done; idle connections are closed at once', async () => {
    const entered = gate();
    const go = gate();
    const server = await serveBy(
      protocol,
      answering(async () => {
        entered.open();
        await go.promise;
        return 'done';
      }),
      { gracefulTimeout: 10 },
    );
    const client = await server.client();
    const idle = await server.client();
    client.send(request(protocol));
    await entered.promise;
    const closed = server.close();
    expect(await idle.closed()).toBe('fin');
    go.open();
    expect((await reply(protocol, client)).body).toBe('done');
    await closed;
  });

  it('stops without losing a request that has arrived, or has begun to', async () => {
    const { app } = recording();
    const server = await serveBy(protocol, app, { gracefulTimeout: 10 });
    const begun = await server.client();
    const arrived = await server.client();
    const bytes = request(protocol);
    await begun.sent(bytes.subarray(0, 8));
    // Once this is answered, what came before it was accepted.
    await reply(protocol, await server.exchange(bytes));
    await arrived.sent(bytes);
    const closed = server.close();
    expect((await reply(protocol, arrived)).body).toBe('GET /a');
    begun.send(bytes.subarray(8));
    expect((await reply(protocol, begun)).body).toBe('GET /a');
    await closed;
  });

  it('cuts what does not end in time', async () => {
    const ends: string[] = [];
    const server = await serveBy(
      protocol,
      (_environ, startResponse) => {
        startResponse('200 OK', []);
        const blocks = (async function* () {
          yield 'begun';
          await new Promise(() => undefined);
        })();
        return Object.assign(blocks, { close: () => void ends.push('close') });
      },
      { gracefulTimeout: 0.1 },
    );
    const client = await server.client();
    client.send(request(protocol));
    await client.expect('begun');
    await server.close();
    expect(await client.closed()).toBe('reset');
    expect(ends).toEqual(['close']);
  });

  it('turns away what is too much', async () => {
    const { app } = recording();
    const server = await serveBy(protocol, app, { maxConnections: 1 });
    const first = await server.client();
    first.send(request(protocol).subarray(0, 4));
    const second = await server.exchange(request(protocol));
    expect(second.text.startsWith(protocol.statusLine('503 Service Unavailable'))).toBe(true);
    first.send(request(protocol).subarray(4));
    expect((await reply(protocol, first)).status).toBe(200);
  });

  it('enters the application once at a time in serial mode', async () => {
    const go = gate();
    let running = 0;
    let most = 0;
    const server = await serveBy(
      protocol,
      answering(async (environ) => {
        most = Math.max(most, ++running);
        await go.promise;
        running--;
        return String(environ['wsgi.multithread']);
      }),
      { serial: true },
    );
    const clients = await Promise.all([server.client(), server.client(), server.client()]);
    for (const client of clients) client.send(request(protocol));
    await until('the first', () => running === 1);
    go.open();
    for (const client of clients) {
      expect((await reply(protocol, client)).body).toBe('false');
    }
    expect(most).toBe(1);
  });

  it('answers 504 when an application takes too long', async () => {
    const { promise, open } = gate();
    const server = await serveBy(
      protocol,
      answering(async () => {
        await promise;
        return '';
      }),
      { timeout: 0.1 },
    );
    const client = await server.exchange(request(protocol));
    expect((await reply(protocol, client)).status).toBe(504);
    open();
  });
}
