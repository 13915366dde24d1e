import { basename } from 'node:path';
import type { Log } from '../wsgi/log.ts';
import type { ApplicationLike } from '../wsgi/types.ts';
import { adapt } from './adapt.ts';
import { importModule, type ModuleExports } from './import-module.ts';
import { type AskedInterface, foreignKind, isPromise } from './interfaces.ts';
import { nearest } from './nearest.ts';
import { listensDuring } from './own-servers.ts';
import type { ModuleTarget } from './target.ts';
import { EXIT, UserError } from './user-error.ts';

/** The exports that are looked for, in this order, when the TARGET names none. */
const USUAL = ['application', 'app', 'default'];

/**
 * Loads the application that a TARGET names.
 *
 * @param asked - the interface that it is written for.
 * @throws {UserError} (as a rejection) saying what is wrong with the module.
 */
export async function loadApplication(
  target: ModuleTarget,
  asked: AskedInterface,
  log: Log,
): Promise<ApplicationLike> {
  const { result: module, listens } = await listensDuring(() => load(target.path));
  const { name, value } = pick(target, exportsOf(module), listens);
  const app = await adapt(value, `${name} of ${basename(target.path)}`, asked);
  if (listens) {
    log.warn('the application listens by itself, too: call listen() only where wizgi does not', {
      target: target.text,
    });
  }
  return app;
}

/** Loads a module; see {@link loadApplication}. */
export async function load(path: string): Promise<ModuleExports> {
  try {
    return await importModule(path);
  } catch (error) {
    const { explainLoadFailure } = await import('./load-failure.ts');
    throw await explainLoadFailure(error, path);
  }
}

/** A module whose only export stands in the place of all: `export =` in TypeScript, through jiti. */
function exportsOf(module: ModuleExports): ModuleExports {
  const isModule = Object.prototype.toString.call(module) === '[object Module]';
  const isApplication = typeof module === 'function' || foreignKind(module) !== null;
  if (isModule || '__esModule' in module) return module;
  return isApplication || 'call' in module ? { default: module } : module;
}

interface Export {
  readonly name: string;
  readonly value: unknown;
}

/** Finds the export, which in a CommonJS module can be a property of `module.exports`. */
function pick(
  { exportName, text }: ModuleTarget,
  exports: ModuleExports,
  listens: boolean,
): Export {
  const names = Object.keys(exports).filter(
    (name) => name !== 'module.exports' && !(name === 'default' && isEmpty(exports[name])),
  );
  const inner = propertiesOf(exports['default']);
  const all = [...new Set([...names, ...Object.keys(inner)])].filter(
    (name) => name !== '__esModule',
  );
  if (exportName !== null) {
    const source = names.includes(exportName) ? exports : inner;
    if (Object.hasOwn(source, exportName)) return { name: exportName, value: source[exportName] };
    throw missingExport(`${text}: the module has no export '${exportName}'`, exportName, all);
  }
  for (const name of USUAL) {
    if (name === 'default' && Object.keys(inner).some((key) => USUAL.includes(key))) continue;
    if (names.includes(name)) return { name, value: exports[name] };
  }
  for (const name of USUAL) if (Object.hasOwn(inner, name)) return { name, value: inner[name] };
  const message = `${text}: the module exports no application, app or default`;
  if (!listens) throw missingExport(message, null, all);
  throw failure(`${message}, but listens by itself; export the application instead of listen()`);
}

/** What a CommonJS module has that exports nothing. */
function isEmpty(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return Object.getPrototypeOf(value) === Object.prototype && Object.keys(value).length === 0;
}

function propertiesOf(value: unknown): ModuleExports {
  if (typeof value !== 'object' || value === null || 'call' in value) return {};
  if (foreignKind(value) !== null || isPromise(value)) return {};
  return value as ModuleExports;
}

function missingExport(message: string, wanted: string | null, all: readonly string[]): UserError {
  const guess = wanted === null ? null : nearest(wanted, all);
  if (guess !== null)
    return failure(`${message}; did you mean '${guess}'? It exports ${list(all)}`);
  return failure(`${message}; it exports ${all.length === 0 ? 'nothing' : list(all)}`);
}

function list(names: readonly string[]): string {
  return names.join(', ');
}

function failure(message: string): UserError {
  return new UserError(message, EXIT.application);
}
