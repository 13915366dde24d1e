/** The conformance kit's application, under Bun.serve, Deno.serve and workerd. */
import { fileURLToPath } from 'node:url';
import { beforeEach, describe, expect, it } from 'vitest';
import { runKit } from '../../src/testing/index.ts';
import { differences } from './differences.ts';
import { needRuntimes, type Runtime, start } from './runtimes.ts';

const kit = (name: string) => fileURLToPath(new URL(`kit/${name}.js`, import.meta.url));
const modules: readonly (readonly [Runtime, string])[] = [
  ['bun', kit('bun')],
  ['deno', kit('deno')],
  ['workerd', kit('worker')],
];

beforeEach(needRuntimes);

describe.each(modules)('%s', (runtime, module) => {
  it('serves applications as the contract has it', async () => {
    const { url } = await start(runtime, module);
    // A signal that was given out again while somebody followed it would stop what is none of its business.
    const signals = await fetch(`${url}/signals`);
    expect(await signals.json()).toEqual({ unnoticed: [], tried: 6 });
    for (const form of ['sync', 'async']) {
      // Synchronous applications wait by doing nothing over and over, which holds up Deno.
      const slow = runtime === 'deno' && form === 'sync' ? ['stream.block-by-block'] : [];
      const skip = [...differences[runtime], ...slow];
      const { results } = await runKit(`${url}/${form}`, { skip, timeout: 15 });
      const failed = results.flatMap((result) =>
        result.outcome === 'failed' ? [{ form, id: result.case.id, ...result.difference }] : [],
      );
      expect(failed).toEqual([]);
      expect(results.filter(({ outcome }) => outcome === 'passed').length).toBeGreaterThan(150);
    }
  });
});
