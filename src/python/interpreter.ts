import { execFile } from 'node:child_process';
import { accessSync, constants, existsSync, statSync } from 'node:fs';
import { delimiter, join, resolve } from 'node:path';
import { ConfigurationError } from '../gateways/options.ts';

/** The oldest Python that the worker runs on. */
const OLDEST = [3, 9] as const;

/** What the choice of an interpreter depends on. */
export interface InterpreterQuery {
  /** As in the option `python`: a path, a name to find on PATH, or empty for the usual places. */
  readonly python: string;
  /** The application's directory, from which relative paths are taken. */
  readonly directory: string;
  readonly environment: NodeJS.ProcessEnv;
}

/**
 * The Python interpreter to run workers with: the option's, else that of $VIRTUAL_ENV, else of
 * `.venv` in the application's directory, else python3, else python.
 *
 * Only looks at files: whether it is a Python, and which, is asked by {@link diagnose} when it fails.
 *
 * @returns an absolute path; links are kept, because a virtual environment's interpreter is one.
 * @throws {ConfigurationError} when there is none.
 */
export function findInterpreter({ python, directory, environment }: InterpreterQuery): string {
  if (python !== '') return named(python, directory, environment);
  const active = environment['VIRTUAL_ENV'];
  if (active) return inActive(active);
  const local = interpreterIn(join(directory, '.venv'));
  if (existsSync(local)) return runnable(local, local);
  const found = onPath('python3', environment) ?? onPath('python', environment);
  if (found !== null) return found;
  throw new ConfigurationError(
    'no Python was found: there is no .venv, and neither python3 nor python on PATH; install Python 3.9 or newer, or name an interpreter with --python',
  );
}

function named(python: string, directory: string, environment: NodeJS.ProcessEnv): string {
  const option = `option 'python' (--python) is ${JSON.stringify(python)}`;
  if (/[/\\]/.test(python)) {
    const path = resolve(directory, python);
    const isDirectory = statSync(path, { throwIfNoEntry: false })?.isDirectory();
    if (!isDirectory) return runnable(path, option);
    const inner = interpreterIn(path);
    const hint = existsSync(inner)
      ? `did you mean ${inner}?`
      : 'name an interpreter, as in python3';
    throw new ConfigurationError(`${option}, which is a directory; ${hint}`);
  }
  const found = onPath(python, environment);
  if (found !== null) return found;
  throw new ConfigurationError(
    `${option}, which is not on PATH; install it, or give its path, as in .venv/bin/python`,
  );
}

function inActive(environment: string): string {
  const path = interpreterIn(environment);
  if (existsSync(path)) return runnable(path, path);
  throw new ConfigurationError(
    `$VIRTUAL_ENV is ${environment}, which has no interpreter; create it anew (python3 -m venv ${environment}), unset the variable, or name another with --python`,
  );
}

/** The place of a virtual environment's interpreter. */
function interpreterIn(environment: string): string {
  return process.platform === 'win32'
    ? join(environment, 'Scripts', 'python.exe')
    : join(environment, 'bin', 'python');
}

/** @param subject - how a message about the path begins. */
function runnable(path: string, subject: string): string {
  if (isExecutable(path)) return path;
  const why = existsSync(path) ? 'cannot be executed' : 'does not exist';
  throw new ConfigurationError(
    `${subject}, which ${why}; name an interpreter, as in python3 or .venv/bin/python`,
  );
}

function onPath(name: string, environment: NodeJS.ProcessEnv): string | null {
  const file = process.platform === 'win32' && !name.endsWith('.exe') ? `${name}.exe` : name;
  const folders = (environment['PATH'] ?? '').split(delimiter).filter((folder) => folder !== '');
  return folders.map((folder) => resolve(folder, file)).find(isExecutable) ?? null;
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}

/**
 * Asks an interpreter that could not run a worker what it is.
 *
 * @returns the error to show when the interpreter is to blame, null when it is a Python that will do.
 */
export function diagnose(interpreter: string): Promise<ConfigurationError | null> {
  const program = 'import sys; print("%d.%d" % tuple(sys.version_info[:2]))';
  return new Promise((settle) => {
    execFile(interpreter, ['-c', program], { timeout: 10_000 }, (error, stdout, stderr) => {
      const version = /^(\d+)\.(\d+)\s*$/.exec(stdout);
      if (version !== null) return settle(tooOld(interpreter, version));
      const detail =
        stderr.trim().split('\n').pop() || error?.message.split('\n')[0] || 'no answer';
      settle(
        new ConfigurationError(
          `${interpreter} does not work as a Python interpreter (${detail}); name another with --python`,
        ),
      );
    });
  });
}

function tooOld(interpreter: string, [, major, minor]: RegExpExecArray): ConfigurationError | null {
  const [oldestMajor, oldestMinor] = OLDEST;
  const isOld =
    Number(major) < oldestMajor || (Number(major) === oldestMajor && Number(minor) < oldestMinor);
  if (!isOld) return null;
  return new ConfigurationError(
    `${interpreter} is Python ${major}.${minor}; wizgi needs ${OLDEST.join('.')} or newer: name another interpreter with --python`,
  );
}
