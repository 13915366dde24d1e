/** Byte classes of RFC 9110 §5.6 and RFC 9112 §2 to §5, as look-up tables. */

export const HTAB = 0x09;
export const LF = 0x0a;
export const CR = 0x0d;
export const SP = 0x20;
export const QUOTE = 0x22;
export const HASH = 0x23;
export const DOT = 0x2e;
export const ZERO = 0x30;
export const COLON = 0x3a;
export const SEMICOLON = 0x3b;
export const EQUALS = 0x3d;
export const BACKSLASH = 0x5c;

function table(includes: (byte: number) => boolean): Uint8Array {
  return Uint8Array.from({ length: 256 }, (_, byte) => (includes(byte) ? 1 : 0));
}

/** tchar (RFC 9110 §5.6.2): what methods and field names are made of. */
export const TOKEN = table((byte) => /[!#$%&'*+\-.^_`|~0-9A-Za-z]/.test(String.fromCharCode(byte)));

/** What a field value may hold: VCHAR, obs-text, SP and HTAB (RFC 9110 §5.5). */
export const FIELD_VALUE = table((byte) => byte === HTAB || (byte >= SP && byte !== 0x7f));

/**
 * What a request target may hold: visible ASCII without the fragment's `#` (RFC 9112 §3.2). A few of
 * these characters are not in RFC 3986's grammar, but browsers send them.
 */
export const TARGET = table((byte) => byte > SP && byte < 0x7f && byte !== HASH);

/** What a quoted-string may hold unescaped (RFC 9110 §5.6.4). */
export const QUOTED_TEXT = table(
  (byte) => FIELD_VALUE[byte] === 1 && byte !== QUOTE && byte !== BACKSLASH,
);

/** The value of a hexadecimal digit, or 255. */
export const HEX = Uint8Array.from({ length: 256 }, (_, byte) => {
  const digit = Number.parseInt(String.fromCharCode(byte), 16);
  return Number.isNaN(digit) ? 255 : digit;
});

/** BWS and OWS: the white space that may stand between parts of a field (RFC 9110 §5.6.3). */
export const BLANK = table((byte) => byte === SP || byte === HTAB);

/** The index of the first byte from `start` that the table does not include, or `end`. */
export function skip(bytes: Uint8Array, table: Uint8Array, start: number, end: number): number {
  let at = start;
  while (at < end && table[bytes[at] as number] === 1) at++;
  return at;
}
