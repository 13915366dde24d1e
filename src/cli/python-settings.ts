import { dirname, resolve } from 'node:path';
import { type OptionRow, type OptionsOf, resolveTable } from '../gateways/options.ts';
import { pythonOptionTable } from '../python/options.ts';
import type { ConfigFile } from './config-file.ts';
import { UserError } from './user-error.ts';
import { parseValue } from './values.ts';

type Table = typeof pythonOptionTable;

/** What was said about Python applications. */
export interface PythonSettings {
  readonly options: Required<OptionsOf<Table>>;
  /** The flags whose options somebody set to something else than the default. */
  readonly asked: readonly string[];
}

/**
 * Puts the options of Python applications together: flags over configuration file over environment.
 *
 * @throws {UserError | ConfigurationError} for what cannot be used.
 */
export function pythonSettings(flags: OptionsOf<Table>, file: ConfigFile | null): PythonSettings {
  const given = {
    ...(file === null ? {} : fromDirectory(ofTable(file.config), dirname(file.path))),
    ...fromDirectory(flags, process.cwd()),
  };
  const options = resolveTable(pythonOptionTable, { ...webConcurrency(), ...given });
  const asked = Object.entries<OptionRow>(pythonOptionTable)
    .filter(([name, row]) => differs(given[name as keyof Table], row.default))
    .map(([, { flag }]) => `--${flag}`);
  return { options, asked };
}

function ofTable(config: object): OptionsOf<Table> {
  const entries = Object.entries(config).filter(([name]) => Object.hasOwn(pythonOptionTable, name));
  return Object.fromEntries(entries);
}

function differs(value: unknown, byDefault: unknown): boolean {
  return value !== undefined && JSON.stringify(value) !== JSON.stringify(byDefault);
}

/** Makes paths absolute: each application may have a directory of its own. */
function fromDirectory(options: OptionsOf<Table>, directory: string): OptionsOf<Table> {
  const { python, pythonpath } = options;
  return {
    ...options,
    ...(typeof python === 'string' && /[/\\]/.test(python)
      ? { python: resolve(directory, python) }
      : {}),
    ...(Array.isArray(pythonpath)
      ? { pythonpath: pythonpath.map((path) => resolve(directory, path)) }
      : {}),
  };
}

/** The number of workers as platforms set it, for Gunicorn too. */
function webConcurrency(): OptionsOf<Table> {
  const text = process.env['WEB_CONCURRENCY'];
  if (text === undefined || text === '') return {};
  try {
    return { workers: parseValue('workers', 'positive', text) as number };
  } catch {
    throw new UserError(
      `$WEB_CONCURRENCY is ${JSON.stringify(text)}; expected a whole number of at least 1, which is the number of workers`,
    );
  }
}
