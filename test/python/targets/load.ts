/** Loads targets through the worker's own code, without a server. */
import { execFile } from 'node:child_process';
import { realpathSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { ROOT } from '../../cli/command.ts';

const run = promisify(execFile);

/** What came of a target: one of the first three. */
export interface Outcome {
  /** What the application answered. */
  readonly body?: string;
  /** The message to the user. */
  readonly error?: string;
  /** What the application's own code raised. */
  readonly raised?: string;
  /** The files to watch. */
  readonly watched: readonly string[];
}

/** Loads a target in a directory, which answers show as `.`, and the interpreter as `PYTHON`. */
export async function load(
  interpreter: string,
  folder: string,
  target: string,
  pythonpath: readonly string[] = [],
): Promise<Outcome> {
  const directory = realpathSync(folder);
  const driver = join(ROOT, 'test/python/targets/driver.py');
  const args = [driver, join(ROOT, 'python'), target, ...pythonpath];
  const { stdout } = await run(interpreter, args, {
    cwd: directory,
    env: { PATH: process.env.PATH, PYTHONDONTWRITEBYTECODE: '1' },
  });
  const lastLine = stdout.trimEnd().split('\n').pop() ?? '';
  const text = lastLine
    .replaceAll(directory, '.')
    .replace(/(?<= for | where )\/\S+(?= \(| looks)/, 'PYTHON');
  const outcome = JSON.parse(text.replace(/\/\S+(?= -m pip)/, 'PYTHON')) as Outcome;
  return { ...outcome, watched: outcome.watched.filter((file) => !file.endsWith('driver.py')) };
}
