/** Workers that are killed. */
import { describe, expect, it } from 'vitest';
import { get, until } from '../../http/kit.ts';
import { gone, isSlow, stage } from './kit.ts';
import { load } from './load.ts';

describe('SIGKILL under load', () => {
  it.for([
    ['short requests', '/', 1],
    ['longer requests', '/slow', 1],
    ['streamed answers', '/streamed', 1],
    ['short requests in threads', '/', 4],
    ['longer requests in threads', '/slow', 4],
  ] as const)('only requests that had begun fail: %s', async ([, path, threads], context) => {
    const scene = await stage(context, 'counted', { workers: 2, threads });
    const requests = load(scene.server.addresses[0] as string, path, 32);
    await scene.worker(1);
    const killed: number[] = [];
    const times: number[] = [];
    for (let round = 0; round < 2 || isSlow(times); round++) {
      const worker = scene.living[0] as number;
      const before = requests.answered.length;
      const count = scene.served.length;
      const since = performance.now();
      process.kill(worker, 'SIGKILL');
      killed.push(worker);
      times.push(await scene.replacedWithin(since, count + 1));
      await until('further answers', () => requests.answered.length > before + 200);
    }
    const { answered, failed } = await requests.finish();

    const lines = scene.lines('record');
    const begun = lines.filter((line) => line.startsWith('begin')).map(numberIn);
    const ended = lines.filter((line) => line.startsWith('end')).map(numberIn);
    expect(new Set(begun).size).toBe(begun.length);
    expect(new Set(ended).size).toBe(ended.length);
    const endedSet = new Set(ended);
    expect(answered.filter((number) => !endedSet.has(number))).toEqual([]);
    // A thread may be killed between having begun a request and writing that down.
    const begunSet = new Set(begun);
    const unwritten = [...failed.keys()].filter((number) => !begunSet.has(number));
    expect(unwritten.length).toBeLessThanOrEqual(killed.length * threads);
    for (const how of failed.values()) expect(how).toMatch(/^502 Bad Gateway$|^cut after 200/);
    if (path === '/slow') expect(failed.size).toBeLessThanOrEqual(killed.length * threads);

    for (const worker of killed) {
      const about = scene.log.lines.filter(
        ({ level, fields }) => level === 'error' && fields['worker'] === worker,
      );
      expect(about).toHaveLength(1);
      expect(about[0]?.message).toBe('worker died');
      expect(about[0]?.fields['how']).toContain('SIGKILL');
    }
    expect(scene.logged('application error')).toEqual([]);
  });
});

const numberIn = (line: string) => Number(line.slice(line.indexOf(' ') + 1));

describe('SIGKILL', () => {
  it('of an idle worker: replaced at once, in one line', async (context) => {
    const scene = await stage(context, 'faulty');
    const times: number[] = [];
    for (let count = 1; count < 3 || isSlow(times); count++) {
      const worker = await scene.worker(count - 1);
      const since = performance.now();
      process.kill(worker, 'SIGKILL');
      times.push(await scene.replacedWithin(since, count + 1));
      const successor = scene.served[count];
      expect(await scene.get('/pid')).toMatchObject({ status: 200, body: `${successor}` });
      expect(scene.logged('worker died').at(-1)?.fields).toMatchObject({
        worker,
        how: 'killed by SIGKILL',
      });
    }
    expect(scene.log.loud).toEqual([
      'info: worker serves',
      ...times.flatMap(() => ['error: worker died', 'info: worker serves']),
    ]);
  });

  it('before the answer began: 502', async (context) => {
    const scene = await stage(context, 'faulty', { workers: 2 });
    const client = await scene.server.client();
    client.send(get('/wait'));
    const pid = Number(await until('the request to begin', () => scene.lines('begun')[0]));
    process.kill(pid, 'SIGKILL');
    expect(await client.answer()).toMatchObject({ status: 502, complete: true });
    expect(scene.lines('begun')).toHaveLength(1);
    const died = await scene.untilLogged('worker died');
    expect(died.fields).toMatchObject({ worker: pid, requestsLost: 1 });
  });

  it('in the midst of an answer: cut, whatever its framing', async (context) => {
    const scene = await stage(context, 'faulty');
    for (const [count, path] of ['/drip', '/drip?declared'].entries()) {
      const client = await scene.server.client();
      client.send(get(path));
      await client.expect('first');
      const worker = await scene.worker(count);
      process.kill(worker, 'SIGKILL');
      const answer = await client.answer();
      expect(answer).toMatchObject({ status: 200, body: 'first', complete: false });
    }
  });

  it('while a body is on its way to it', async (context) => {
    const scene = await stage(context, 'faulty', { server: { bodyTimeout: 15 } });
    const client = await scene.server.client();
    const size = 4 * 1024 * 1024;
    client.send(`POST /pid HTTP/1.1\r\nHost: a\r\nContent-Length: ${size}\r\n\r\n`);
    const worker = await scene.worker();
    await client.sent('x'.repeat(size / 2));
    process.kill(worker, 'SIGKILL');
    await scene.worker(1);
    client.send('x'.repeat(size / 2));
    // Nothing had begun.
    expect(await client.answer()).toMatchObject({ status: 200, body: `${scene.served[1]}` });
  });

  it('of all workers at once: their successors answer what waits', async (context) => {
    const scene = await stage(context, 'faulty', { workers: 3 });
    await until('three workers', () => scene.living.length === 3);
    const workers = scene.living;
    for (const pid of workers) process.kill(pid, 'SIGKILL');
    const answers = await Promise.all(Array.from({ length: 20 }, () => scene.get('/pid')));
    // Some may have been under way already.
    for (const { status } of answers) expect([200, 502]).toContain(status);
    expect(answers.filter(({ status }) => status === 502).length).toBeLessThanOrEqual(3);
    await gone(workers);
    await scene.worker(5);
    expect(scene.living).toHaveLength(3);
  });
});
