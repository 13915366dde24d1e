/**
 * What the kit has against other servers is as `servers/` records it, of which the table in
 * docs/conformance.md is made.
 *
 * `npx vitest run test/kit -u` records it anew. What comes with the system, and not in the version that was
 * recorded, is skipped: remove its record to make another.
 */
import { existsSync, readFileSync } from 'node:fs';
import { describe, it } from 'vitest';
import { type KitReport, runKit } from '../../src/testing/kit/index.ts';
import { peers, type Started, startPeer } from './peers.ts';
import { type PeerRecord, recordIn, recordText } from './record.ts';

/** The time that a case has at first, in seconds; many wait for what never comes. */
const HASTE = 2;
/** The time for those that fail unexpectedly, as the machine may be busy, and where nothing is known. */
const PATIENCE = 8;

function recordOf(name: string): PeerRecord | null {
  const file = new URL(`servers/${name}.txt`, import.meta.url);
  return existsSync(file) ? recordIn(readFileSync(file, 'utf8')) : null;
}

function idsOf({ results }: KitReport, outcome: 'failed' | 'unjudged'): string[] {
  return results.filter((result) => result.outcome === outcome).map((result) => result.case.id);
}

/** The failures, of which those that nobody knew of were tried again. */
async function judge({ url, version }: Started, known: PeerRecord | null): Promise<PeerRecord> {
  const report = await runKit(url, { timeout: known === null ? PATIENCE : HASTE });
  const failed = idsOf(report, 'failed');
  const unexpected = known === null ? [] : failed.filter((id) => !known.failed.includes(id));
  const again =
    unexpected.length === 0
      ? []
      : idsOf(await runKit(url, { only: unexpected, timeout: PATIENCE }), 'failed');
  return {
    version,
    failed: failed.filter((id) => !unexpected.includes(id) || again.includes(id)),
    unjudged: idsOf(report, 'unjudged'),
  };
}

describe.concurrent('the conformance kit', () => {
  it.for(peers)(
    'has against $name what is recorded',
    { timeout: 200_000 },
    async (peer, context) => {
      const known = recordOf(peer.name);
      const started = await startPeer(peer, context);
      context.onTestFinished(() => started.close());
      if (peer.component !== undefined && known !== null && known.version !== started.version) {
        context.skip(`${started.version} is here, the record speaks of ${known.version}`);
      }
      const record = await judge(started, known);
      await context.expect(recordText(record)).toMatchFileSnapshot(`servers/${peer.name}.txt`);
    },
  );
});
