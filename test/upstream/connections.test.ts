import type { ServerResponse } from 'node:http';
import { describe, expect, it, onTestFinished } from 'vitest';
import { forward } from '../../src/upstream/forward.ts';
import { streaming } from '../../src/wsgi/application.ts';
import { get, start, until } from '../http/kit.ts';
import { answeringWith, front, httpUpstream, rawUpstream, reasons } from './servers.ts';

/** An upstream whose answers wait for the test. */
async function holding() {
  const waiting: ServerResponse[] = [];
  const upstream = await httpUpstream((_request, response) => {
    waiting.push(response);
  });
  return { ...upstream, waiting };
}

describe('connections to an upstream', () => {
  it('are kept, and shared by clients', async () => {
    const upstream = await httpUpstream((_request, response) => response.end('x'));
    const server = await front(upstream.url);
    for (let index = 0; index < 5; index++) {
      const client = await server.client();
      client.send(get());
      expect((await client.answer()).body).toBe('x');
    }
    expect(upstream.connections()).toBe(1);
  });

  it('are closed when idle for long, and each time with keepAlive 0', async () => {
    const upstream = await rawUpstream(
      answeringWith('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n'),
    );
    const server = await front(upstream.url, { keepAlive: 0.05 });
    const client = await server.client();
    client.send(get());
    await client.answer();
    await until('the idle connection to end', () => upstream.sockets[0]?.readableEnded);
    const other = await front(upstream.url, { keepAlive: 0 });
    const single = await other.client();
    single.send(get());
    await single.answer();
    await until('the connection to end', () => upstream.sockets[1]?.readableEnded);
  });

  it('are not kept longer than the upstream says', async () => {
    const head = 'HTTP/1.1 200 OK\r\nKeep-Alive: timeout=1\r\nContent-Length: 0\r\n\r\n';
    const upstream = await rawUpstream(answeringWith(head));
    const server = await front(upstream.url, { keepAlive: 60 });
    const client = await server.client();
    client.send(get());
    await client.answer();
    await until('the connection to end', () => upstream.sockets[0]?.readableEnded);
  });

  it('are as many as requests, up to the limit; others wait their turn', async () => {
    const upstream = await holding();
    const server = await front(upstream.url, { maxConnections: 2 });
    const clients = await Promise.all([1, 2, 3].map(() => server.client()));
    for (const [index, client] of clients.entries()) client.send(get(`/${index}`));
    await until('two requests to arrive', () => upstream.waiting.length === 2);
    upstream.waiting[0]?.end('first');
    await until('the third to arrive', () => upstream.waiting.length === 3);
    expect(upstream.connections()).toBe(2);
    upstream.waiting[1]?.end('x');
    upstream.waiting[2]?.end('x');
    for (const client of clients) expect((await client.answer()).status).toBe(200);
  });

  it('a request that waits too long, or finds the queue full, is a 503', async () => {
    const upstream = await holding();
    const limits = { maxConnections: 1, maxQueue: 1, queueTimeout: 0.3 };
    const server = await front(upstream.url, limits);
    const [first, second, third] = await Promise.all([1, 2, 3].map(() => server.client()));
    first?.send(get());
    await until('the request to arrive', () => upstream.waiting.length === 1);
    second?.send(get());
    third?.send(get());
    const answers = await Promise.all([second?.answer(), third?.answer()]);
    for (const answer of answers) {
      expect(answer).toMatchObject({ status: 503, headers: { 'retry-after': '1' } });
    }
    expect(reasons(server).sort()).toEqual([
      `${upstream.url} had no connection to spare in time`,
      `${upstream.url} is busy, and so is its queue`,
    ]);
    upstream.waiting[0]?.end();
    expect((await first?.answer())?.status).toBe(200);
  });

  it('a client that leaves the queue takes no connection', async () => {
    const upstream = await holding();
    let entered = 0;
    let over = 0;
    const app = forward(upstream.url, { maxConnections: 1 });
    onTestFinished(() => app.close());
    const counted = streaming((environ, startResponse) => {
      entered++;
      return app(environ, startResponse);
    });
    const accessLog = () => {
      over++;
    };
    const server = await start(counted, { accessLog });
    const [first, second, third] = await Promise.all([1, 2, 3].map(() => server.client()));
    first?.send(get('/1'));
    await until('the request to arrive', () => upstream.waiting.length === 1);
    second?.send(get('/2'));
    await until('the second to wait', () => entered === 2);
    second?.reset();
    await until('the server to notice', () => over === 1);
    third?.send(get('/3'));
    upstream.waiting[0]?.end();
    await until('the third to arrive', () => upstream.waiting.length === 2);
    expect(upstream.waiting[1]?.req.url).toBe('/3');
    upstream.waiting[1]?.end();
    expect((await third?.answer())?.status).toBe(200);
  });
});

describe('close()', () => {
  it('leaves no timer behind, also when requests had to wait', async () => {
    const timers = () =>
      process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout').length;
    const upstream = await holding();
    const server = await front(upstream.url, { maxConnections: 1 });
    const clients = await Promise.all([1, 2].map(() => server.client()));
    for (const client of clients) client.send(get());
    await until('one request to arrive', () => upstream.waiting.length === 1);
    upstream.waiting[0]?.end();
    await until('the other one to arrive', () => upstream.waiting.length === 2);
    upstream.waiting[1]?.end();
    for (const client of clients) expect((await client.answer()).status).toBe(200);
    await server.app.close();
    await server.close();
    await until('the timers to be gone', () => timers() === 0);
  });

  it('lets requests finish, takes no more, and ends idle connections', async () => {
    const upstream = await holding();
    const server = await front(upstream.url);
    const idle = await server.client();
    idle.send(get());
    await until('a request to arrive', () => upstream.waiting.length === 1);
    upstream.waiting[0]?.end();
    await idle.answer();
    const running = await server.client();
    running.send(get());
    await until('a request to arrive', () => upstream.waiting.length === 2);
    const closed = server.app.close();
    idle.send(get());
    expect((await idle.answer()).status).toBe(503);
    upstream.waiting[1]?.end('done');
    expect((await running.answer()).body).toBe('done');
    await closed;
    const connections = () =>
      new Promise((resolve) => upstream.server.getConnections((_, count) => resolve(count)));
    await expect.poll(connections).toBe(0);
  });

  it('gives up what takes too long', async () => {
    const upstream = await holding();
    const server = await front(upstream.url, { gracefulTimeout: 0.05 });
    const client = await server.client();
    client.send(get());
    await until('a request to arrive', () => upstream.waiting.length === 1);
    await server.app.close();
    expect((await client.answer()).status).toBe(503);
  });
});
