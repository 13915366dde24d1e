import { existsSync, readdirSync, statSync } from 'node:fs';
import { basename, dirname, extname, join, resolve } from 'node:path';
import { isUpstreamUrl, parseUpstreamUrl, splitUpstreamUrls } from '../upstream/target.ts';
import { nearest } from './nearest.ts';
import { UserError } from './user-error.ts';

/** The application that a TARGET names. */
export type Target = ModuleTarget | PythonTarget | UpstreamServers;

/** An export of a JavaScript or TypeScript module. */
export interface ModuleTarget {
  readonly kind: 'module';
  /** As it was written, for messages. */
  readonly text: string;
  /** The module's absolute path. */
  readonly path: string;
  /** The export that was asked for. */
  readonly exportName: string | null;
}

/** A Python application, which a worker finds by what is written. */
export interface PythonTarget {
  readonly kind: 'python';
  readonly text: string;
}

/** One upstream server, or several that share the requests. */
export interface UpstreamServers {
  readonly kind: 'upstream';
  readonly text: string;
  readonly urls: readonly string[];
}

const SUPPORTED =
  'expected a JavaScript or TypeScript file (app.ts, .mts, .js, .mjs or .cjs), a Python file or module (app.py, mysite.wsgi), a PasteDeploy file (site.ini), or the URL of an upstream server (http://127.0.0.1:3000)';

const EXTENSIONS = ['.ts', '.mts', '.js', '.mjs', '.cjs', '.cts'];
const MODULE = /^(.+\.(?:[mc]?[jt]s))(?::([\p{ID_Start}$_][\p{ID_Continue}$]*))?$/u;

const PYTHON_FILE = /^.+?\.(?:py|wsgi)(?::.*)?$/s;
const PASTE_FILE = /^.+?\.(?:ini|cfg)(?:#.*)?$/s;
const PYTHON_MODULE = /^[\p{ID_Start}_][\p{ID_Continue}.]*(?::.*)?$/su;

/**
 * Reads a TARGET; its path is taken from `directory`.
 *
 * @throws {UserError | ConfigurationError} when it names nothing that can be served, or no file.
 */
export function parseTarget(text: string, directory: string): Target {
  if (isUpstreamUrl(text)) return parseUpstreams(text);
  const match = MODULE.exec(text);
  if (match === null) return parseForeign(text, directory);
  const path = resolve(directory, match[1] as string);
  checkFile(match[1] as string, path);
  return { kind: 'module', text, path, exportName: match[2] ?? null };
}

function parseUpstreams(text: string): UpstreamServers {
  const urls = splitUpstreamUrls(text);
  urls.forEach(parseUpstreamUrl);
  return { kind: 'upstream', text, urls };
}

/** Only a worker can tell which Python modules there are; so all that may be one is left to it. */
function parseForeign(text: string, directory: string): PythonTarget {
  if (PYTHON_FILE.test(text) || PASTE_FILE.test(text)) return { kind: 'python', text };
  const [name = ''] = text.split(':');
  if (/\.[jt]sx$/.test(name)) {
    throw new UserError(`${text}: JSX files are not yet supported; ${SUPPORTED}`);
  }
  const path = resolve(directory, name);
  const stat = statSync(path, { throwIfNoEntry: false });
  const isPackage = stat?.isDirectory() && existsSync(join(path, '__init__.py'));
  if (PYTHON_MODULE.test(text) && (isPackage || existsSync(`${path}.py`))) {
    return { kind: 'python', text };
  }
  if (stat?.isDirectory()) throw new UserError(`${text} is a directory; name a file in it`);
  if (stat?.isFile()) throw new UserError(`${text} is no module; ${SUPPORTED}`);
  const sibling = EXTENSIONS.find((extension) => existsSync(path + extension));
  if (sibling !== undefined) {
    const rest = text.slice(name.length);
    throw new UserError(`there is no file ${name}; did you mean ${name}${sibling}${rest}?`);
  }
  if (PYTHON_MODULE.test(text)) return { kind: 'python', text };
  throw new UserError(`${text} is no file that can be served; ${SUPPORTED}`);
}

function checkFile(shown: string, path: string): void {
  const stat = statSync(path, { throwIfNoEntry: false });
  if (stat?.isFile()) return;
  if (stat !== undefined) throw new UserError(`${shown} is a directory; name a file in it`);
  throw new UserError(`there is no file ${shown}${suggestion(shown, path)}`);
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
