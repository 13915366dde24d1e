/** Tells whether content is what `/content/pattern` gives: words that tell their place. */
export function isPattern(body: Buffer): boolean {
  for (let at = 0; at + 4 <= body.length; at += 4) {
    if (body.readUInt32LE(at) !== at / 4) return false;
  }
  return true;
}
