import { optionTable, type ResolvedServerOptions, resolveOptions } from '../gateways/options.ts';
import type { LogLevel } from '../logging/levels.ts';
import { REDACTED } from '../logging/secrets.ts';
import { isUpstreamUrl } from '../upstream/target.ts';
import { commandOptions } from './command-options.ts';
import { type ConfigFile, findConfigFile, readConfigFile } from './config-file.ts';
import type { Flags } from './flags.ts';
import type { AskedInterface } from './interfaces.ts';
import { describeMount, type Mount, mountsOf } from './mounts.ts';
import { type PythonSettings, pythonSettings } from './python-settings.ts';
import { type UpstreamSettings, upstreamSettings } from './upstream-settings.ts';
import { UserError } from './user-error.ts';

/** All that a start needs: flags over configuration file over defaults. */
export interface Settings {
  /** At least one; that at `'/'` is the first. */
  readonly mounts: readonly Mount[];
  /** What applications in JavaScript and TypeScript are written for. */
  readonly interface: AskedInterface;
  readonly server: ResolvedServerOptions;
  readonly python: PythonSettings;
  readonly upstream: UpstreamSettings;
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
    throw new UserError(
      `one TARGET is served at a time; there is also ${more.join(' ')}, which --mount can add at a path`,
    );
  }
  changeDirectory(flags.command.chdir);
  setEnvironment((flags.command.env ?? []).map(parseAssignment));
  const name = flags.command.config ?? (target === undefined ? findConfigFile() : null);
  const file = name === null ? null : await readConfigFile(name);
  setEnvironment(Object.entries(file?.config.env ?? {}).filter(([key]) => !given(flags, key)));
  return merge(flags, target, file, stdoutIsTerminal);
}

function merge(
  flags: Flags,
  target: string | undefined,
  file: ConfigFile | null,
  stdoutIsTerminal: boolean,
): Settings {
  const { command } = flags;
  const { accessLogfile, accessLogformat, errorLogfile, logLevel, logFormat } = file?.config ?? {};
  const accessDefault = stdoutIsTerminal ? '-' : false;
  return {
    mounts: mountsOf(target, command.mount ?? [], file),
    interface: command.interface ?? file?.config.interface ?? commandOptions.interface.default,
    server: serverOptions(flags, file),
    python: pythonSettings(flags.python, file),
    upstream: upstreamSettings(flags.upstream, file),
    accessLogfile: (command.accessLogfile ?? accessLogfile ?? accessDefault) || null,
    accessLogformat:
      command.accessLogformat ?? accessLogformat ?? commandOptions.accessLogformat.default,
    errorLogfile: command.errorLogfile ?? errorLogfile ?? commandOptions.errorLogfile.default,
    logLevel: command.logLevel ?? logLevel ?? commandOptions.logLevel.default,
    logFormat: command.logFormat ?? logFormat ?? commandOptions.logFormat.default,
  };
}

function serverOptions({ server }: Flags, file: ConfigFile | null): ResolvedServerOptions {
  const config = file?.config ?? {};
  const ofTable = Object.entries(config).filter(([name]) => Object.hasOwn(optionTable, name));
  const { bind } = config;
  const binds = bind === undefined ? {} : { bind: typeof bind === 'string' ? [bind] : bind };
  return resolveOptions({ ...Object.fromEntries(ofTable), ...binds, ...server });
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
  const { mounts, server, python, upstream, ...command } = settings;
  const [main, ...others] = mounts.map(describeMount);
  const mount = others.length === 0 ? {} : { mount: others };
  const shown = { ...server, ajpSecret: server.ajpSecret && REDACTED };
  const forwarding = mounts.some(
    ({ source }) => source.kind === 'target' && isUpstreamUrl(source.text),
  );
  const rows = [
    ...Object.entries({ app: main, ...mount, ...shown, ...python.options, ...command }),
    ...(forwarding ? upstreamRows(upstream) : []),
  ];
  const width = Math.max(...rows.map(([name]) => name.length));
  return rows.map(([name, value]) => `${name.padEnd(width)} = ${JSON.stringify(value)}\n`).join('');
}

/** Under names of their own: some are the server's, too. */
function upstreamRows({ options }: UpstreamSettings): [name: string, value: unknown][] {
  const shown = { ...options, secret: options.secret && REDACTED };
  return Object.entries(shown).map(([name, value]) => [`upstream.${name}`, value]);
}
