/**
 * Refuses options that do not exist: a misspelt one would silently be without effect.
 *
 * @throws {TypeError} naming the unknown option and the known ones.
 */
export function checkOptions(what: string, options: object, known: readonly string[]): void {
  for (const name of Object.keys(options)) {
    if (!known.includes(name)) {
      throw new TypeError(`unknown ${what} option '${name}'; the options are ${known.join(', ')}`);
    }
  }
}
