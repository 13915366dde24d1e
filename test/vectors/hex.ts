/**
 * Bytes as text that people can read and change: two hexadecimal digits for a byte, `'...'` for ASCII,
 * `xx*N` and `'...'*N` for N repetitions, and comments from `#` to the end of the line.
 */
export function fromHex(text: string): Buffer {
  const parts: Buffer[] = [];
  for (const line of text.split('\n')) {
    for (const [token, ascii, hex, times] of line.matchAll(
      /#.*$|(?:'([^']*)'|([0-9a-f]{2})(?![0-9a-f]))(?:\*(\d+))?|\S/g,
    )) {
      if (token.startsWith('#')) continue;
      if (ascii === undefined && hex === undefined) throw new Error(`not a byte: ${line}`);
      const part = ascii === undefined ? Buffer.from(hex as string, 'hex') : Buffer.from(ascii);
      for (let left = Number(times ?? 1); left > 0; left--) parts.push(part);
    }
  }
  return Buffer.concat(parts);
}
