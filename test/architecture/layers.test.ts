import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';

/** The layer table of ARCHITECTURE.md: a folder may import from itself and from lower levels. */
const levels: Readonly<Record<string, number>> = {
  wsgi: 0,
  protocols: 1,
  validator: 1,
  gateways: 2,
  testing: 2,
  adapters: 3,
  logging: 3,
  upstream: 3,
  python: 4,
  config: 5,
  cli: 6,
};

const root = resolve('src');
const files = readdirSync(root, { recursive: true, encoding: 'utf8' })
  .filter((path) => path.endsWith('.ts') && !path.endsWith('.test.ts'))
  .map((path) => join(root, path));

interface Import {
  readonly specifier: string;
  readonly typeOnly: boolean;
}

function importsOf(file: string): Import[] {
  const text = readFileSync(file, 'utf8');
  const statements = text.matchAll(
    /^(?:import|export)\s+(type\s)?(?:[\w*{][^;'"]*?from\s+)?['"]([^'"]+)['"]|import\(\s*['"]([^'"]+)['"]\s*\)/gm,
  );
  return [...statements].map((match) => ({
    specifier: match[2] ?? match[3] ?? '',
    typeOnly: match[1] !== undefined,
  }));
}

const folderOf = (file: string) => relative(root, file).split('/')[0] as string;
const targetOf = (file: string, specifier: string) => resolve(dirname(file), specifier);

describe('layers', () => {
  it('has a level for every folder of src', () => {
    const folders = readdirSync(root, { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map((entry) => entry.name);
    expect(folders.sort()).toEqual(Object.keys(levels).sort());
  });

  it('imports point down only', () => {
    const wrong = files.flatMap((file) =>
      importsOf(file)
        .filter(({ specifier }) => specifier.startsWith('.'))
        .filter(({ specifier }) => {
          const from = folderOf(file);
          const to = folderOf(targetOf(file, specifier));
          if (from === 'index.ts' || from === to) return from === 'index.ts' && to === 'cli';
          return (levels[to] ?? Number.POSITIVE_INFINITY) >= (levels[from] as number);
        })
        .map(({ specifier }) => `${relative(root, file)} imports ${specifier}`),
    );
    expect(wrong).toEqual([]);
  });

  it('codecs know no socket, clock or file', () => {
    const wrong = files
      .filter((file) => folderOf(file) === 'protocols')
      .flatMap((file) => importsOf(file).filter(({ specifier }) => specifier.startsWith('node:')));
    expect(wrong).toEqual([]);
  });

  it('no library stands in the path of a request', () => {
    const wrong = files
      .filter((file) => (levels[folderOf(file)] ?? 0) <= 2)
      .flatMap((file) =>
        importsOf(file)
          .filter(({ specifier }) => !/^(?:\.|node:)/.test(specifier))
          .map(({ specifier }) => `${relative(root, file)} imports ${specifier}`),
      );
    expect(wrong).toEqual([]);
  });

  it('has no cycle of imports at run time', () => {
    const graph = new Map(
      files.map((file) => [
        file,
        importsOf(file)
          .filter(({ specifier, typeOnly }) => specifier.startsWith('.') && !typeOnly)
          .map(({ specifier }) => targetOf(file, specifier)),
      ]),
    );
    const finished = new Set<string>();
    const cycles: string[] = [];
    const visit = (file: string, path: readonly string[]) => {
      if (path.includes(file)) {
        cycles.push(
          [...path.slice(path.indexOf(file)), file].map((f) => relative(root, f)).join(' → '),
        );
      } else if (!finished.has(file)) {
        for (const next of graph.get(file) ?? []) visit(next, [...path, file]);
        finished.add(file);
      }
    };
    for (const file of files) visit(file, []);
    expect(cycles).toEqual([]);
  });
});
