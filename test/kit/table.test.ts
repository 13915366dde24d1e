/** The tables in docs/conformance.md are made of the records in `servers/`. */
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { type KitCase, kitCases } from '../../src/testing/kit/index.ts';
import { VERSION } from '../../src/wsgi/version.ts';
import { peers } from './peers.ts';
import { type PeerRecord, recordIn } from './record.ts';

const TABLES = /(<!-- servers: [^\n]* -->\n)[\s\S]*(<!-- servers end -->)/;

interface Column extends PeerRecord {
  readonly name: string;
}

/** `wizgi.test.ts` shows that there is nothing. */
const own: Column = { name: 'wizgi', version: VERSION, failed: [], unjudged: [] };

const columns: readonly Column[] = [
  own,
  ...peers.map(({ name }) => {
    const file = new URL(`servers/${name}.txt`, import.meta.url);
    return { name, ...recordIn(readFileSync(file, 'utf8')) };
  }),
];

const subjectOf = ({ id }: KitCase) => id.split('.')[0] as string;

function row(cells: readonly string[]): string {
  return `| ${cells.join(' | ')} |\n`;
}

/** How many cases passed, of those that were judged; facts are neither. */
function passed(cases: readonly KitCase[], { failed, unjudged }: Column): string {
  const judged = cases.filter(({ id, level }) => level !== 'may' && !unjudged.includes(id));
  if (judged.length === 0) return '–';
  return `${judged.filter(({ id }) => !failed.includes(id)).length}/${judged.length}`;
}

function bySubject(): string {
  const subjects = [...new Set(kitCases.map(subjectOf))];
  const titles = columns.map(({ name, version }) => `${name} ${version}`);
  return [
    row(['Cases', ...titles]),
    row(['---', ...columns.map(() => '---')]),
    ...subjects.map((subject) => {
      const cases = kitCases.filter((one) => subjectOf(one) === subject);
      return row([subject, ...columns.map((column) => passed(cases, column))]);
    }),
    row(['**all**', ...columns.map((column) => passed(kitCases, column))]),
  ].join('');
}

/** The cases that some server failed, those that servers must pass first. */
function byCase(): string {
  const failing = (one: KitCase) =>
    columns.filter(({ failed }) => failed.includes(one.id)).map(({ name }) => name);
  const rows = (['must', 'should'] as const).flatMap((level) =>
    kitCases
      .filter((one) => one.level === level && failing(one).length > 0)
      .map((one) => row([`\`${one.id}\``, level, one.title, failing(one).join(', ')])),
  );
  return [
    row(['Case', 'Level', 'What a server does that passes', 'Failed by']),
    row(['---', '---', '---', '---']),
    ...rows,
  ].join('');
}

it('docs/conformance.md has the tables', async () => {
  const page = readFileSync('docs/conformance.md', 'utf8');
  expect(page).toMatch(TABLES);
  const tables = `
${kitCases.length} cases; passed, of those that were judged and are no mere facts:

${bySubject()}
${byCase()}
`;
  const expected = page.replace(TABLES, (_all, begin, end) => `${begin}${tables}${end}`);
  await expect(expected).toMatchFileSnapshot('../../docs/conformance.md');
});
