/** Paths as AJP's peers send them: percent-encoded, except from lighttpd. */

/** Tells whether a text is the path of a request target, percent-encoded; octets above 0x7f pass. */
export function isPath(text: string): boolean {
  return /^\/[\x21\x22\x24-\x3e\x40-\x7e\x80-\xff]*$/.test(text);
}

/** Tells whether a text is a path that was decoded already. */
export function isPlainPath(text: string): boolean {
  return /^\/[\x20-\x7e\x80-\xff]*$/.test(text);
}
