const DIRTY = /[^\x20\x21\x23-\x5b\x5d-\x7e]/;
const EACH_DIRTY = /[^\x20\x21\x23-\x5b\x5d-\x7e]/gu;

/** The longest piece of input that one log line quotes, in characters. */
const QUOTED = 8192;

/**
 * Input made safe for a line of a log: printable ASCII as it is, all else, and `"` and `\`, as the
 * `\xNN` of its bytes. Long input is cut, which three dots show.
 *
 * The strings of an environ hold a byte in each code unit; other text is escaped as UTF-8.
 */
export function escapeInput(text: string, longest = QUOTED): string {
  const cut = text.length > longest ? `${text.slice(0, longest)}...` : text;
  return DIRTY.test(cut) ? cut.replace(EACH_DIRTY, escapeCharacter) : cut;
}

function escapeCharacter(character: string): string {
  const code = character.charCodeAt(0);
  if (code <= 0xff) return hex(code);
  return Array.from(Buffer.from(character), hex).join('');
}

function hex(byte: number): string {
  return `\\x${byte.toString(16).padStart(2, '0')}`;
}

/** Text of several lines, as of a stack, without what could command a terminal. */
export function escapeControls(text: string): string {
  return text.replace(/[\x00-\x08\x0b-\x1f\x7f-\x9f]/g, (character) =>
    hex(character.charCodeAt(0)),
  );
}

/**
 * JSON in ASCII alone. All else stands in strings, where this is another way to write it; some readers
 * would take a part of it for a line end.
 */
export function asciiOnly(json: string): string {
  if (!/[\x7f-\uffff]/.test(json)) return json;
  return json.replace(
    /[\x7f-\uffff]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
