import { checkHeaderName, checkHeaderValue } from './response-head.ts';
import type { HeaderList } from './types.ts';

/**
 * A header list with the manners of a map: `new Headers(list)`, `startResponse(status, list)`.
 *
 * It keeps no copy: what changes here changes in the list. Names are compared without regard to
 * case and kept as they were written; order and duplicates stay. (wsgiref.headers.Headers)
 */
export class Headers implements Iterable<[name: string, value: string]> {
  /** The wrapped list itself, for `startResponse`. */
  readonly list: HeaderList;

  /**
   * @param list - what to wrap; default a new, empty list.
   * @throws {WsgiError} `bad-header` when the list has a name that is no token, or a value with a
   *   control character or a code unit above U+00FF. All methods that take a value throw the same.
   */
  constructor(list: HeaderList = []) {
    for (const [name, value] of list) check(name, value);
    this.list = list;
  }

  /** How many headers there are, duplicates counted. */
  get size(): number {
    return this.list.length;
  }

  has(name: string): boolean {
    return this.find(name) !== undefined;
  }

  /** The first value of that name, or null. */
  get(name: string): string | null {
    return this.find(name)?.[1] ?? null;
  }

  /** Every value of that name, in order. */
  getAll(name: string): string[] {
    return this.list.filter(named(name)).map(([, value]) => value);
  }

  /** Replaces every header of that name by one at the end. */
  set(name: string, value: string): void {
    check(name, value);
    this.delete(name);
    this.list.push([name, value]);
  }

  /** The first value of that name; where there is none, adds `value` and gives that. */
  setDefault(name: string, value: string): string {
    const present = this.get(name);
    if (present !== null) return present;
    this.append(name, value);
    return value;
  }

  /** Adds a header at the end, whether or not the name is there already. */
  append(name: string, value: string): void {
    check(name, value);
    this.list.push([name, value]);
  }

  /**
   * Adds a header whose value has parameters, each of them quoted.
   *
   * Parameter names stay as they are: underscores do not become dashes, as Python needs it.
   *
   * @param value - what comes before the parameters; null for nothing.
   * @param params - a value of null or `''` gives the bare name.
   * @example
   * headers.addHeader('Content-Disposition', 'attachment', { filename: 'a b.txt' });
   * // Content-Disposition: attachment; filename="a b.txt"
   */
  addHeader(
    name: string,
    value: string | null,
    params: Readonly<Record<string, string | null>> = {},
  ): void {
    const parts = Object.entries(params).map(([key, text]) => formatParameter(key, text));
    if (value !== null) parts.unshift(value);
    this.append(name, parts.join('; '));
  }

  /** Removes every header of that name; tells whether there was one. */
  delete(name: string): boolean {
    const other = named(name);
    const kept = this.list.filter((header) => !other(header));
    const found = kept.length < this.list.length;
    if (found) this.list.splice(0, this.list.length, ...kept);
    return found;
  }

  *keys(): Generator<string> {
    for (const [name] of this) yield name;
  }

  *values(): Generator<string> {
    for (const [, value] of this) yield value;
  }

  entries(): IterableIterator<[name: string, value: string]> {
    return this[Symbol.iterator]();
  }

  /** The headers in order, as they are when the iteration begins. */
  *[Symbol.iterator](): Generator<[name: string, value: string]> {
    // A copy, so that a loop may delete what it has seen.
    for (const [name, value] of [...this.list]) yield [name, value];
  }

  /** The header block: a line for each header, and the empty line that ends it, with CR LF. */
  toString(): string {
    return `${this.list.map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n`;
  }

  /** {@link toString} as it goes on the wire, in Latin-1. */
  toBytes(): Uint8Array {
    return Buffer.from(this.toString(), 'latin1');
  }

  private find(name: string): HeaderList[number] | undefined {
    return this.list.find(named(name));
  }
}

function named(name: string): (header: HeaderList[number]) => boolean {
  const wanted = name.toLowerCase();
  return ([other]) => other.toLowerCase() === wanted;
}

function check(name: string, value: string): void {
  checkHeaderName(name);
  checkHeaderValue(name, value);
}

function formatParameter(name: string, value: string | null): string {
  return value ? `${name}="${value.replace(/["\\]/g, '\\$&')}"` : name;
}
