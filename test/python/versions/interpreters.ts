/** The versions of CPython of this machine. */
import { spawnSync } from 'node:child_process';
import { accessSync, constants, readdirSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import type { TestContext } from 'vitest';
import { need } from '../../interop/components.ts';

/** The versions that are supported; `t` marks the free-threaded build. */
const VERSIONS = ['3.9', '3.10', '3.11', '3.12', '3.13', '3.14', '3.13t', '3.14t'] as const;

/** An interpreter to test with. */
export interface Interpreter {
  readonly name: string;
  /** Its path; skips the test where there is none. */
  readonly path: (context: TestContext) => string;
}

/**
 * The default interpreter, which must be there, and every supported version that is: no system has all
 * of them, so there is nothing to install and nothing to skip.
 */
export const interpreters: readonly Interpreter[] = [
  { name: 'python3', path: (context) => need('python3', context) },
  ...VERSIONS.flatMap((version) => {
    const path = findInterpreter(version);
    return path === null ? [] : [{ name: `python${version}`, path: () => path }];
  }),
];

/** The path of an interpreter of a version, as found on PATH or among those that pyenv installed. */
function findInterpreter(version: string): string | null {
  const name = `python${version}`;
  const folders = [...(process.env.PATH ?? '').split(delimiter), ...pyenvFolders()];
  return folders.map((folder) => join(folder, name)).find((path) => runs(path, version)) ?? null;
}

function pyenvFolders(): string[] {
  const versions = join(process.env.PYENV_ROOT ?? '', 'versions');
  if (process.env.PYENV_ROOT === undefined) return [];
  try {
    return readdirSync(versions).map((version) => join(versions, version, 'bin'));
  } catch {
    return [];
  }
}

/** pyenv puts a `python3.9` on PATH that only says that 3.9 is not selected: so it is asked. */
function runs(path: string, version: string): boolean {
  try {
    accessSync(path, constants.X_OK);
  } catch {
    return false;
  }
  const build = 'sysconfig.get_config_var("Py_GIL_DISABLED")';
  const ask = `import sys, sysconfig; print("%d.%d" % sys.version_info[:2] + "t" * bool(${build}))`;
  return spawnSync(path, ['-c', ask], { encoding: 'utf8' }).stdout?.trim() === version;
}
