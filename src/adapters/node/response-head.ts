import { type ServerResponse, validateHeaderName, validateHeaderValue } from 'node:http';
import { remembered } from '../../wsgi/remembered.ts';
import { isHopByHop } from '../../wsgi/response-head.ts';
import type { HeaderList } from '../../wsgi/types.ts';

/** Header fields as handlers give them: `writeHead`'s forms, or what `setHeader` gathered. */
export type GivenHeaders =
  | Readonly<Record<string, unknown>>
  | readonly unknown[]
  | null
  | undefined;

/** The header fields of an answer, in the form of startResponse. */
export interface Fields {
  readonly list: HeaderList;
  readonly hasLength: boolean;
  readonly isChunked: boolean;
}

/**
 * Makes a header list of what a handler gave.
 *
 * Fields that concern the connection are the gateway's business and left out, as is `Status`, which
 * no gateway lets through. A tab, which PEP 3333 does not allow, becomes a space. (RFC 9110 §5.5)
 *
 * @param gathered - `headers` is node:http's own table of what setHeader was given and checked.
 * @throws {TypeError} as node:http does, for names and values that no header can have.
 */
export function fieldsOf(headers: GivenHeaders, gathered: boolean): Fields {
  const fields = new FieldCollector();
  if (headers === null || headers === undefined) return fields;
  if (gathered) {
    const table = headers as Readonly<Record<string, [name: string, value: unknown]>>;
    for (const key in table) {
      const entry = table[key] as [string, unknown];
      fields.add(entry[0], entry[1]);
    }
  } else if (!Array.isArray(headers)) {
    const table = headers as Readonly<Record<string, unknown>>;
    for (const name of Object.keys(table)) fields.add(name, table[name]);
  } else if (Array.isArray(headers[0])) {
    for (const [name, value] of headers as [string, unknown][]) fields.add(name, value);
  } else {
    if (headers.length % 2 !== 0) {
      throw new TypeError("The argument 'headers' is invalid: a name without a value");
    }
    for (let at = 0; at < headers.length; at += 2) fields.add(headers[at], headers[at + 1]);
  }
  return fields;
}

const PLAIN = 0;
const CONTENT_LENGTH = 1;
const TRANSFER_ENCODING = 2;
const LEFT_OUT = 3;
const COOKIE = 4;

const kindOf = remembered((name) => {
  validateHeaderName(name);
  const lower = name.toLowerCase();
  if (lower === 'content-length') return CONTENT_LENGTH;
  if (lower === 'transfer-encoding') return TRANSFER_ENCODING;
  if (lower === 'cookie') return COOKIE;
  return lower === 'status' || isHopByHop(name) ? LEFT_OUT : PLAIN;
});

class FieldCollector implements Fields {
  readonly list: HeaderList = [];
  hasLength = false;
  isChunked = false;

  add(name: string, value: unknown): void {
    const kind = kindOf(name);
    if (typeof value === 'string') {
      this.addOne(kind, name, value);
    } else if (!Array.isArray(value)) {
      validateHeaderValue(name, value as string);
      this.addOne(kind, name, String(value));
    } else if (kind === COOKIE) {
      // Clients understand one Cookie field only, and node:http joins them.
      this.addOne(kind, name, value.join('; '));
    } else {
      for (const one of value) this.add(name, one);
    }
  }

  private addOne(kind: number, name: string, value: string): void {
    if (kind === CONTENT_LENGTH) this.hasLength = true;
    else if (kind === TRANSFER_ENCODING) this.isChunked = true;
    if (kind === TRANSFER_ENCODING || kind === LEFT_OUT) return;
    this.list.push([name, value.includes('\t') ? value.replaceAll('\t', ' ') : value]);
  }
}

/** What a symbol of node:http's responses is; undefined where there is none of that name. */
export function internalSymbol(response: ServerResponse, description: string): symbol | undefined {
  return Object.getOwnPropertySymbols(response).find((key) => key.description === description);
}
