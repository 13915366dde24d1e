import { describe, expect, it, onTestFinished } from 'vitest';
import { balance, type WeightedUpstream } from '../../src/upstream/balance.ts';
import type { BalanceOptions } from '../../src/upstream/options.ts';
import { get, post, start, type TestServer, until } from '../http/kit.ts';
import { LogRecorder } from '../log-recorder.ts';
import { httpUpstream, rawUpstream, reasons } from './servers.ts';

/** An upstream that answers with its name, and can be made to fail. */
async function named(name: string) {
  const state = { healthy: true, requests: 0, checks: 0, hold: false };
  const held: (() => void)[] = [];
  const upstream = await httpUpstream((request, response) => {
    if (request.url === '/health') {
      state.checks++;
      response.writeHead(state.healthy ? 200 : 500).end();
      return;
    }
    state.requests++;
    if (state.hold) held.push(() => response.end(name));
    else response.end(name);
  });
  const release = () => {
    for (const end of held.splice(0)) end();
  };
  return { ...upstream, state, release };
}

async function balanced(
  upstreams: readonly (string | WeightedUpstream)[],
  options: BalanceOptions = {},
): Promise<TestServer> {
  const log = new LogRecorder();
  const app = balance(upstreams, { log, ...options });
  onTestFinished(() => app.close());
  const server = await start(app, { log });
  return { ...server, log };
}

/** The bodies of so many answers, one after the other. */
async function ask(server: TestServer, count: number, fields = '', path = '/'): Promise<string[]> {
  const client = await server.client();
  const bodies: string[] = [];
  for (let index = 0; index < count; index++) {
    client.send(get(path, fields));
    bodies.push((await client.answer()).body);
  }
  return bodies;
}

const count = (all: readonly string[], name: string) => all.filter((one) => one === name).length;

describe('balance', () => {
  it('goes round, evenly and by weight', async () => {
    const [a, b] = [await named('a'), await named('b')];
    const even = await balanced([a.url, b.url]);
    expect((await ask(even, 6)).join('')).toBe('ababab');
    const weighted = await balanced([{ url: a.url, weight: 3 }, { url: b.url }]);
    expect((await ask(weighted, 8)).join('')).toBe('aabaaaba');
  });

  it('prefers whoever has the fewest requests', async () => {
    const [a, b] = [await named('a'), await named('b')];
    const server = await balanced([a.url, b.url], { method: 'least-connections' });
    a.state.hold = true;
    const slow = await server.client();
    slow.send(get());
    await until('a to have it', () => a.state.requests === 1);
    expect((await ask(server, 4)).join('')).toBe('bbbb');
    a.state.hold = false;
    a.release();
    expect((await slow.answer()).body).toBe('a');
    expect(await ask(server, 4)).toContain('a');
  });

  it('sends equal keys to the same upstream, and moves only those of one that fails', async () => {
    const all = [await named('a'), await named('b'), await named('c')];
    const server = await balanced(
      all.map(({ url }) => url),
      { method: 'hash', key: 'X-User', maxFails: 1 },
    );
    const users = Array.from({ length: 60 }, (_, index) => `user-${index}`);
    const first: string[] = [];
    for (const user of users) first.push(...(await ask(server, 1, `X-User: ${user}\r\n`)));
    for (const name of 'abc') expect(count(first, name)).toBeGreaterThan(5);
    await all[1]?.crash();
    for (const [index, user] of users.entries()) {
      const [now] = await ask(server, 1, `X-User: ${user}\r\n`);
      if (first[index] === 'b') expect(now).toMatch(/[ac]/);
      else expect(now).toBe(first[index]);
    }
  });

  it('takes a function for the key', async () => {
    const all = [await named('a'), await named('b')];
    const key = () => 'always';
    const server = await balanced(
      all.map(({ url }) => url),
      { method: 'hash', key },
    );
    expect(new Set(await ask(server, 6)).size).toBe(1);
  });
});

