import type { AccessEntry, AccessLog } from '../gateways/access.ts';
import { ConfigurationError } from '../gateways/options.ts';
import type { TextSink } from '../wsgi/error-stream.ts';
import { type Atom, atoms, namedAtoms } from './access-atoms.ts';
import { asciiOnly } from './escape.ts';

/** The word for JSON in the place of a format. */
export const JSON_LINES = 'json';

/**
 * An access log in a format: one line for each answer.
 *
 * @throws {ConfigurationError} naming what the format has wrong.
 */
export function accessLog(format: string, sink: TextSink): AccessLog {
  const line = format === JSON_LINES ? jsonLine : compileFormat(format);
  return (entry) => sink.write(line(entry));
}

/**
 * Compiles a format to a function from entry to line. The format is read once, never again for a
 * request, and nothing that a request carries is ever read as a format.
 *
 * @throws {ConfigurationError} naming an atom that does not exist.
 */
export function compileFormat(format: string): (entry: AccessEntry) => string {
  const parts: Atom[] = [];
  const texts: string[] = [''];
  for (const piece of format.split(/(%\([^)]*\)s|%%|%)/)) {
    if (piece.startsWith('%(')) {
      parts.push(atomOf(piece));
      texts.push('');
    } else {
      if (piece === '%') throw wrongFormat('% begins an atom, as in %(h)s; %% is the sign itself');
      texts[texts.length - 1] += piece === '%%' ? '%' : piece;
    }
  }
  const last = `${texts.pop()}\n`;
  return (entry) => {
    let line = '';
    for (let index = 0; index < parts.length; index += 1) {
      line += texts[index] as string;
      line += (parts[index] as Atom)(entry);
    }
    return line + last;
  };
}

function atomOf(piece: string): Atom {
  const name = piece.slice(2, -2);
  const named = /^\{([^}]+)\}(\w)$/.exec(name);
  const atom = named ? own(namedAtoms, named[2] as string)?.(named[1] as string) : own(atoms, name);
  if (atom !== undefined) return atom;
  const known = [...Object.keys(atoms), ...Object.keys(namedAtoms).map((end) => `{name}${end}`)];
  throw wrongFormat(
    `there is no ${piece}; the atoms are ${known.map((a) => `%(${a})s`).join(' ')}`,
  );
}

function own<T>(table: Readonly<Record<string, T>>, key: string): T | undefined {
  return Object.hasOwn(table, key) ? table[key] : undefined;
}

function wrongFormat(what: string): ConfigurationError {
  return new ConfigurationError(`--access-logformat: ${what}`);
}

/** The longest piece of input in a JSON line, in characters. */
const LONGEST = 8192;

/** An entry as a JSON object on a line of ASCII. */
export function jsonLine(entry: AccessEntry): string {
  const line = JSON.stringify({
    time: new Date(entry.started).toISOString(),
    remote_address: entry.remoteAddress,
    method: cut(entry.method),
    target: cut(entry.target),
    protocol: entry.protocol,
    status: Number(entry.status.slice(0, 3)),
    bytes: entry.bytes,
    duration_ms: Math.round(entry.duration * 1000) / 1000,
    referer: cut(entry.environ?.HTTP_REFERER),
    user_agent: cut(entry.environ?.HTTP_USER_AGENT),
  });
  return `${asciiOnly(line)}\n`;
}

function cut(text: string | undefined): string | undefined {
  return text !== undefined && text.length > LONGEST ? `${text.slice(0, LONGEST)}...` : text;
}
