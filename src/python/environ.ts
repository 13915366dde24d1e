import type { Environ } from '../wsgi/types.ts';
import { DICT, DICT_END, FALSE, key, str, TRUE, unicode } from './marshal.ts';

// Requests have the same few keys again and again. The bound keeps clients that invent header names
// from growing the table for ever.
const MOST_KNOWN = 4096;
const knownKeys = new Map<string, string>();

/**
 * The part of an environ that crosses to Python, as a dict in marshal's format: text, true and false.
 *
 * The worker adds what is its own (`wsgi.input`, `wsgi.errors`, `wsgi.multithread` and so on); objects
 * of this process stay here.
 */
export function encodeEnviron(environ: Environ): string {
  let text = DICT;
  for (const name in environ) {
    let prefix = knownKeys.get(name);
    if (prefix === undefined) prefix = remember(name);
    if (prefix === '') continue;
    const value = environ[name];
    if (typeof value === 'string') text += prefix + (isLatin1(value) ? str(value) : unicode(value));
    else if (typeof value === 'boolean') text += prefix + (value ? TRUE : FALSE);
  }
  return text + DICT_END;
}

/** A key's own encoding; empty for one that does not cross. */
function remember(name: string): string {
  const own = name === 'wsgi.url_scheme' || !/^(?:wsgi|wizgi)\./.test(name);
  const prefix = own ? keyOfAny(name) : '';
  if (knownKeys.size >= MOST_KNOWN) knownKeys.clear();
  knownKeys.set(name, prefix);
  return prefix;
}

function keyOfAny(name: string): string {
  return isLatin1(name) ? key(name) : unicode(name);
}

/** Not a regular expression, which costs more than all the rest of an encoding. */
function isLatin1(text: string): boolean {
  for (let index = 0; index < text.length; index++) {
    if (text.charCodeAt(index) > 0xff) return false;
  }
  return true;
}
