/** Runs cases against a server, side by side where it can do that. */
import type { KitAddress } from './address.ts';
import type { KitCase, Need } from './case.ts';
import { type Probe, probeServer } from './probe.ts';
import type { KitReport, KitResult } from './report.ts';
import { runSteps } from './steps.ts';

/** How many cases have requests under way at once, where the server can do that. */
const PARALLEL = 2;

/** How long a server has to show that it is there, in seconds, however short the cases are. */
const PROBE = 10;

type OnResult = (result: KitResult, done: number, total: number) => void;

/** @throws {KitNotServed} (as a rejection) when the server cannot be judged. */
export async function judgeServer(
  address: KitAddress,
  cases: readonly KitCase[],
  patience: number,
  onResult?: OnResult,
): Promise<Pick<KitReport, 'server' | 'results'>> {
  const probe = await probeServer(address, Math.max(patience, PROBE));
  const results = new Map<string, KitResult>();
  const judge = async (one: KitCase): Promise<void> => {
    const result = reasonAgainst(one, probe, results) ?? (await run(one, address, patience));
    results.set(one.id, result);
    onResult?.(result, results.size, cases.length);
  };
  const width = probe.has.has('threads') ? PARALLEL : 1;
  for (const group of groupsOf(cases)) await inParallel(group, width, judge);
  return { server: probe.server, results: cases.map(({ id }) => results.get(id) as KitResult) };
}

async function run(one: KitCase, address: KitAddress, patience: number): Promise<KitResult> {
  const difference = await runSteps(one, address, patience);
  return difference === null
    ? { case: one, outcome: 'passed' }
    : { case: one, outcome: 'failed', difference };
}

/** Why a case would say nothing, or null. */
function reasonAgainst(
  one: KitCase,
  { has }: Probe,
  results: ReadonlyMap<string, KitResult>,
): KitResult | null {
  const lacks = one.needs?.find((need) => !has.has(need));
  if (lacks !== undefined) return { case: one, outcome: 'unjudged', reason: LACKING[lacks] };
  const before = one.after?.find((id) => {
    const result = results.get(id);
    return result !== undefined && result.outcome !== 'passed';
  });
  if (before === undefined) return null;
  return { case: one, outcome: 'unjudged', reason: `${before} did not pass` };
}

const LACKING: Readonly<Record<Need, string>> = {
  'http/1.1': 'the server speaks HTTP/1.0',
  threads: 'the server says that it has no threads (wsgi.multithread)',
  'no threads': 'the server says that it has threads (wsgi.multithread)',
  'one process': 'several processes answer, which do not know of each other',
  'several processes': 'one process answers',
  file_wrapper: 'the server has no wsgi.file_wrapper',
};

/** Those that others wait for, then those that can run side by side, then each that must be alone. */
function groupsOf(cases: readonly KitCase[]): (readonly KitCase[])[] {
  const awaited = new Set(cases.flatMap(({ after = [] }) => after));
  const alone = cases.filter((one) => one.alone);
  const first = cases.filter((one) => !one.alone && awaited.has(one.id));
  const rest = cases.filter((one) => !one.alone && !awaited.has(one.id));
  return [...first.map((one) => [one]), rest, ...alone.map((one) => [one])];
}

async function inParallel(
  cases: readonly KitCase[],
  width: number,
  judge: (one: KitCase) => Promise<void>,
): Promise<void> {
  const left = [...cases];
  const worker = async (): Promise<void> => {
    for (let one = left.shift(); one !== undefined; one = left.shift()) await judge(one);
  };
  await Promise.all(Array.from({ length: width }, worker));
}
