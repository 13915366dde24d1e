/** Text whose characters stand for octets, as PEP 3333's native strings do, and bytes. */

/** Characters above U+00FF have no octet and must not come here. */
export function fromLatin1(text: string): Uint8Array {
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}

export function toLatin1(bytes: Uint8Array): string {
  let text = '';
  for (const byte of bytes) text += String.fromCharCode(byte);
  return text;
}
