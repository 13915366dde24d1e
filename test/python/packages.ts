/**
 * Python's packages that tests import: a virtual environment at the root of the repository.
 *
 * Where it lacks one the test is skipped, with the reason and how to install it; under CI=true that is
 * a failure, so that nothing is left untested unnoticed.
 */
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '../cli/command.ts';

const ENVIRONMENT = join(ROOT, '.venv-test');
const INSTALL =
  'python3 -m venv .venv-test && .venv-test/bin/pip install -r test/python/requirements.txt';

/** The interpreter that has the packages. */
export const PYTHON = join(ENVIRONMENT, 'bin/python');

/** What of vitest's context is needed to skip a test. */
export interface Skipping {
  skip(note?: string): void;
}

/** Gives the interpreter that can import all of the modules, or skips the test. */
export function needPackages(modules: readonly string[], context: Skipping): string {
  const missing = missingOf(modules);
  if (missing.length === 0) return PYTHON;
  const reason = `.venv-test has no ${missing.join(', no ')}: ${INSTALL}`;
  if (process.env.CI === 'true') throw new Error(reason);
  context.skip(reason);
  throw new Error(reason);
}

/** Which of the modules are not installed. */
export function missingOf(modules: readonly string[]): string[] {
  return modules.filter((name) => !isInstalled(name));
}

function isInstalled(name: string): boolean {
  return sitePackages().some(
    (directory) => existsSync(join(directory, name)) || existsSync(join(directory, `${name}.py`)),
  );
}

function sitePackages(): string[] {
  const library = join(ENVIRONMENT, 'lib');
  if (!existsSync(library)) return [];
  return readdirSync(library).map((python) => join(library, python, 'site-packages'));
}
