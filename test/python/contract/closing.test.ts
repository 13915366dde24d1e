/** close() of what Python applications return. (PEP 3333, Specification Details) */
import { describe, expect, it, onTestFinished } from 'vitest';
import type { RequestSpec } from '../../conformance/harness.ts';
import { need } from '../../interop/components.ts';
import { Site, sites, THREADS } from './site.ts';

const siteOf = sites();

const HEAD: RequestSpec = { method: 'HEAD' };

/** What closed how often, once nothing more can come. */
async function closed(site: Site, key: string, records = 1): Promise<unknown[]> {
  const others = async () => (await site.events(key)).filter((event) => event !== 'block');
  while ((await others()).length < records);
  // The worker's threads are done with what came before when all of them have answered.
  await Promise.all([1, 2, 3, 4, 5, 6, 7, 8].map(() => site.pid()));
  return others();
}

const ways: readonly (readonly [string, RequestSpec, number])[] = [
  ['tracked?shape=normal', {}, 200],
  ['tracked?shape=one', {}, 200],
  ['tracked?shape=nothing', {}, 200],
  ['tracked?shape=empty', {}, 200],
  ['tracked?shape=normal&length=2', {}, 200],
  ['tracked?shape=normal&length=1', {}, 200],
  ['tracked?shape=one&length=1', {}, 200],
  ['tracked?shape=normal&length=9', {}, 200],
  ['tracked?shape=nothing&length=9', {}, 500],
  ['tracked?shape=fails+at+once', {}, 500],
  ['tracked?shape=fails+later', {}, 200],
  ['tracked?shape=wrong+block', {}, 200],
  ['tracked?shape=wrong+at+once', {}, 500],
  ['tracked?shape=normal&start=never', {}, 500],
  ['tracked?shape=nothing&start=never', {}, 500],
  ['tracked?shape=normal&write=1', {}, 200],
  ['tracked?shape=fails+at+once&write=1', {}, 200],
  ['tracked?shape=normal', HEAD, 200],
  ['tracked?shape=nothing', HEAD, 200],
  ['tracked?shape=endless', HEAD, 200],
  ['tracked?shape=fails+at+once', HEAD, 500],
  ['tracked?shape=normal&status=204+No', {}, 204],
  ['tracked?shape=endless&status=304+No', {}, 304],
  ['tracked?shape=endless&length=50000', {}, 200],
  ['generator?shape=normal', {}, 200],
  ['generator?shape=nothing', {}, 200],
  ['generator?shape=fails+later', {}, 200],
  ['generator?shape=endless', HEAD, 200],
  ['generator?shape=normal&length=1', {}, 200],
  ['subclass', {}, 200],
  ['subclass', HEAD, 200],
  ['file', {}, 200],
  ['file', HEAD, 200],
  ['file?length=10', {}, 200],
];

describe.each(THREADS)('close(), %i threads', (threads) => {
  it.for(ways)('once: %s %j', async ([path, spec, status], context) => {
    const site = await siteOf(context, { threads });
    const key = `${threads}-${ways.findIndex((way) => way[0] === path && way[1] === spec)}`;
    const answer = await site.ask(`/closing/${path}`, key, spec);
    expect(answer.status).toBe(status);
    expect(await closed(site, key)).toEqual(['close']);
  });

  it('comes behind the last block, and has the object for its self', async (context) => {
    const site = await siteOf(context, { threads });
    await site.ask('/closing/ordered', `order-${threads}`);
    expect(await closed(site, `order-${threads}`, 4)).toEqual(['a', 'b', 'end', 'close']);
    await site.ask('/closing/both', `both-${threads}`);
    expect(await closed(site, `both-${threads}`)).toEqual([['close', 'BothClose']]);
  });

  it.for(['tracked', 'generator'])(
    'once when the client leaves while it is sent to: %s',
    async (name, context) => {
      const site = await siteOf(context, { threads });
      for (const how of ['reset', 'fin'] as const) {
        const key = `leaves-${threads}-${name}-${how}`;
        const open = site.open(`/closing/${name}?shape=endless`, key);
        await open.read();
        open.leave(how);
        await expect.poll(async () => (await site.events(key)).includes('close')).toBe(true);
        expect(await closed(site, key)).toEqual(['close']);
        expect(site.errorsOf(key)).toEqual([]);
      }
    },
  );

  it.for(['tracked', 'generator'])(
    'once when the client leaves while it waits: %s',
    async (name, context) => {
      const site = await siteOf(context, { threads });
      const key = `leaves-${threads}-${name}-waiting`;
      const gate = site.gate();
      const open = site.open(`/closing/${name}?shape=waiting&gate=${gate.path}`, key);
      await open.read();
      open.leave('reset');
      gate.open();
      await expect.poll(async () => (await site.events(key)).includes('close')).toBe(true);
      expect(await closed(site, key)).toEqual(['close']);
      expect(site.errorsOf(key)).toEqual([]);
    },
  );

  it.for(['without', 'uncallable', 'hidden'])('of an odd kind: %s', async (name, context) => {
    const site = await siteOf(context, { threads });
    const late = site.lateErrors;
    const { answer } = await site.visit(`/closing/${name}`);
    expect([answer.status, answer.complete]).toEqual([200, true]);
    await expect.poll(() => site.lateErrors - late).toBe(name === 'without' ? 0 : 1);
  });

  it.for([
    ['normal', 'ab', true],
    ['one', 'a', true],
    ['nothing', '', true],
    ['fails later', 'ab', false],
  ] as const)(
    'that fails after "%s" leaves the response as it was',
    async ([shape, body, complete], context) => {
      const site = await siteOf(context, { threads });
      const late = site.lateErrors;
      const key = `fails-${threads}-${shape.replace(' ', '-')}`;
      const answer = await site.ask(
        `/closing/fails_to_close?shape=${shape.replace(' ', '+')}`,
        key,
      );
      expect([answer.body.toString(), answer.complete]).toEqual([body, complete]);
      expect(await closed(site, key)).toEqual(['close']);
      await expect.poll(() => site.errorsOf(key).length + site.lateErrors - late).toBe(1);
    },
  );

  it.for(['list', 'generator'])('keeps no client waiting: %s', async (kind, context) => {
    // A worker of its own, which no other request has send what is there.
    const site = await Site.open(need('python3', context), { threads });
    onTestFinished(() => site.close());
    const gate = site.gate();
    const answer = await site.ask(`/closing/slow_close?kind=${kind}&gate=${gate.path}`, 'slow');
    expect([answer.body.toString(), answer.complete]).toEqual(['answer', true]);
    gate.open();
    expect(await closed(site, 'slow')).toEqual(['close']);
  });
});
