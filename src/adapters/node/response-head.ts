import { type ServerResponse, validateHeaderName, validateHeaderValue } from 'node:http';
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
    for (const key in headers as Record<string, [string, unknown]>) {
      const [name, value] = (headers as Record<string, [string, unknown]>)[key] as [
        string,
        unknown,
      ];
      fields.add(name, value);
    }
  } else {
    for (const [name, value] of pairsOf(headers)) fields.addChecked(name, value);
  }
  return fields;
}

/** The three forms that `writeHead` takes: an object, a flat array, an array of pairs. */
function* pairsOf(headers: NonNullable<GivenHeaders>): Generator<[name: string, value: unknown]> {
  if (!Array.isArray(headers)) {
    yield* Object.entries(headers);
  } else if (Array.isArray(headers[0])) {
    yield* headers as [string, unknown][];
  } else {
    if (headers.length % 2 !== 0) {
      throw new TypeError("The argument 'headers' is invalid: a name without a value");
    }
    for (let at = 0; at < headers.length; at += 2) yield [headers[at], headers[at + 1]];
  }
}

class FieldCollector implements Fields {
  readonly list: HeaderList = [];
  hasLength = false;
  isChunked = false;

  add(name: string, value: unknown): void {
    if (Array.isArray(value)) {
      // Clients understand one Cookie field only, and node:http joins them.
      if (value.length > 1 && /^cookie$/i.test(name)) this.addOne(name, value.join('; '));
      else for (const one of value) this.addOne(name, one);
    } else {
      this.addOne(name, value);
    }
  }

  addChecked(name: string, value: unknown): void {
    validateHeaderName(name);
    for (const one of Array.isArray(value) ? value : [value]) validateHeaderValue(name, one);
    this.add(name, value);
  }

  private addOne(name: string, value: unknown): void {
    if (name.length === 14 && name.toLowerCase() === 'content-length') this.hasLength = true;
    else if (isHopByHop(name)) {
      if (/^transfer-encoding$/i.test(name)) this.isChunked = true;
      return;
    } else if (/^status$/i.test(name)) {
      return;
    }
    const text = String(value);
    this.list.push([name, text.includes('\t') ? text.replaceAll('\t', ' ') : text]);
  }
}

/** What a symbol of node:http's responses is; undefined where there is none of that name. */
export function internalSymbol(response: ServerResponse, description: string): symbol | undefined {
  return Object.getOwnPropertySymbols(response).find((key) => key.description === description);
}
