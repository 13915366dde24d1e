import type { OptionKind } from '../gateways/options.ts';
import { UserError } from './user-error.ts';

const UNITS: Readonly<Record<string, number>> = { k: 1024, m: 1024 ** 2, g: 1024 ** 3 };

/**
 * Reads a flag's value.
 *
 * @throws {UserError} saying what was expected.
 */
export function parseValue(
  flag: string,
  kind: OptionKind,
  text: string,
): string | number | readonly string[] {
  switch (kind) {
    case 'list':
      return text.split(',').filter((item) => item !== '');
    case 'bytes':
      return parseBytes(flag, text);
    case 'count':
      if (!/^\d{1,15}$/.test(text)) throw unreadable(flag, text, 'a whole number');
      return Number(text);
    case 'positive':
      if (!/^0*[1-9]\d{0,14}$/.test(text)) {
        throw unreadable(flag, text, 'a whole number of at least 1');
      }
      return Number(text);
    case 'seconds':
      if (!/^\d{1,9}(?:\.\d{1,9})?$/.test(text)) {
        throw unreadable(flag, text, 'a number of seconds, as in 30 or 0.5');
      }
      return Number(text);
    case 'mode':
      if (!/^(?:0o?)?[0-7]{0,4}$/.test(text))
        throw unreadable(flag, text, 'an octal mode, as in 660');
      return text;
    default:
      return text;
  }
}

function parseBytes(flag: string, text: string): number {
  const parts = /^(\d{1,15})([kmg]?)b?$/i.exec(text);
  const bytes = parts
    ? Number(parts[1]) * (UNITS[(parts[2] ?? '').toLowerCase()] ?? 1)
    : Number.NaN;
  if (Number.isSafeInteger(bytes)) return bytes;
  throw unreadable(flag, text, 'a number of bytes, as in 8192, 64k, 10m or 1g');
}

/** Writes bytes the way that flags take them. */
export function showBytes(bytes: number): string {
  for (const [suffix, unit] of Object.entries(UNITS).reverse()) {
    if (bytes >= unit && bytes % unit === 0) return `${bytes / unit}${suffix}`;
  }
  return String(bytes);
}

function unreadable(flag: string, text: string, expected: string): UserError {
  return new UserError(`--${flag} is ${JSON.stringify(text)}; expected ${expected}`);
}
