import { mkdtempSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { forward } from '../../src/upstream/forward.ts';
import { mount } from '../../src/wsgi/mount.ts';
import { CHUNKED_POST, get, post, start, until } from '../http/kit.ts';
import { front, httpUpstream, rawUpstream } from './servers.ts';

/** An upstream that tells what it was asked. */
const echo = () =>
  httpUpstream((request, response) => {
    const pieces: Buffer[] = [];
    request.on('data', (piece) => pieces.push(piece));
    request.on('end', () => {
      const { method, url, rawHeaders } = request;
      const body = Buffer.concat(pieces).toString('latin1');
      response.end(JSON.stringify({ method, url, fields: pairs(rawHeaders), body }));
    });
  });

function pairs(raw: readonly string[]): string[] {
  return raw.flatMap((name, index) => (index % 2 === 0 ? [`${name}: ${raw[index + 1]}`] : []));
}

interface Seen {
  readonly method: string;
  readonly url: string;
  readonly fields: readonly string[];
  readonly body: string;
}

describe('requests to an HTTP upstream', () => {
  it('arrive with method, path, query, fields and content', async () => {
    const server = await front((await echo()).url);
    const client = await server.client();
    client.send(
      post('content', '/a%2Fb/%C3%A9?x=%20&y', 'X-Own: 1\r\nContent-Type: text/plain\r\n'),
    );
    const seen: Seen = JSON.parse((await client.answer()).body);
    expect(seen).toEqual({
      method: 'POST',
      url: '/a%2Fb/%C3%A9?x=%20&y',
      fields: [
        'Host: a',
        'Content-Type: text/plain',
        'Content-Length: 7',
        'X-Own: 1',
        'X-Forwarded-For: 127.0.0.1',
        'X-Forwarded-Proto: http',
        'X-Forwarded-Host: a',
        'Via: 1.1 wizgi',
      ],
      body: 'content',
    });
  });

  it.each([
    ['*', 'OPTIONS', '*'],
    ['/', 'GET', '/'],
    ['//x//y', 'GET', '//x//y'],
    ['/?', 'GET', '/'],
    ['/%', 'GET', '/%'],
    ['/a|b"c', 'GET', '/a%7Cb%22c'],
    ['http://a/x%2fy?q', 'GET', '/x%2fy?q'],
    ['http://a', 'GET', '/'],
  ])('the target %s of %s arrives as %s', async (target, method, arrived) => {
    const server = await front((await echo()).url);
    const client = await server.client();
    client.send(`${method} ${target} HTTP/1.1\r\nHost: a\r\n\r\n`);
    const answer = await client.answer();
    expect(JSON.parse(answer.body).url).toBe(arrived);
  });

  it('R39 hop-by-hop fields, and those that Connection names, stay behind', async () => {
    const server = await front((await echo()).url);
    const client = await server.client();
    const hops =
      'Connection: close, X-Mine\r\nKeep-Alive: timeout=9\r\nX-Mine: 1\r\nTE: trailers\r\n' +
      'Proxy-Connection: x\r\nProxy-Authorization: x\r\nUpgrade: websocket\r\nTrailer: x\r\nX-Kept: 1\r\n';
    client.send(get('/', hops));
    const seen: Seen = JSON.parse((await client.answer()).body);
    expect(seen.fields.map((field) => field.split(':')[0])).toEqual([
      ...['Host', 'X-Kept', 'X-Forwarded-For', 'X-Forwarded-Proto', 'X-Forwarded-Host', 'Via'],
    ]);
  });

  it('chunked content goes on as chunks', async () => {
    const server = await front((await echo()).url);
    const client = await server.client();
    client.send(`${CHUNKED_POST}5\r\nhello\r\n6;x=y\r\n world\r\n0\r\nTrailer: x\r\n\r\n`);
    const seen: Seen = JSON.parse((await client.answer()).body);
    expect(seen.body).toBe('hello world');
    expect(seen.fields).toContain('Transfer-Encoding: chunked');
    expect(seen.fields.join()).not.toContain('Content-Length');
    client.send(get('/next'));
    expect(JSON.parse((await client.answer()).body).url).toBe('/next');
  });

  it('chunks without content are no content', async () => {
    const server = await front((await echo()).url);
    const client = await server.client();
    client.send(`${CHUNKED_POST}0\r\n\r\n`);
    expect(JSON.parse((await client.answer()).body).body).toBe('');
  });

  it('content that was received whole goes on with its length', async () => {
    const upstream = await echo();
    // Not all of the applications are marked as streaming, so that none is entered early.
    const server = await start(mount({ '/other': () => ['x'], '/': forward(upstream.url) }));
    const client = await server.client();
    const body = 'x'.repeat(200_000);
    client.send(`${CHUNKED_POST}${body.length.toString(16)}\r\n${body}\r\n0\r\n\r\n`);
    const seen: Seen = JSON.parse((await client.answer()).body);
    expect(seen.body).toBe(body);
    expect(seen.fields).toContain('Content-Length: 200000');
  });
});

describe('the answers of an HTTP upstream', () => {
  it('come with status, reason, fields and content', async () => {
    const upstream = await httpUpstream((_request, response) => {
      response.writeHead(418, "I'm \u00e9", [
        ...[
          'Set-Cookie',
          'a=1',
          'Set-Cookie',
          'b=2',
          'X-Tab',
          'a\tb',
          'Connection',
          'X-Hop, close',
        ],
        ...['X-Hop', '1', 'Keep-Alive', 'timeout=5', 'Content-Length', '4', 'Status', 'x'],
      ]);
      response.end(Buffer.from('body'));
    });
    const server = await front(upstream.url);
    const client = await server.client();
    client.send(get());
    const { status, reason, headers, body } = await client.answer();
    expect([status, reason, body]).toEqual([418, "I'm \u00e9", 'body']);
    expect({ ...headers, date: '' }).toEqual({
      'set-cookie': 'a=1|b=2',
      'x-tab': 'a b',
      'content-length': '4',
      date: '',
    });
  });

  it('HEAD, 204 and 304 have no content, and the connection goes on', async () => {
    const upstream = await httpUpstream((request, response) => {
      if (request.url === '/204') response.writeHead(204).end();
      else if (request.url === '/304') response.writeHead(304, { ETag: '"x"' }).end();
      else response.setHeader('Content-Length', '5').end('hello');
    });
    const server = await front(upstream.url);
    const client = await server.client();
    client.send('HEAD / HTTP/1.1\r\nHost: a\r\n\r\n');
    const head = await client.answer('HEAD');
    expect([head.status, head.headers['content-length']]).toEqual([200, '5']);
    client.send(get('/204'));
    expect(await client.answer()).toMatchObject({ status: 204, body: '' });
    client.send(get('/304'));
    expect(await client.answer()).toMatchObject({ status: 304, headers: { etag: '"x"' } });
    client.send(get('/'));
    expect(await client.answer()).toMatchObject({ status: 200, body: 'hello' });
    expect(upstream.connections()).toBe(1);
  });

  it('chunks go on as they come; what comes at once gets its length', async () => {
    let finish: () => void = () => undefined;
    const upstream = await httpUpstream((request, response) => {
      response.removeHeader('Date');
      response.write('first ');
      finish = () => response.end('last');
      if (request.url === '/once') finish();
    });
    const server = await front(upstream.url);
    const client = await server.client();
    client.send(get());
    await client.expect('first ');
    finish();
    expect(await client.answer()).toMatchObject({ body: 'first last', complete: true });
    client.send(get('/once'));
    expect(await client.answer()).toMatchObject({
      headers: { 'content-length': '10' },
      body: 'first last',
    });
  });

  it('R39 interim answers are left out', async () => {
    const upstream = await httpUpstream((_request, response) => {
      response.writeProcessing();
      response.writeEarlyHints({ link: '</a.css>; rel=preload' });
      response.end('final');
    });
    const server = await front(upstream.url);
    const client = await server.client();
    client.send(get());
    expect(await client.answer()).toMatchObject({ body: 'final', interim: [] });
  });

  it('100 of the upstream lets the client send; without it nothing is read', async () => {
    let allowed = true;
    const upstream = await httpUpstream(() => undefined);
    upstream.server.on('checkContinue', (request: IncomingMessage, response) => {
      if (!allowed) {
        response.writeHead(417).end();
        return;
      }
      response.writeContinue();
      request.on('data', (data) => response.write(data)).on('end', () => response.end());
    });
    const server = await front(upstream.url);
    const fields = 'Expect: 100-continue\r\nContent-Length: 4\r\n';
    const client = await server.client();
    client.send(`PUT / HTTP/1.1\r\nHost: a\r\n${fields}\r\n`);
    expect((await client.head()).status).toBe(100);
    client.send('text');
    expect(await client.answer()).toMatchObject({ status: 200, body: 'text' });
    allowed = false;
    let interim: readonly number[] = [100];
    // An upstream that is held up for a second is asked no longer: that may happen, but not each time.
    for (let tries = 0; tries < 3 && interim.length > 0; tries++) {
      const refused = await server.client();
      refused.send(`PUT / HTTP/1.1\r\nHost: a\r\n${fields}\r\n`);
      const answer = await refused.answer();
      expect(answer.status).toBe(417);
      ({ interim } = answer);
    }
    expect(interim).toEqual([]);
  });

  it('an upstream that ignores the expectation gets the content after a while', async () => {
    const upstream = await rawUpstream((socket) => {
      let received = '';
      socket.on('data', (data) => {
        received += data.toString('latin1');
        if (!received.endsWith('\r\n\r\ntext')) return;
        socket.write('HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\ntext');
      });
    });
    const server = await front(upstream.url);
    const client = await server.client();
    client.send('PUT / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\n');
    expect((await client.head()).status).toBe(100);
    client.send('text');
    expect(await client.answer()).toMatchObject({ status: 200, body: 'text' });
  });
});

/** Waits until a figure is above 0, and the same for a while. */
async function standstill(who: string, figure: () => number): Promise<void> {
  let last = 0;
  let same = 0;
  await until(`${who} to stand still`, () => {
    const now = figure();
    same = now === last && now > 0 ? same + 1 : 0;
    last = now;
    return same === 50;
  });
}

describe('both directions are streamed', () => {
  const SIZE = 32 * 1024 * 1024;

  it('a slow reader holds the upstream up, and loses nothing', async () => {
    let written = 0;
    const upstream = await httpUpstream((_request, response) => {
      response.setHeader('Content-Length', SIZE);
      const block = Buffer.alloc(64 * 1024, 'x');
      const write = () => {
        while (written < SIZE) {
          written += block.length;
          if (!response.write(block)) {
            response.once('drain', write);
            return;
          }
        }
        response.end();
      };
      write();
    });
    const server = await front(upstream.url);
    const client = await server.client();
    client.socket.pause();
    client.send(get());
    await standstill('the upstream', () => written);
    expect(written).toBeLessThan(SIZE);
    client.socket.resume();
    const { body, complete } = await client.answer();
    expect([body.length, complete]).toEqual([SIZE, true]);
  });

  it('an upstream that does not read holds the client up, and loses nothing', async () => {
    let read: (() => void) | null = null;
    const upstream = await httpUpstream((request, response) => {
      let size = 0;
      read = () => {
        request.on('data', (data) => {
          size += data.length;
        });
        request.on('end', () => response.end(String(size)));
      };
    });
    const server = await front(upstream.url);
    const client = await server.client();
    client.send(`POST / HTTP/1.1\r\nHost: a\r\nContent-Length: ${SIZE}\r\n\r\n`);
    for (let sent = 0; sent < SIZE; sent += 65536) client.send(Buffer.alloc(65536));
    const begin = await until('the request to arrive', () => read);
    await standstill('the client', () => SIZE - client.socket.writableLength);
    expect(client.socket.writableLength).toBeGreaterThan(0);
    begin();
    expect((await client.answer()).body).toBe(String(SIZE));
  });

  it('an answer that comes before the content has, ends the request', async () => {
    const upstream = await httpUpstream((_request, response) => {
      response.writeHead(413).end('too much');
    });
    const server = await front(upstream.url);
    const client = await server.client();
    client.send(`POST / HTTP/1.1\r\nHost: a\r\nContent-Length: ${SIZE}\r\n\r\nbegin`);
    expect(await client.answer()).toMatchObject({ status: 413, body: 'too much' });
  });

  it('when the client leaves, the upstream hears of it', async () => {
    let gone = 0;
    let asked = 0;
    const upstream = await httpUpstream((request, response) => {
      asked++;
      response.on('close', () => {
        if (!response.writableFinished) gone++;
      });
      if (request.url === '/begun') response.write('begun');
    });
    const server = await front(upstream.url);
    const waiting = await server.client();
    waiting.send(get('/silent'));
    await until('the request to arrive', () => asked === 1);
    waiting.reset();
    await until('the upstream to see the end', () => gone === 1);
    const reading = await server.client();
    reading.send(get('/begun'));
    await reading.expect('begun');
    reading.reset();
    await until('the upstream to see the end', () => gone === 2);
    expect(server.log.loud).toEqual([]);
  });
});

describe('Unix sockets', () => {
  it('carry HTTP', async () => {
    const path = join(mkdtempSync(join(tmpdir(), 'wizgi-test-')), 'up.sock');
    const upstream = await httpUpstream((request, response) => response.end(request.url), { path });
    const server = await front(`${upstream.url}:/base`);
    const client = await server.client();
    client.send(get('/x?y'));
    expect((await client.answer()).body).toBe('/base/x?y');
  });
});
