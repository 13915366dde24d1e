/** Everything at once: whatever clients and upstreams do, connections are neither lost nor mixed up. */
import { describe, expect, it, onTestFinished } from 'vitest';
import type { UpstreamApplication } from '../../src/upstream/application.ts';
import { balance } from '../../src/upstream/balance.ts';
import { forward } from '../../src/upstream/forward.ts';
import { get, post, start, type TestServer } from '../http/kit.ts';
import { LogRecorder } from '../log-recorder.ts';
import { httpUpstream } from './servers.ts';

/** Answers with the path; does so badly, now and then, when it is asked to. */
const unreliable = () =>
  httpUpstream((request, response) => {
    const { url = '' } = request;
    request.resume();
    const [, what] = url.split('/');
    if (what === 'reset') request.socket.resetAndDestroy();
    else if (what === 'short')
      response.writeHead(200, { 'Content-Length': 99 }).write('x', () => request.socket.destroy());
    else if (what === 'slow') setTimeout(() => response.end(url), 5);
    else if (what === 'close') response.writeHead(200, { Connection: 'close' }).end(url);
    else if (what === 'early') response.writeHead(413, { 'Content-Length': url.length }).end(url);
    else response.end(url);
  });

const KINDS = ['plain', 'slow', 'close', 'reset', 'short', 'early'];

/** One client: a few requests, left at times before their answers. */
async function visit(server: TestServer, seed: number): Promise<void> {
  const client = await server.client();
  for (let count = 0; count < 5; count++) {
    const what = KINDS[(seed * 7 + count * 3) % KINDS.length];
    const path = `/${what}/${seed}-${count}`;
    client.send((seed + count) % 3 === 0 ? post('x'.repeat(seed * 100), path) : get(path));
    if ((seed + count) % 5 === 0) {
      client.reset();
      return;
    }
    const answer = await client.answer().catch(() => null);
    if (answer === null) return;
    if (answer.status === 200 && answer.complete) expect(answer.body).toBe(path);
    if (!answer.complete || answer.headers['connection'] === 'close') return;
  }
}

async function survive(app: UpstreamApplication): Promise<void> {
  onTestFinished(() => app.close());
  const server = await start(app, { log: new LogRecorder() });
  await Promise.all(Array.from({ length: 120 }, (_, seed) => visit(server, seed)));
  // None of the few connections may be lost: as many requests as there can be get through at once.
  await Promise.all(
    Array.from({ length: 40 }, async (_, index) => {
      const client = await server.client();
      client.send(get(`/slow/${index}`));
      expect(await client.answer()).toMatchObject({ status: 200, body: `/slow/${index}` });
    }),
  );
}

const limits = { maxConnections: 4, queueTimeout: 15, log: new LogRecorder() };

describe('chaos', () => {
  it('forward()', async () => {
    await survive(forward((await unreliable()).url, limits));
  });

  it('balance()', async () => {
    const urls = [(await unreliable()).url, (await unreliable()).url];
    await survive(balance(urls, { ...limits, maxFails: 1_000_000, method: 'least-connections' }));
  });
});
