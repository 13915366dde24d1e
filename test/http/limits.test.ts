import { readdirSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { streaming } from '../../src/wsgi/application.ts';
import type { WsgiError } from '../../src/wsgi/errors.ts';
import {
  type Answer,
  CHUNKED_POST,
  type Client,
  get,
  recording,
  start,
  turns,
  until,
} from './kit.ts';

const H = 'Host: a\r\n';

/** Sends until the server answers; gives how much that took. */
async function flood(client: Client, head: string, piece: string): Promise<number> {
  const bytes = Buffer.alloc(65536, piece);
  let sent = head.length;
  client.send(head);
  while (client.received === 0) {
    client.send(bytes);
    sent += bytes.length;
    await turns(1);
    await until('room, or an answer', () => client.socket.writableLength === 0 || client.received);
  }
  return sent;
}

async function refusal(bytes: string, options = {}): Promise<{ answer: Answer; log: string[] }> {
  const { app, calls } = recording();
  const server = await start(app, options);
  const client = await server.exchange(bytes);
  const answer = await client.answer();
  expect(client.text).toBe('');
  expect(calls).toEqual([]);
  expect(answer.headers.connection).toBe('close');
  return { answer, log: server.log.loud };
}

describe('limits', () => {
  it('E1 a target of 1 MiB: 414', async () => {
    const { answer, log } = await refusal(`GET /${'a'.repeat(1 << 20)} HTTP/1.1\r\n${H}\r\n`);
    expect(answer.status).toBe(414);
    expect(log).toEqual(['refused target-too-long']);
  });

  it('E1 a target at the limit is served, one byte more is not; the limit is configurable', async () => {
    const { app } = recording();
    const server = await start(app, { maxTarget: 100 });
    const client = await server.client();
    client.send(get(`/${'a'.repeat(99)}`));
    expect((await client.answer()).status).toBe(200);
    client.send(get(`/${'a'.repeat(100)}`));
    expect((await client.answer()).status).toBe(414);
  });

  it('E2 a request line without end: 414 before it ends', async () => {
    const { app } = recording();
    const server = await start(app);
    const client = await server.client();
    const sent = await flood(client, 'GET /', 'a');
    expect((await client.answer()).status).toBe(414);
    expect(sent).toBeLessThan(16 << 20);
  });

  it.each([
    ['value', `${get().slice(0, -2)}X: `, 'x'],
    ['name', get().slice(0, -2), 'x'],
  ])('E3 a field %s without end: 431', async (_what, head, piece) => {
    const { app } = recording();
    const server = await start(app);
    const client = await server.client();
    await flood(client, head, piece);
    expect((await client.answer()).status).toBe(431);
    await client.closed();
    expect(server.log.loud).toHaveLength(1);
  });

  it.each([
    ['20 000 equal fields', 'A: b\r\n'.repeat(20_000)],
    ['5 000 distinct fields', Array.from({ length: 5_000 }, (_, n) => `x${n}:\r\n`).join('')],
    ['50 000 fields without value', 'a:\r\n'.repeat(50_000)],
    ['E5 16 384 integer names', Array.from({ length: 16_384 }, (_, n) => `${n}: 1\r\n`).join('')],
  ])('E4 %s: 431', async (_what, fields) => {
    const { answer, log } = await refusal(get('/', fields));
    expect(answer.status).toBe(431);
    expect(log).toEqual(['refused too-many-fields']);
  });

  it('E4 the hundredth field is taken, the next one is not', async () => {
    const { app } = recording();
    const server = await start(app);
    const client = await server.client();
    client.send(get('/', 'A: b\r\n'.repeat(99)));
    expect((await client.answer()).status).toBe(200);
    client.send(get('/', 'A: b\r\n'.repeat(100)));
    expect((await client.answer()).status).toBe(431);
  });

  it('E6 1 MiB of empty lines before a request: refused early', async () => {
    const { answer, log } = await refusal('\r\n'.repeat(1 << 19) + get());
    expect(answer.status).toBe(400);
    expect(log).toEqual(['refused too-many-empty-lines']);
  });

  it('E7 Content-Length of 2^63 - 1: 413 at once, before 100 Continue', async () => {
    const { answer, log } = await refusal(
      `POST / HTTP/1.1\r\n${H}Expect: 100-continue\r\nContent-Length: 9223372036854775807\r\n\r\n`,
    );
    expect(answer.status).toBe(413);
    expect(answer.interim).toEqual([]);
    expect(log).toEqual(['refused body-too-large']);
  });

  it('E8 a chunked body one byte over the limit: 413, and no file is left', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'wizgi-test-'));
    const { app, calls } = recording();
    const server = await start(app, {
      maxBody: 300_000,
      bodyInMemory: 1_000,
      spoolDirectory: directory,
    });
    const ok = await server.client();
    ok.send(`${CHUNKED_POST}${(300_000).toString(16)}\r\n${'a'.repeat(300_000)}\r\n0\r\n\r\n`);
    expect((await ok.answer()).body).toHaveLength('POST / '.length + 300_000);
    const client = await server.client();
    client.send(`${CHUNKED_POST}${(300_000).toString(16)}\r\n${'a'.repeat(300_000)}\r\n1\r\na\r\n`);
    expect((await client.answer()).status).toBe(413);
    expect(calls).toHaveLength(1);
    expect(readdirSync(directory)).toEqual([]);
  });

  it('E8 a streaming application learns of it, and answers 413 where it does not care', async () => {
    const codes: unknown[] = [];
    const app = streaming(async (environ, startResponse) => {
      try {
        for await (const _block of environ['wizgi.input'] ?? []);
      } catch (error) {
        codes.push((error as WsgiError).code);
        throw error;
      }
      startResponse('200 OK', []);
      return [];
    });
    const server = await start(app, { maxBody: 300_000 });
    const client = await server.client();
    client.send(`${CHUNKED_POST}${(300_000).toString(16)}\r\n${'a'.repeat(300_000)}\r\n1\r\na\r\n`);
    expect((await client.answer()).status).toBe(413);
    expect(codes).toEqual(['input-too-large']);
    expect(server.log.loud).toEqual(['refused body-too-large']);
  });

  it('B21 20 000 trailers: 431', async () => {
    const { answer, log } = await refusal(`${CHUNKED_POST}0\r\n${'A: b\r\n'.repeat(20_000)}\r\n`);
    expect(answer.status).toBe(431);
    expect(log).toEqual(['refused too-many-fields']);
  });

  it('E12 HTTP-88 connections beyond the limit are answered 503, and make room again', async () => {
    const { app } = recording();
    const server = await start(app, { maxConnections: 2 });
    const first = await server.client();
    const second = await server.client();
    first.send(get('/1'));
    second.send(get('/2'));
    expect([(await first.answer()).body, (await second.answer()).body]).toEqual([
      'GET /1',
      'GET /2',
    ]);
    const third = await server.client();
    third.send(get('/3'));
    const answer = await third.answer();
    expect(answer.status).toBe(503);
    expect(answer.headers['retry-after']).toBe('1');
    expect(answer.headers.connection).toBe('close');
    expect(server.log.loud).toEqual(['warn: too many connections']);
    first.socket.destroy();
    const status = async () => {
      const again = await server.client();
      again.send(get('/4'));
      const { status } = await again.answer();
      again.socket.destroy();
      return status;
    };
    let last = 503;
    const deadline = performance.now() + 5_000;
    while (last === 503 && performance.now() < deadline) last = await status();
    expect(last).toBe(200);
  });

  it('E12 one that is turned away cannot stay by sending', async () => {
    const { app } = recording();
    const server = await start(app, { maxConnections: 1 });
    const first = await server.client();
    first.send(get());
    await first.answer();
    const third = await server.client();
    await third.expect('503');
    third.drip('x', 50);
    await until('the end of the connection', () => third.socket.destroyed || third.socket.errored);
  });

  it('E15 headers of 64 MiB from the application: 500, and not sent', async () => {
    const server = await start((_environ, startResponse) => {
      startResponse('200 OK', [['X-Large', 'x'.repeat(64 << 20)]]);
      return ['never'];
    });
    const client = await server.client();
    client.send(get());
    const answer = await client.answer();
    expect(answer.status).toBe(500);
    expect(client.received).toBeLessThan(1_000);
    expect(server.log.loud).toEqual(['error: application error']);
  });

  it('S7 a head of 10 MB in one piece is refused without holding up others', async () => {
    const { app } = recording();
    const server = await start(app);
    const client = await server.client();
    const other = await server.client();
    client.send(`${get().slice(0, -2)}X: ${'x'.repeat(10_000_000)}\r\n\r\n`);
    other.send(get('/other'));
    expect((await other.answer()).body).toBe('GET /other');
    expect((await client.answer()).status).toBe(431);
  });
});
