/**
 * Writes values in CPython's `marshal` format, which a worker reads in C.
 *
 * As text of which every character is an octet, because V8 joins and encodes that faster than it fills
 * buffers. Only what the worker is sent is known here. (CPython, Python/marshal.c, version 4)
 */

const SHORT = 256;
const octets = Array.from({ length: SHORT }, (_, code) => String.fromCharCode(code));

export const TRUE = 'T';
export const FALSE = 'F';
export const NONE = 'N';
/** Ends the pairs of a dict, which `{` begins. */
export const DICT = '{';
export const DICT_END = '0';

/** Four octets, the least significant first. */
export function int32(value: number): string {
  return String.fromCharCode(
    value & 0xff,
    (value >>> 8) & 0xff,
    (value >>> 16) & 0xff,
    (value >>> 24) & 0xff,
  );
}

/** An int, of 32 bits with sign. */
export function int(value: number): string {
  return `i${int32(value)}`;
}

/**
 * A str of characters up to U+00FF.
 *
 * The format has a form for ASCII only, and one of UTF-8 for the rest; CPython reads the former as
 * Latin-1, which the worker makes sure of when it starts.
 */
export function str(text: string): string {
  const { length } = text;
  return length < SHORT ? `z${octets[length]}${text}` : `a${int32(length)}${text}`;
}

/** A short str that many dicts have as key, of which Python then keeps one copy. */
export function key(text: string): string {
  return text.length < SHORT ? `Z${octets[text.length]}${text}` : `A${int32(text.length)}${text}`;
}

/** What precedes the octets of a bytes object. */
export function bytesHead(length: number): string {
  return `s${int32(length)}`;
}

/** A str of any characters. */
export function unicode(text: string): string {
  const octetsOfText = Buffer.from(text).toString('latin1');
  return `u${int32(octetsOfText.length)}${octetsOfText}`;
}

/** What precedes the items of a tuple of fewer than 256. */
export function tupleHead(size: number): string {
  return `)${octets[size]}`;
}

/** A list of given items. */
export function listHead(size: number): string {
  return `[${int32(size)}`;
}

/** A plain value: text of any characters, true or false, a whole number, a list of them, a record. */
export type Plain =
  | string
  | boolean
  | number
  | readonly Plain[]
  | { readonly [name: string]: Plain };

export function plain(value: Plain): string {
  if (typeof value === 'string') return unicode(value);
  if (typeof value === 'boolean') return value ? TRUE : FALSE;
  if (typeof value === 'number') return int(value);
  if (Array.isArray(value)) return listHead(value.length) + value.map(plain).join('');
  const pairs = Object.entries(value).map(([name, item]) => key(name) + plain(item));
  return DICT + pairs.join('') + DICT_END;
}
