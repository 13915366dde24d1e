import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { need } from '../interop/components.ts';

interface Manifest {
  readonly version: string;
  readonly exports: Readonly<Record<string, string | { types: string; default: string }>>;
}

const manifest = JSON.parse(readFileSync('package.json', 'utf8')) as Manifest;
const subpaths = Object.keys(manifest.exports).filter((path) => path !== './package.json');

describe('the published package', () => {
  let directory: string;
  const run = (command: string, args: readonly string[]) =>
    execFileSync(command, args, {
      cwd: directory,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
    });

  beforeAll(() => {
    directory = mkdtempSync(join(tmpdir(), 'wizgi-package-'));
    const packed = execFileSync(
      'npm',
      ['pack', '--ignore-scripts', '--json', '--pack-destination', directory],
      { encoding: 'utf8' },
    );
    const [{ filename }] = JSON.parse(packed) as [{ filename: string }];
    writeFileSync(join(directory, 'package.json'), '{"type":"module","private":true}');
    run('npm', ['install', '--no-audit', '--no-fund', '--prefer-offline', `./${filename}`]);
  });

  afterAll(() => rmSync(directory, { recursive: true, force: true }));

  it.each(subpaths)('%s loads alone and has something to offer', (subpath) => {
    const specifier = subpath.replace('.', 'wizgi');
    const names = run(process.execPath, [
      '--input-type=module',
      '-e',
      `console.log(Object.keys(await import(${JSON.stringify(specifier)})).join())`,
    ]);
    expect(names.trim()).not.toBe('');
  });

  it('has types that a strict program can be checked against', () => {
    const imports = subpaths.map(
      (path, index) => `import type * as m${index} from '${path.replace('.', 'wizgi')}';`,
    );
    const uses = subpaths.map((_, index) => `export type T${index} = keyof typeof m${index};`);
    writeFileSync(join(directory, 'program.ts'), [...imports, ...uses].join('\n'));
    const flags = ['--noEmit', '--strict', '--module', 'nodenext', '--target', 'es2023'];
    const types = ['--typeRoots', resolve('node_modules/@types'), '--types', 'node'];
    expect(() =>
      run(process.execPath, [
        resolve('node_modules/typescript/bin/tsc'),
        ...flags,
        ...types,
        'program.ts',
      ]),
    ).not.toThrow();
  });

  it('carries a command that knows its version', () => {
    expect(run(join(directory, 'node_modules/.bin/wizgi'), ['--version'])).toContain(
      manifest.version,
    );
  });

  it('carries the Python worker', (context) => {
    need('python3', context);
    writeFileSync(
      join(directory, 'hello.py'),
      "def application(environ, start_response):\n    start_response('200 OK', [])\n    return [b'hello']\n",
    );
    const program = `
      import { python } from 'wizgi/python';
      import { testClient } from 'wizgi/testing';
      const app = python('hello');
      console.log(await (await testClient(app).get('/')).text());
      await app.close();`;
    const said = run(process.execPath, ['--input-type=module', '-e', program]);
    expect(said.trim()).toBe('hello');
  });

  it("carries the conformance kit's application in Python", (context) => {
    const python = need('python3', context);
    const path = run(join(directory, 'node_modules/.bin/wizgi'), ['conformance', '--path']).trim();
    const program = 'import sys; sys.path.insert(0, sys.argv[1]); import wizgi_conformance';
    expect(
      run(python, ['-I', '-B', '-c', `${program}; print(wizgi_conformance.__all__)`, path]),
    ).toBe("['application']\n");
  });

  it('carries no tests', () => {
    const listed = run('find', ['node_modules/wizgi', '-name', '*.test.*']);
    expect(listed).toBe('');
  });
});
