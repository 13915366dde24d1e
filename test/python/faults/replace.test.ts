/** Workers that are replaced while requests keep coming: none of those may fail. */
import { describe, expect, it } from 'vitest';
import { until } from '../../http/kit.ts';
import { gone, type Scene, stage } from './kit.ts';
import { type Load, load } from './load.ts';

/** Ends the load; each request must have been run exactly once, and answered. */
async function expectAll(scene: Scene, requests: Load, least: number): Promise<void> {
  const { answered, failed } = await requests.finish();
  expect([...failed]).toEqual([]);
  expect(answered.length).toBeGreaterThan(least);
  const begun = scene.lines('record').filter((line) => line.startsWith('begin'));
  expect(new Set(begun).size).toBe(begun.length);
  expect(begun).toHaveLength(answered.length);
  expect(scene.log.loud.filter((line) => !line.startsWith('info'))).toEqual([]);
}

describe('max-requests', () => {
  it.for([
    ['short requests', '/', 1],
    ['streamed answers in threads', '/streamed', 4],
  ] as const)(
    'with jitter, reached under load: no request fails, somebody always serves (%s)',
    async ([, path, threads], context) => {
      const scene = await stage(context, 'counted', {
        workers: 2,
        threads,
        maxRequests: 100,
        maxRequestsJitter: 50,
      });
      await scene.worker(1);
      const requests = load(scene.server.addresses[0] as string, path, 16);
      await until('workers to be replaced', () => scene.served.length >= 6);
      await expectAll(scene, requests, 300);
      await until('the replaced ones to end', () => scene.living.length === 2);
      expectSomeoneServed(scene, 2);
    },
  );

  it('of all workers at once', async (context) => {
    const scene = await stage(context, 'counted', { workers: 2, maxRequests: 1 });
    await scene.worker(1);
    const requests = load(scene.server.addresses[0] as string, '/slow', 4);
    await until('workers to be replaced', () => scene.served.length >= 6);
    await expectAll(scene, requests, 8);
    expectSomeoneServed(scene, 2);
  });
});

/** From the log: how many served at least, once all had begun. */
function expectSomeoneServed(scene: Scene, workers: number): void {
  let serving = 0;
  let complete = false;
  for (const { message } of scene.log.lines) {
    if (message === 'worker serves') serving++;
    if (message === 'worker ended') serving--;
    complete ||= serving === workers;
    if (complete) expect(serving).toBeGreaterThanOrEqual(workers);
  }
}

describe('reload', () => {
  it.for([
    ['streamed answers in threads', '/streamed', 2, 4],
    ['a single worker', '/slow', 1, 1],
    ['a single worker with threads', '/slow', 1, 4],
  ] as const)('under load: no request fails (%s)', async ([, path, workers, threads], context) => {
    const scene = await stage(context, 'counted', { workers, threads });
    await scene.worker(workers - 1);
    const requests = load(scene.server.addresses[0] as string, path, 16);
    for (let round = 1; round <= 2; round++) {
      const old = scene.living;
      const before = requests.answered.length;
      await until('answers', () => requests.answered.length > before + 50);
      await scene.app.reload();
      await gone(old);
      expect(scene.living).toHaveLength(workers);
    }
    await expectAll(scene, requests, 100);
  });

  it('several at once: none is lost, and the last one counts', async (context) => {
    const scene = await stage(context, 'counted', { workers: 2 });
    await scene.worker(1);
    const requests = load(scene.server.addresses[0] as string, '/', 8);
    await Promise.all([scene.app.reload(), scene.app.reload(), scene.app.reload()]);
    await expectAll(scene, requests, 10);
    await until('two to be left', () => scene.living.length === 2);
  });
});
