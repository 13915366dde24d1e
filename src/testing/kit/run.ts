import { kitAddress } from './address.ts';
import type { KitCase, Need } from './case.ts';
import { kitCases } from './cases/index.ts';
import { type Probe, probeServer } from './probe.ts';
import type { CaseResult, KitReport } from './report.ts';
import { chooseCases } from './select.ts';
import { runSteps } from './steps.ts';

export interface KitOptions {
  /** Ids, beginnings of ids up to a dot, levels and tags: what has none of them is left out. */
  readonly only?: readonly string[];
  /** What has one of these is left out. */
  readonly skip?: readonly string[];
  /** How long a case may take, in seconds. @default 5 */
  readonly timeout?: number;
  /** Whether failed `should` cases count. @default false */
  readonly strict?: boolean;
  /** Told of each case that is over. */
  readonly onResult?: (result: CaseResult, done: number, total: number) => void;
}

/** How many cases have requests under way at once, where the server can do that. */
const PARALLEL = 2;

/**
 * Judges a server that serves the kit's application, {@link kitApplication} or its form in Python.
 *
 * @param url - `http://HOST:PORT/PREFIX`, or `http+unix:/PATH` for a socket file.
 * @throws {TypeError} (as a rejection) for a URL that is none, and for names that no case has.
 * @throws {KitNotServed} (as a rejection) when the server does not answer, or serves something else.
 *
 * @example
 * const { conforms, results } = await runKit('http://127.0.0.1:8000', { skip: ['http'] });
 */
export async function runKit(url: string, options: KitOptions = {}): Promise<KitReport> {
  const { timeout = 5, strict = false, onResult } = options;
  const cases = chooseCases(kitCases, options.only ?? [], options.skip ?? []);
  const address = kitAddress(url);
  const probe = await probeServer(address, timeout);
  const results = new Map<string, CaseResult>();
  const judge = async (one: KitCase): Promise<void> => {
    const result = reasonAgainst(one, probe, results) ?? (await run(one));
    results.set(one.id, result);
    onResult?.(result, results.size, cases.length);
  };
  const run = async (one: KitCase): Promise<CaseResult> => {
    const difference = await runSteps(one, address, timeout);
    return difference === null
      ? { case: one, outcome: 'passed' }
      : { case: one, outcome: 'failed', difference };
  };
  for (const group of groupsOf(cases)) {
    await inParallel(group, probe.has.has('threads') ? PARALLEL : 1, judge);
  }
  const ordered = cases.map(({ id }) => results.get(id) as CaseResult);
  const conforms = ordered.every(
    ({ case: { level }, outcome }) =>
      outcome !== 'failed' || level === 'may' || (level === 'should' && !strict),
  );
  return { url, server: probe.server, results: ordered, conforms };
}

/** Why a case would say nothing, or null. */
function reasonAgainst(
  one: KitCase,
  { has }: Probe,
  results: ReadonlyMap<string, CaseResult>,
): CaseResult | null {
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
