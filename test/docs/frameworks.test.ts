/** Holds docs/frameworks.md to what the tests run. */
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { CARRIERS } from '../frameworks/carriers.ts';
import type { Difference } from '../frameworks/difference.ts';
import { differences } from '../frameworks/differences.ts';
import { flows, type Name } from '../frameworks/flows.ts';

const NAMES: Readonly<Record<Name, string>> = {
  express4: 'Express 4',
  express5: 'Express 5',
  koa: 'Koa',
  fastify: 'Fastify',
  nest: 'NestJS',
  hono: 'Hono',
  itty: 'itty-router',
};
const TABLE = /(<!-- differences: [^\n]* -->\n)[\s\S]*(<!-- differences end -->)/;

function applications(of: readonly Name[]): string {
  if (of.length === Object.keys(flows).length) return 'all';
  const names = of.map((name) => NAMES[name]).join(', ');
  return names.replace('Express 4, Express 5', 'Express');
}

function row({ of, under, instead, why }: Difference): string {
  const carriers = under.length === CARRIERS.length ? 'all' : under.join(', ');
  return `| ${applications(of)} | ${carriers} | ${instead} | ${why} |\n`;
}

it('docs/frameworks.md has the table of what comes otherwise', async () => {
  const page = readFileSync('docs/frameworks.md', 'utf8');
  const table = `| Application | Under | What comes instead | Why |\n|---|---|---|---|\n${differences.map(row).join('')}`;
  expect(page).toMatch(TABLE);
  const expected = page.replace(TABLE, (_all, begin, end) => `${begin}${table}${end}`);
  await expect(expected).toMatchFileSnapshot('../../docs/frameworks.md');
});
