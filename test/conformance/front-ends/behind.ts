import { afterAll, beforeEach, describe, expect, it, type RunnerTestSuite } from 'vitest';
import { need } from '../../interop/components.ts';
import { sections } from '../sections.ts';
import type { Difference } from './difference.ts';
import { differences } from './differences.ts';
import { frontEndHarness } from './harness.ts';

/** Cases that choose where the gateway listens, which a front end has to know. */
const DIRECT = ['ENV-13 also on a Unix socket'];

/** Runs the suite behind a front end, but for what it does otherwise, which is shown instead. */
export function suiteBehind(file: string): void {
  const harness = frontEndHarness(file);
  const own = differences.filter(({ behind }) => behind.includes(file));

  describe(harness.name, () => {
    beforeEach((context) => {
      need(harness.component ?? 'nginx', context);
      const { name } = context.task;
      if (begins(name, DIRECT)) context.skip('the front end is told where its upstream is');
      for (const difference of own.filter(({ cases }) => begins(name, cases))) {
        if (difference.omitted !== undefined) context.skip(difference.instead);
        Object.assign(context.task, { fails: true });
      }
    });
    afterAll(() => harness.close?.());

    for (const section of sections) section(harness);

    describe('differences', () => {
      for (const difference of own) it(difference.instead, () => difference.shown(harness));

      it('each concerns cases that there are', ({ task }) => {
        const titles = titlesOf(task.suite?.suite);
        expect(own.flatMap((difference) => idle(difference, titles))).toEqual([]);
      });
    });
  });
}

function begins(title: string, beginnings: readonly string[]): boolean {
  return beginnings.some((beginning) => title.startsWith(beginning));
}

/** The beginnings that no case has. */
function idle({ cases }: Difference, titles: readonly string[]): string[] {
  return cases.filter((beginning) => !titles.some((title) => title.startsWith(beginning)));
}

function titlesOf(suite: RunnerTestSuite | undefined): string[] {
  return (suite?.tasks ?? []).flatMap((task) =>
    task.type === 'suite' ? titlesOf(task) : [task.name],
  );
}
