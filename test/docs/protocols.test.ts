/** Holds docs/protocols.md to what the tests run. */
import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { Difference } from '../conformance/front-ends/difference.ts';
import { differences } from '../conformance/front-ends/differences.ts';

const NAMES: Readonly<Record<string, string>> = {
  nginx: 'nginx',
  apache: 'Apache',
  lighttpd: 'lighttpd',
  haproxy: 'HAProxy',
};
const TABLE = /(<!-- differences: [^\n]* -->\n)[\s\S]*(<!-- differences end -->)/;

const page = readFileSync('docs/protocols.md', 'utf8');
const files = readdirSync('docs/front-ends');

/** The files behind which the suite runs. */
const suites = readdirSync('test/conformance/front-ends')
  .filter((name) => name.endsWith('.test.ts'))
  .flatMap((name) => {
    const text = readFileSync(`test/conformance/front-ends/${name}`, 'utf8');
    return [...text.matchAll(/suiteBehind\('([^']+)'\)/g)].map((match) => match[1] as string);
  });

/** `'Apache (fcgi, scgi)'`, or `'Apache'` where it holds for all of Apache's. */
function frontEnds({ behind }: Difference): string {
  return Object.entries(NAMES)
    .flatMap(([prefix, name]) => {
      const own = behind.filter((file) => file.startsWith(`${prefix}-`));
      if (own.length === 0) return [];
      const all = suites.filter((file) => file.startsWith(`${prefix}-`));
      const protocols = own.map((file) => file.slice(prefix.length + 1, file.lastIndexOf('.')));
      return own.length === all.length ? [name] : [`${name} (${protocols.join(', ')})`];
    })
    .join(', ');
}

function row(difference: Difference): string {
  const ids = difference.cases.flatMap((text) => text.match(/[A-Z]+-?\d+/g) ?? []);
  const cases = [...new Set(ids)].join(', ');
  return `| ${frontEnds(difference)} | ${difference.instead} | ${cases} |\n`;
}

describe('docs/protocols.md', () => {
  it('has the table of what web servers do otherwise', async () => {
    const table = `| Web server | What it does instead | Cases |\n|---|---|---|\n${differences.map(row).join('')}`;
    const expected = page.replace(TABLE, (_all, begin, end) => `${begin}${table}${end}`);
    expect(page).toMatch(TABLE);
    await expect(expected).toMatchFileSnapshot('../../docs/protocols.md');
  });

  it('names every configuration, and no other', () => {
    const named = [...page.matchAll(/\]\(front-ends\/([^)]+)\)/g)].map((match) => match[1]);
    expect([...new Set(named)].sort()).toEqual([...files].sort());
  });

  it('speaks of suites behind configurations that there are', () => {
    expect(suites.filter((file) => !files.includes(file))).toEqual([]);
    const claimed = differences.flatMap(({ behind }) => behind);
    expect(claimed.filter((file) => !suites.includes(file))).toEqual([]);
  });
});
