import { existsSync, statSync } from 'node:fs';
import { relative, resolve } from 'node:path';
import type { WizgiConfig } from '../config/config.ts';
import { optionTable } from '../gateways/options.ts';
import { pythonOptionTable } from '../python/options.ts';
import { commandOptions } from './command-options.ts';
import { load } from './load-application.ts';
import { nearest } from './nearest.ts';
import { UserError } from './user-error.ts';

/** A configuration file that was read. */
export interface ConfigFile {
  readonly path: string;
  /** As it is shown in messages. */
  readonly shown: string;
  readonly config: WizgiConfig;
}

const USUAL = ['ts', 'mts', 'js', 'mjs'].map((extension) => `wizgi.config.${extension}`);

/** The configuration file in the working directory, if there is one. */
export function findConfigFile(): string | null {
  return USUAL.find((name) => existsSync(name)) ?? null;
}

/**
 * Reads a configuration file: the object that it exports by default.
 *
 * @throws {UserError} (as a rejection) when it cannot be loaded or says what does not exist.
 */
export async function readConfigFile(name: string): Promise<ConfigFile> {
  const path = resolve(name);
  if (!statSync(path, { throwIfNoEntry: false })?.isFile()) {
    throw new UserError(`there is no configuration file ${name}`);
  }
  const exports = await load(path);
  const shown = relative(process.cwd(), path);
  const config = exports['default'];
  if (typeof config !== 'object' || config === null) {
    throw new UserError(
      `${shown} has no configuration: expected export default defineConfig({ … })`,
    );
  }
  checkKeys(config, shown);
  return { path, shown, config: config as WizgiConfig };
}

const OWN: Readonly<Record<string, (value: unknown) => boolean>> = {
  app: isSource,
  mount: (value) => isObject(value) && Object.values(value).every(isSource),
  interface: (value) => (commandOptions.interface.choices as readonly unknown[]).includes(value),
  upstream: isObject,
  env: (value) => isObject(value) && Object.values(value).every(isText),
  accessLogfile: (value) => isText(value) || value === false,
  accessLogformat: isText,
  errorLogfile: isText,
  logLevel: (value) => (commandOptions.logLevel.choices as readonly unknown[]).includes(value),
  logFormat: (value) => (commandOptions.logFormat.choices as readonly unknown[]).includes(value),
};

function checkKeys(config: object, shown: string): void {
  const known = [OWN, optionTable, pythonOptionTable].flatMap((table) => Object.keys(table));
  for (const [key, value] of Object.entries(config)) {
    if (!known.includes(key)) {
      const guess = nearest(key, known);
      const hint =
        guess === null ? `; the options are ${known.join(', ')}` : `; did you mean ${guess}?`;
      throw new UserError(`${shown}: there is no option '${key}'${hint}`);
    }
    if (value !== undefined && Object.hasOwn(OWN, key) && !OWN[key]?.(value)) {
      throw new UserError(`${shown}: option '${key}' has an unusable value`);
    }
  }
}

function isSource(value: unknown): boolean {
  return isText(value) || typeof value === 'function' || isObject(value);
}

function isText(value: unknown): boolean {
  return typeof value === 'string';
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}
