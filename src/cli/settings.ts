import { dirname } from 'node:path';
import { type ResolvedHttpOptions, resolveOptions } from '../gateways/options.ts';
import type { LogLevel } from '../logging/levels.ts';
import type { ApplicationLike } from '../wsgi/types.ts';
import { commandOptions } from './command-options.ts';
import { type ConfigFile, findConfigFile, readConfigFile } from './config-file.ts';
import type { Flags } from './flags.ts';
import { UserError } from './user-error.ts';

/** Where the application comes from. */
export type Source =
  | { readonly kind: 'target'; readonly text: string; readonly directory: string }
  | { readonly kind: 'value'; readonly value: ApplicationLike; readonly from: string }
  | { readonly kind: 'demo' };

/** All that a start needs: flags over configuration file over defaults. */
export interface Settings {
  readonly source: Source;
  readonly server: ResolvedHttpOptions;
  /** A file, `'-'` for stdout, or null for none. */
  readonly accessLogfile: string | null;
  readonly accessLogformat: string;
  /** A file, or `'-'` for stderr. */
  readonly errorLogfile: string;
  readonly logLevel: LogLevel;
  readonly logFormat: 'text' | 'json';
}

/**
 * Puts the settings together, and the process into the directory and the environment that they ask
 * for, because what is loaded afterwards depends on both.
 *
 * @throws {UserError | ConfigurationError} (as a rejection) for what cannot be used.
 */
export async function prepareSettings(flags: Flags, stdoutIsTerminal: boolean): Promise<Settings> {
  const [target, ...more] = flags.positionals;
  if (more.length > 0) {
    throw new UserError(`one TARGET is served at a time; there is also ${more.join(' ')}`);
  }
  changeDirectory(flags.command.chdir);
  setEnvironment((flags.command.env ?? []).map(parseAssignment));
  const name = flags.command.config ?? (target === undefined ? findConfigFile() : null);
  const file = name === null ? null : await readConfigFile(name);
  setEnvironment(Object.entries(file?.config.env ?? {}).filter(([key]) => !given(flags, key)));
  return merge(flags, target, file, stdoutIsTerminal);
}

function merge(
  { command, server }: Flags,
  target: string | undefined,
  file: ConfigFile | null,
  stdoutIsTerminal: boolean,
): Settings {
  const {
    app,
    bind,
    env,
    accessLogfile,
    accessLogformat,
    errorLogfile,
    logLevel,
    logFormat,
    ...http
  } = file?.config ?? {};
  const binds = bind === undefined ? {} : { bind: typeof bind === 'string' ? [bind] : bind };
  const accessDefault = stdoutIsTerminal ? '-' : false;
  return {
    source: sourceOf(target, file),
    server: resolveOptions({ ...http, ...binds, ...server }),
    accessLogfile: (command.accessLogfile ?? accessLogfile ?? accessDefault) || null,
    accessLogformat:
      command.accessLogformat ?? accessLogformat ?? commandOptions.accessLogformat.default,
    errorLogfile: command.errorLogfile ?? errorLogfile ?? commandOptions.errorLogfile.default,
    logLevel: command.logLevel ?? logLevel ?? commandOptions.logLevel.default,
    logFormat: command.logFormat ?? logFormat ?? commandOptions.logFormat.default,
  };
}

function sourceOf(target: string | undefined, file: ConfigFile | null): Source {
  if (target !== undefined) return { kind: 'target', text: target, directory: process.cwd() };
  if (file === null) return { kind: 'demo' };
  const { app } = file.config;
  if (app === undefined) throw new UserError(`${file.shown} names no app, and there is no TARGET`);
  if (typeof app === 'string') return { kind: 'target', text: app, directory: dirname(file.path) };
  return { kind: 'value', value: app, from: `app of ${file.shown}` };
}

function changeDirectory(directory: string | undefined): void {
  if (directory === undefined) return;
  try {
    process.chdir(directory);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const why = code === 'ENOENT' ? 'there is no such directory' : `it cannot be entered (${code})`;
    throw new UserError(`--chdir ${directory}: ${why}`);
  }
}

function parseAssignment(text: string): [name: string, value: string] {
  const equals = text.indexOf('=');
  if (equals < 1) throw new UserError(`--env is ${JSON.stringify(text)}; expected NAME=VALUE`);
  return [text.slice(0, equals), text.slice(equals + 1)];
}

function given({ command }: Flags, name: string): boolean {
  return (command.env ?? []).some((assignment) => assignment.startsWith(`${name}=`));
}

function setEnvironment(variables: readonly (readonly [string, string])[]): void {
  for (const [name, value] of variables) process.env[name] = value;
}

/** Every setting on a line of its own, as it applies. */
export function printSettings(settings: Settings): string {
  const { source, server, ...command } = settings;
  const app =
    source.kind === 'target' ? source.text : source.kind === 'value' ? source.from : 'demo';
  const rows = Object.entries({ app, ...server, ...command });
  const width = Math.max(...rows.map(([name]) => name.length));
  return rows.map(([name, value]) => `${name.padEnd(width)} = ${JSON.stringify(value)}\n`).join('');
}
