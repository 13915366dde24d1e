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

/** What did not pass; of that, what nobody knew of was tried again. */
async function judge({ url, version }: Started, known: PeerRecord | null): Promise<PeerRecord> {
  const report = await runKit(url, { timeout: known === null ? PATIENCE : HASTE });
  const unexpected = (['failed', 'unjudged'] as const).flatMap((outcome) =>
    idsOf(report, outcome).filter((id) => known !== null && !known[outcome].includes(id)),
  );
  const again =
    unexpected.length === 0 ? null : await runKit(url, { only: unexpected, timeout: PATIENCE });
  const settled = (outcome: 'failed' | 'unjudged') => {
    const now = again === null ? [] : idsOf(again, outcome);
    const first = idsOf(report, outcome).filter((id) => !unexpected.includes(id));
    return report.results
      .map(({ case: { id } }) => id)
      .filter((id) => first.includes(id) || now.includes(id));
  };
  return { version, failed: settled('failed'), unjudged: settled('unjudged') };
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
