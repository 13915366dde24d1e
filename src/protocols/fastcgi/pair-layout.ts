/** How pairs are laid out in their stream: two lengths, name, value. (FastCGI 1.0 §3.4) */

/** A pair as text. */
export function pairText(name: string, value: string): string {
  return lengthText(name.length) + lengthText(value.length) + name + value;
}

const LONG = 0x80;

/** The bytes that the length at `at` takes. */
export function lengthSize(bytes: Uint8Array, at: number): number {
  return (bytes[at] as number) < LONG ? 1 : 4;
}

/** The length at `at`. */
export function readLength(bytes: Uint8Array, at: number): number {
  const first = bytes[at] as number;
  if (first < LONG) return first;
  let length = first & 0x7f;
  for (let index = 1; index < 4; index++) length = (length << 8) | (bytes[at + index] as number);
  return length;
}

function lengthText(length: number): string {
  if (length < LONG) return String.fromCharCode(length);
  return String.fromCharCode(
    (length >>> 24) | LONG,
    (length >>> 16) & 0xff,
    (length >>> 8) & 0xff,
    length & 0xff,
  );
}
