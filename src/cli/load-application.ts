import { basename } from 'node:path';
import { asApplication } from '../wsgi/application.ts';
import type { ApplicationLike } from '../wsgi/types.ts';
import { importModule, type ModuleExports } from './import-module.ts';
import { nearest } from './nearest.ts';
import type { ModuleTarget } from './target.ts';
import { EXIT, UserError } from './user-error.ts';

/** The exports that are looked for, in this order, when the TARGET names none. */
const USUAL = ['application', 'app', 'default'];

/**
 * Loads the application that a TARGET names.
 *
 * @throws {UserError} (as a rejection) saying what is wrong with the module.
 */
export async function loadApplication(target: ModuleTarget): Promise<ApplicationLike> {
  const exports = await load(target.path);
  const { name, value } = pick(target, exports);
  return checkApplication(value, `${name} of ${basename(target.path)}`);
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

interface Export {
  readonly name: string;
  readonly value: unknown;
}

/** Finds the export, which in a CommonJS module can be a property of `module.exports`. */
function pick({ exportName, text }: ModuleTarget, exports: ModuleExports): Export {
  const names = Object.keys(exports).filter((name) => name !== 'module.exports');
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
  throw missingExport(`${text}: the module exports no application, app or default`, null, all);
}

function propertiesOf(value: unknown): ModuleExports {
  if (typeof value !== 'object' || value === null || 'call' in value) return {};
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

/**
 * Checks that a value is an application, or looks like one of other kinds.
 *
 * @throws {UserError} saying what it is instead.
 */
export function checkApplication(value: unknown, from: string): ApplicationLike {
  const foreign = foreignKind(value);
  if (foreign !== null) {
    throw failure(`${from} is ${foreign}, which is not yet supported; expected ${EXPECTED}`);
  }
  try {
    return asApplication(value as ApplicationLike);
  } catch {
    throw failure(`${from} is ${describe(value)}, not an application; expected ${EXPECTED}`);
  }
}

const EXPECTED =
  'a WSGI application: a function (environ, startResponse), a class, or an object with a call method';

/** Applications for other servers, which would fail with the first request. */
function foreignKind(value: unknown): string | null {
  if ((typeof value !== 'function' && typeof value !== 'object') || value === null) return null;
  const has = (name: string) => typeof (value as ModuleExports)[name] === 'function';
  if (has('handle') && has('use') && has('listen')) return 'an Express application';
  if (has('callback') && has('use') && has('listen')) return 'a Koa application';
  if (has('inject') && has('register') && has('listen')) return 'a Fastify application';
  if (has('fetch') && (typeof value === 'function' || !has('call'))) return 'a Fetch handler';
  return null;
}

function describe(value: unknown): string {
  if (value === null || value === undefined) return String(value);
  if (Array.isArray(value)) return 'a list';
  if (value instanceof Promise) return 'a promise';
  return typeof value === 'object' ? 'an object without a call method' : `a ${typeof value}`;
}

function failure(message: string): UserError {
  return new UserError(message, EXIT.application);
}
