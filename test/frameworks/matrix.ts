/** Compares an application under every gateway with itself on its own server. */
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { loadApplication } from '../../src/cli/load-application.ts';
import type { ModuleTarget } from '../../src/cli/target.ts';
import { describeFinding, type Finding, validator } from '../../src/validator/index.ts';
import type { ApplicationLike } from '../../src/wsgi/types.ts';
import { need } from '../interop/components.ts';
import { LogRecorder } from '../log-recorder.ts';
import { CARRIERS, type Carrier, makeHarnesses } from './carriers.ts';
import { differences } from './differences.ts';
import { type Exchange, play } from './exchange.ts';
import { flows, type Name } from './flows.ts';
import { startOracle } from './oracle.ts';
import { servedByProcesses } from './processes.ts';

type Outcomes = Readonly<Record<string, Exchange | string>>;

/** Registers the tests of one application. */
export function matrix(name: Name): void {
  describe(name, () => {
    const harnesses = makeHarnesses();
    let native: Outcomes;
    let app: ApplicationLike;

    beforeAll(async () => {
      // Frameworks show stacks elsewhere, which are others in each process.
      vi.stubEnv('NODE_ENV', 'production');
      // Some tell of what their applications throw.
      vi.spyOn(console, 'error').mockReturnValue();
      const oracle = await startOracle(name);
      native = await play(oracle, flows[name]).finally(() => oracle.close());
      app = await load(name);
    });
    afterAll(async () => {
      await Promise.all(Object.values(harnesses).map((harness) => harness.close?.()));
      vi.unstubAllEnvs();
      vi.restoreAllMocks();
    });

    it('answers on its own server', () => {
      const failures = Object.entries(native).filter(([, outcome]) => typeof outcome === 'string');
      expect(failures).toEqual([]);
    });

    it.for(CARRIERS)('answers the same under %s', async (carrier, context) => {
      const harness = harnesses[carrier];
      if (harness.component !== undefined) need(harness.component, context);
      const served = await harness.serve(app);
      const outcomes = await play(served, flows[name]).finally(() => served.close());
      const wanted = expected(native, name, carrier);
      const steps = Object.keys(wanted).filter((step) => !equal(outcomes[step], wanted[step]));
      // Only these, because there are many.
      expect(only(steps, outcomes)).toEqual(only(steps, wanted));
    });

    it('answers the same to several at once', async () => {
      // These wait for each other.
      const alone = flows[name].filter(([step]) => !step?.leave && !step?.meanwhile);
      const served = await harnesses.HTTP.serve(app);
      const plays = Array.from({ length: 4 }, (_, index) =>
        play(served, rotated(alone, index * 7)),
      );
      const all = await Promise.all(plays).finally(() => served.close());
      const wanted = expected(native, name, 'HTTP');
      for (const outcomes of all) {
        const steps = Object.keys(outcomes).filter((step) => !equal(outcomes[step], wanted[step]));
        expect(only(steps, outcomes)).toEqual(only(steps, wanted));
      }
    });

    it('keeps the rules of the contract', async () => {
      const findings: Finding[] = [];
      const checked = validator({ report: (finding) => findings.push(finding) })(app);
      const served = await harnesses.HTTP.serve(checked);
      await play(served, flows[name]).finally(() => served.close());
      const others = findings.filter(({ rule }) => !ON_PURPOSE.includes(rule.id));
      expect([...new Set(others.map(describeFinding))]).toEqual([]);
    });

    // Starting one takes as long as all the requests of another carrier: those that tell most of loading,
    // content in both directions and the end of the process are enough here.
    it('answers the same under wizgi cgi, in a process for each request', async () => {
      const few = flows[name].filter(([step]) => FEW.includes(step?.name ?? ''));
      const served = servedByProcesses(pathOf(name));
      const played = await Promise.all(few.map((flow) => play(served, [flow])));
      const wanted = only(FEW, expected(native, name, 'CGI'));
      expect(Object.assign({}, ...played)).toEqual(wanted);
    });
  });
}

/** What the applications themselves do: answers without a type, and broken off; an unusual method. */
const ON_PURPOSE = ['content-type-missing', 'application-fails', 'environ-known-method'];

const FEW = ['GET /cookies with Cookie', 'POST /large', 'GET /large'];

function rotated<T>(list: readonly T[], by: number): readonly T[] {
  return [...list.slice(by), ...list.slice(0, by)];
}

function equal(one: unknown, other: unknown): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}

function only(steps: readonly string[], outcomes: Outcomes): Outcomes {
  return Object.fromEntries(steps.map((step) => [step, outcomes[step] ?? 'nothing']));
}

/** As the command does. */
function load(name: Name): Promise<ApplicationLike> {
  const target: ModuleTarget = {
    kind: 'module',
    text: name,
    path: pathOf(name),
    exportName: null,
  };
  return loadApplication(target, 'auto', new LogRecorder());
}

function pathOf(name: Name): string {
  return fileURLToPath(new URL(`apps/${name}.mjs`, import.meta.url));
}

/** What the application's own server sent, with all that is known to come otherwise. */
function expected(native: Outcomes, name: Name, carrier: Carrier): Outcomes {
  const outcomes = { ...native };
  for (const { of, under, steps, change, instead } of differences) {
    if (!of.includes(name) || !under.includes(carrier)) continue;
    let shows = false;
    for (const [step, before] of Object.entries(outcomes)) {
      if (typeof before === 'string' || !steps.test(step)) continue;
      outcomes[step] = change(before);
      shows ||= !equal(before, outcomes[step]);
    }
    if (!shows) throw new Error(`nothing of ${name} shows that ${instead}`);
  }
  return outcomes;
}
