import { existsSync, readdirSync, statSync } from 'node:fs';
import { basename, dirname, extname, join, resolve } from 'node:path';
import { nearest } from './nearest.ts';
import { UserError } from './user-error.ts';

/** The application that a TARGET names. */
export interface Target {
  /** As it was written, for messages. */
  readonly text: string;
  /** The module's absolute path. */
  readonly path: string;
  /** The export that was asked for. */
  readonly exportName: string | null;
}

const SUPPORTED =
  'this version serves JavaScript and TypeScript files: app.ts, .mts, .js, .mjs or .cjs, and app.ts:NAME for one of its exports';

const EXTENSIONS = ['.ts', '.mts', '.js', '.mjs', '.cjs', '.cts'];
const MODULE = /^(.+\.(?:[mc]?[jt]s))(?::([\p{ID_Start}$_][\p{ID_Continue}$]*))?$/u;

/**
 * Reads a TARGET; its path is taken from `directory`.
 *
 * @throws {UserError} when it names nothing that can be served, or no file.
 */
export function parseTarget(text: string, directory: string): Target {
  const match = MODULE.exec(text);
  if (match === null) throw unsupported(text, directory);
  const path = resolve(directory, match[1] as string);
  checkFile(match[1] as string, path);
  return { text, path, exportName: match[2] ?? null };
}

function checkFile(shown: string, path: string): void {
  const stat = statSync(path, { throwIfNoEntry: false });
  if (stat?.isFile()) return;
  if (stat !== undefined) throw new UserError(`${shown} is a directory; name a file in it`);
  throw new UserError(`there is no file ${shown}${suggestion(shown, path)}`);
}

function unsupported(text: string, directory: string): UserError {
  const [name = ''] = text.split(':');
  if (/^[a-z][a-z0-9+]*:\/\//i.test(text)) return notYet(text, 'upstream servers are');
  if (/\.(?:ini|cfg)(?:#.*)?$/.test(text)) return notYet(text, 'PasteDeploy files are');
  if (/\.(?:py|wsgi)(?::.*)?$/.test(text)) return notYet(text, 'Python applications are');
  if (/\.[jt]sx$/.test(name)) return notYet(text, 'JSX files are');
  const path = resolve(directory, name);
  const stat = statSync(path, { throwIfNoEntry: false });
  if (stat?.isDirectory()) return new UserError(`${text} is a directory; name a file in it`);
  if (stat?.isFile()) return new UserError(`${text} is no module; ${SUPPORTED}`);
  const sibling = EXTENSIONS.find((extension) => existsSync(path + extension));
  if (sibling !== undefined) {
    const rest = text.slice(name.length);
    return new UserError(`there is no file ${name}; did you mean ${name}${sibling}${rest}?`);
  }
  if (/^[\p{ID_Start}_][\p{ID_Continue}.]*(?::.*)?$/u.test(text)) {
    return notYet(text, 'Python applications are');
  }
  return new UserError(`${text} is no file that can be served; ${SUPPORTED}`);
}

function notYet(text: string, what: string): UserError {
  return new UserError(`${text}: ${what} not yet supported; ${SUPPORTED}`);
}

/** Files beside the missing one that were probably meant. */
function suggestion(shown: string, path: string): string {
  const directory = dirname(path);
  let entries: string[];
  try {
    entries = readdirSync(directory).filter((entry) => EXTENSIONS.includes(extname(entry)));
  } catch {
    return `; there is no directory ${dirname(shown)} either`;
  }
  const wanted = basename(path);
  const stem = stemOf(wanted);
  const guess = entries.find((entry) => stemOf(entry) === stem) ?? nearest(wanted, entries);
  if (guess !== null) return `; did you mean ${join(dirname(shown), guess)}?`;
  const some = entries.slice(0, 5).join(', ');
  return some === ''
    ? ''
    : `; in that directory there are ${some}${entries.length > 5 ? ', …' : ''}`;
}

function stemOf(file: string): string {
  return file.slice(0, file.length - extname(file).length);
}
