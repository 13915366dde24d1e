/**
 * Headers of runtimes that take them for text in UTF-8, as workerd does, where the Fetch Standard has octets.
 */

/** Whether this runtime does so. */
export const HEADERS_ARE_TEXT = takesText();

function takesText(): boolean {
  try {
    return new Headers([['a', '\u0100']]).has('a');
  } catch {
    return false;
  }
}

/** A request's value as octets; the blanks that such a runtime leaves at its end go, too. */
export function octetsOfText(value: string): string {
  return Buffer.from(value.replace(/[ \t]+$/, ''), 'utf8').toString('latin1');
}

/** What such a runtime makes these octets of; octets that are no UTF-8 it cannot send. */
export function textOfOctets(value: string): string {
  if (!/[\x80-\xff]/.test(value)) return value;
  const octets = Buffer.from(value, 'latin1');
  const text = octets.toString('utf8');
  return Buffer.from(text, 'utf8').equals(octets) ? text : value;
}
