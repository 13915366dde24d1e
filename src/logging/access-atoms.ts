/** The parts that an access log's line can be made of; Gunicorn's, with its meanings. */
import type { AccessEntry } from '../gateways/access.ts';
import { accessDate } from './dates.ts';
import { escapeInput } from './escape.ts';
import { isSecret, REDACTED } from './secrets.ts';

/** Gives one part of the line; what it returns is safe to write. */
export type Atom = (entry: AccessEntry) => string;

const processId = `<${process.pid}>`;

/** The atoms without a parameter, by letter. */
export const atoms: Readonly<Record<string, Atom>> = {
  h: (entry) => text(entry.remoteAddress),
  l: () => '-',
  u: (entry) => text(userName(entry)),
  t: (entry) => `[${accessDate(entry.started)}]`,
  r: (entry) =>
    entry.method === '' ? '-' : escapeInput(`${entry.method} ${entry.target} ${entry.protocol}`),
  m: (entry) => text(entry.method),
  U: (entry) => text(split(entry.target)[0]),
  q: (entry) => escapeInput(split(entry.target)[1]),
  H: (entry) => text(entry.protocol),
  s: (entry) => escapeInput(entry.status.slice(0, 3)),
  B: (entry) => String(entry.bytes),
  b: (entry) => (entry.bytes === 0 ? '-' : String(entry.bytes)),
  f: (entry) => variable(entry, 'HTTP_REFERER'),
  a: (entry) => variable(entry, 'HTTP_USER_AGENT'),
  T: (entry) => String(Math.floor(entry.duration / 1000)),
  D: (entry) => String(Math.round(entry.duration * 1000)),
  M: (entry) => String(Math.floor(entry.duration)),
  L: (entry) => (entry.duration / 1000).toFixed(6),
  p: () => processId,
};

/** The atoms with a parameter, as in `%({referer}i)s`, by the letter after the brace. */
export const namedAtoms: Readonly<Record<string, (name: string) => Atom>> = {
  i: (name) => requestHeader(name),
  o: (name) => responseHeader(name),
  e: (name) => (isSecret(name) ? secret : (entry) => variable(entry, name)),
};

function requestHeader(name: string): Atom {
  if (isSecret(name)) return secret;
  const bare = name.toUpperCase().replaceAll('-', '_');
  const key = bare === 'CONTENT_TYPE' || bare === 'CONTENT_LENGTH' ? bare : `HTTP_${bare}`;
  return (entry) => variable(entry, key);
}

function responseHeader(name: string): Atom {
  if (isSecret(name)) return secret;
  const wanted = name.toLowerCase();
  return (entry) => {
    const values = entry.responseHeaders.filter(([header]) => header.toLowerCase() === wanted);
    return text(values.map(([, value]) => value).join(', '));
  };
}

const secret: Atom = () => REDACTED;

function variable(entry: AccessEntry, key: string): string {
  const value = entry.environ?.[key];
  return value === undefined || value === null ? '-' : text(String(value));
}

function text(value: string): string {
  return value === '' ? '-' : escapeInput(value);
}

/** Path and query of a target. */
export function split(target: string): [path: string, query: string] {
  const mark = target.indexOf('?');
  return mark === -1 ? [target, ''] : [target.slice(0, mark), target.slice(mark + 1)];
}

/** The name in Basic credentials, or what a gateway or middleware has put into REMOTE_USER. */
function userName({ environ }: AccessEntry): string {
  const remote = environ?.['REMOTE_USER'];
  if (typeof remote === 'string' && remote !== '') return remote;
  const credentials = environ?.['HTTP_AUTHORIZATION'];
  const basic = typeof credentials === 'string' ? /^basic +(\S+)$/i.exec(credentials) : null;
  if (basic === null) return '';
  const decoded = Buffer.from(basic[1] ?? '', 'base64').toString('latin1');
  const colon = decoded.indexOf(':');
  // Without a colon it is anything but a name; it could be a token.
  return colon === -1 ? '' : decoded.slice(0, colon);
}
