/** The bytes from `start` to `end` as text, one character each: heads are octets, not UTF-8. (RFC 9112 §2.2) */
export function latin1(bytes: Uint8Array, start: number, end: number): string {
  const buffer =
    bytes instanceof Buffer ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  return buffer.toString('latin1', start, end);
}
