/** Headers, queries and bodies as events have them. */
import type { HeaderList } from '../../wsgi/types.ts';
import type { MultiValues, Values } from './types.ts';

/** Every header of an event; where there are all values of each, those. */
export function headerList(
  single: Values | null | undefined,
  multi: MultiValues | null | undefined,
): HeaderList {
  return pairs(single, multi).map(([name, value]) => [name, octets(value)]);
}

/** The first header of that name, which is lower-case; or empty. */
export function headerOf(headers: HeaderList, name: string): string {
  return headers.find(([other]) => other.toLowerCase() === name)?.[1] ?? '';
}

/** Every value with its name, in order. */
export function pairs(
  single: Values | null | undefined,
  multi: MultiValues | null | undefined,
): [name: string, value: string][] {
  if (multi != null) {
    return Object.entries(multi).flatMap(([name, values = []]) =>
      values.map((value): [string, string] => [name, value]),
    );
  }
  return Object.entries(single ?? {}).flatMap(([name, value]): [string, string][] =>
    value === undefined ? [] : [[name, value]],
  );
}

/** A query of parameters that the platform has decoded. */
export function encodeQuery(parameters: readonly (readonly [string, string])[]): string {
  return parameters.map(([name, value]) => `${encodeText(name)}=${encodeText(value)}`).join('&');
}

/** A query of parameters that are encoded still. */
export function joinQuery(parameters: readonly (readonly [string, string])[]): string {
  return parameters.map(([name, value]) => `${name}=${value}`).join('&');
}

/** Text of a header as octets: characters beyond Latin-1 can only be UTF-8 that was decoded. */
function octets(text: string): string {
  return /[^\0-\xff]/.test(text) ? Buffer.from(text).toString('latin1') : text;
}

/** Percent-encodes text as UTF-8, all but unreserved characters. (RFC 3986 §2.3) */
function encodeText(text: string): string {
  return escapeAll(text, /[^\w.~-]/g);
}

/** Percent-encodes a path that the platform has decoded; its slashes stay. */
export function encodeDecodedPath(path: string): string {
  return escapeAll(path, /[^\w.~/!$&'()*+,;=:@-]/g);
}

/** Percent-encodes what no encoded path may hold. */
export function cleanPath(path: string): string {
  return /[^!$&-;=@-Z_a-z~%]/.test(path) ? escapeAll(path, /[^!$&-;=@-Z_a-z~%]/g) : path;
}

function escapeAll(text: string, characters: RegExp): string {
  return Buffer.from(text)
    .toString('latin1')
    .replace(characters, (octet) => {
      return `%${octet.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`;
    });
}

/** The content of a request. */
export function bodyOf(body: string | null | undefined, isBase64: boolean | undefined): Uint8Array {
  return Buffer.from(body ?? '', isBase64 ? 'base64' : 'utf8');
}
