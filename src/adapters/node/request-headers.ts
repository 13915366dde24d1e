import type { IncomingMessage } from 'node:http';
import { remembered } from '../../wsgi/remembered.ts';
import type { Environ } from '../../wsgi/types.ts';

/** A header's name, as it is written and as `headers` has it. */
interface Name {
  readonly written: string;
  readonly lower: string;
}

/** What HTTP_* and CONTENT_* begin with. */
const H = 0x48;
const C = 0x43;

/** The header that an entry of environ stands for, or null where it stands for none. */
const nameOf = remembered((key) =>
  key.startsWith('HTTP_') && key.length > 5 ? toName(key.slice(5)) : contentName(key),
);

function contentName(key: string): Name | null {
  return key === 'CONTENT_TYPE' || key === 'CONTENT_LENGTH' ? toName(key) : null;
}

function toName(key: string): Name {
  const lower = key.toLowerCase().replaceAll('_', '-');
  return { lower, written: lower.replace(/(?:^|-)[a-z]/g, (letter) => letter.toUpperCase()) };
}

/**
 * Gives a request the headers of environ: `headers`, `rawHeaders` and `headersDistinct`.
 *
 * Environ tells neither how a client wrote a name nor that it repeated a header: names are written
 * Like-This, and what was repeated is one value.
 *
 * @param chunked - there is content whose length is not known.
 */
export function addHeaders(request: IncomingMessage, environ: Environ, chunked: boolean): void {
  const raw: string[] = [];
  const headers: NodeJS.Dict<string | string[]> = {};
  for (const key in environ) {
    // Most entries are no headers, and this is quicker to see than what they are.
    const initial = key.charCodeAt(0);
    if (initial !== H && initial !== C) continue;
    const name = nameOf(key);
    if (name === null) continue;
    const value = environ[key];
    // Some web servers say with an empty value that there is no content.
    if (typeof value !== 'string' || (value === '' && name.lower.startsWith('content-'))) continue;
    raw.push(name.written, value);
    headers[name.lower] = name.lower === 'set-cookie' ? [value] : value;
  }
  if (chunked) {
    raw.push('Transfer-Encoding', 'chunked');
    headers['transfer-encoding'] = 'chunked';
  }
  (request as HeaderLines)._addHeaderLines(raw, raw.length);
  request.headers = headers;
}

/** How node:http's own parser gives a message its headers. */
interface HeaderLines extends IncomingMessage {
  _addHeaderLines(raw: string[], count: number): void;
}
