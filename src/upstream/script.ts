/** Which script a path means, for upstreams that run scripts, as php-fpm. */
import { statSync } from 'node:fs';
import { climbs } from '../wsgi/request-target.ts';
import type { Environ } from '../wsgi/types.ts';

/** Where scripts are; see the options of the same names. */
export interface ScriptOptions {
  /** Empty: the upstream has no scripts. */
  readonly root: string;
  readonly index: string;
  readonly split: string;
  readonly fallback: string;
}

export interface Script {
  /** For SCRIPT_NAME: the path that the client sees, mount point included. */
  readonly name: string;
  readonly pathInfo: string;
  /** For SCRIPT_FILENAME. */
  readonly file: string;
}

/**
 * The script that a request means; null when it means none, or when there is no root.
 *
 * Where the root is a directory of this machine, too, a script has to be a file in it: otherwise PHP
 * would take the nearest file above for it, of whatever kind. (cgi.fix_pathinfo)
 */
export function scriptOf(environ: Environ, options: ScriptOptions): Script | null {
  const { root, fallback } = options;
  const { SCRIPT_NAME, PATH_INFO } = environ;
  if (root === '' || PATH_INFO.includes('\0') || climbs(PATH_INFO)) return null;
  const path = PATH_INFO || '/';
  const named = split(path.endsWith('/') ? path + options.index : path, options.split);
  // A directory's index is no script when the path goes through one: /a.php/ is /a.php with /.
  const inner = path.endsWith('/') ? split(path, options.split) : null;
  for (const candidate of [inner, named]) {
    if (candidate !== null && exists(root, candidate.script)) {
      return scriptAt(root, SCRIPT_NAME, candidate.script, candidate.rest);
    }
  }
  if (fallback === '' || !exists(root, fallback)) return null;
  return scriptAt(root, SCRIPT_NAME, fallback, '');
}

/** Cuts a path behind the first segment that ends in `suffix`. No pattern: a path may hold anything. */
function split(path: string, suffix: string): { script: string; rest: string } | null {
  for (let at = path.indexOf(suffix); at !== -1; at = path.indexOf(suffix, at + 1)) {
    const end = at + suffix.length;
    if (end === path.length || path[end] === '/') {
      return { script: path.slice(0, end), rest: path.slice(end) };
    }
  }
  return null;
}

function scriptAt(root: string, mount: string, script: string, pathInfo: string): Script {
  return { name: mount + script, pathInfo, file: fileOf(root, script) };
}

function fileOf(root: string, script: string): string {
  return root.replace(/\/+$/, '') + script;
}

function exists(root: string, script: string): boolean {
  if (!isLocal(root)) return true;
  const file = Buffer.from(fileOf(root, script), 'latin1');
  try {
    return statSync(file, { throwIfNoEntry: false })?.isFile() === true;
  } catch {
    // A name that is too long, a directory that may not be entered.
    return false;
  }
}

const roots = new Map<string, boolean>();

/** Whether the root is here; looked at once. */
function isLocal(root: string): boolean {
  let local = roots.get(root);
  if (local === undefined) {
    local = statSync(root, { throwIfNoEntry: false })?.isDirectory() === true;
    roots.set(root, local);
  }
  return local;
}