describe('an upstream that fails', () => {
  it('costs no request that is safe to repeat, and is left out for a while', async () => {
    const [a, b] = [await named('a'), await named('b')];
    const server = await balanced([a.url, b.url], { maxFails: 2, failTimeout: 60 });
    await a.crash();
    const client = await server.client();
    for (let index = 0; index < 6; index++) {
      // Even a POST: nothing of it was sent.
      client.send(index % 2 === 0 ? get() : post('content'));
      expect((await client.answer()).body).toBe('b');
    }
    expect(server.log.loud).toEqual(['warn: upstream out of use']);
    expect(server.log.lines[0]?.fields).toEqual({
      upstream: a.url,
      reason: `${a.url} refuses connections (ECONNREFUSED)`,
      seconds: 60,
    });
  });

  it('is tried again after its time', async () => {
    const [a, b] = [await named('a'), await named('b')];
    const port = Number(new URL(a.url).port);
    const server = await balanced([a.url, b.url], { maxFails: 1, failTimeout: 0.1 });
    await a.crash();
    expect(count(await ask(server, 4), 'b')).toBe(4);
    await httpUpstream((_request, response) => response.end('A'), { port });
    const seen: string[] = [];
    for (let tries = 0; tries < 500 && !seen.includes('A'); tries++) {
      seen.push(...(await ask(server, 1)));
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    expect(seen).toContain('A');
    expect(server.log.loud).toContain('info: upstream back in use');
  });

  it('does not get a request again that may have been begun', async () => {
    const a = await rawUpstream((socket) => {
      socket.on('data', () => socket.resetAndDestroy());
    });
    const b = await named('b');
    const server = await balanced([a.url, b.url], { maxFails: 100 });
    const client = await server.client();
    const statuses: number[] = [];
    for (let index = 0; index < 4; index++) {
      client.send(post('content'));
      statuses.push((await client.answer()).status);
    }
    expect(statuses).toEqual([502, 200, 502, 200]);
    expect(await ask(server, 4)).toEqual(['b', 'b', 'b', 'b']);
  });

  it('is tried as often as retries says', async () => {
    const upstreams = await Promise.all(['a', 'b', 'c'].map(named));
    await Promise.all(upstreams.map(({ crash }) => crash()));
    const urls = upstreams.map(({ url }) => url);
    const server = await balanced(urls, { retries: 1, maxFails: 100 });
    const client = await server.client();
    client.send(get());
    expect((await client.answer()).status).toBe(502);
    expect(reasons(server)).toEqual([expect.stringContaining('refuses connections')]);
  });

  it('with all others is a 503', async () => {
    const [a, b] = [await named('a'), await named('b')];
    const server = await balanced([a.url, b.url], { maxFails: 1, failTimeout: 60 });
    await Promise.all([a.crash(), b.crash()]);
    const client = await server.client();
    client.send(get());
    expect((await client.answer()).status).toBe(502);
    client.send(get());
    expect(await client.answer()).toMatchObject({ status: 503, headers: { 'retry-after': '1' } });
    expect(reasons(server).at(-1)).toBe(`no upstream is in use: ${a.url}, ${b.url}`);
  });
});

describe('health checks', () => {
  it('take an upstream out of use and into it, by their thresholds', async () => {
    const [a, b] = [await named('a'), await named('b')];
    const server = await balanced([a.url, b.url], {
      healthInterval: 0.02,
      healthPath: '/health',
      rise: 2,
      fall: 2,
    });
    expect(new Set(await ask(server, 4))).toEqual(new Set(['a', 'b']));
    a.state.healthy = false;
    await until('a to be out of use', () => server.log.loud.includes('warn: upstream out of use'));
    expect(server.log.lines[0]?.fields).toEqual({
      upstream: a.url,
      reason: 'answered a check with 500 Internal Server Error',
    });
    expect(count(await ask(server, 4), 'b')).toBe(4);
    a.state.healthy = true;
    await until('a to be back', () => server.log.loud.includes('info: upstream back in use'));
    expect(new Set(await ask(server, 4))).toEqual(new Set(['a', 'b']));
  });

  it('are not held up by requests that take all connections', async () => {
    const a = await named('a');
    a.state.hold = true;
    const options = { healthInterval: 0.02, healthPath: '/health', fall: 1 };
    const server = await balanced([a.url], { ...options, maxConnections: 1 });
    const client = await server.client();
    client.send(get());
    await until('the request to arrive', () => a.state.requests === 1);
    const before = a.state.checks;
    await until('more checks', () => a.state.checks > before + 3);
    a.release();
    expect((await client.answer()).body).toBe('a');
    expect(server.log.loud).toEqual([]);
  });

  it('notice an upstream that says nothing, and one that is not there', async () => {
    const silent = await rawUpstream((socket) => socket.resume());
    const dead = await named('dead');
    await dead.crash();
    const late = expect.stringMatching(/within 0\.05 s$/);
    const refused = `${dead.url} refuses connections (ECONNREFUSED)`;
    // Not one balance of both: a refusal that is late would be no refusal.
    for (const [url, options, reason] of [
      [silent.url, { healthTimeout: 0.05 }, late],
      [dead.url, {}, refused],
    ] as const) {
      const server = await balanced([url], { healthInterval: 0.02, fall: 1, ...options });
      await until('it to be out of use', () => server.log.loud.length === 1);
      expect(server.log.lines[0]?.fields.reason).toEqual(reason);
      const client = await server.client();
      client.send(get());
      expect((await client.answer()).status).toBe(503);
    }
  });
});

describe('slow start', () => {
  it('gives an upstream that is back little at first', async () => {
    const [a, b] = [await named('a'), await named('b')];
    const server = await balanced([a.url, b.url], {
      healthInterval: 0.02,
      healthPath: '/health',
      rise: 1,
      fall: 1,
      slowStart: 3600,
    });
    a.state.healthy = false;
    await until('a to be out of use', () => server.log.loud.includes('warn: upstream out of use'));
    a.state.healthy = true;
    await until('a to be back', () => server.log.loud.includes('info: upstream back in use'));
    const answers = await ask(server, 42);
    expect(count(answers, 'a')).toBeGreaterThanOrEqual(1);
    expect(count(answers, 'a')).toBeLessThanOrEqual(3);
  });
});
