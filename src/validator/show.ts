const LONGEST = 64;

/** A value in a few words, harmless in a log: text is quoted, cut and escaped, no object is looked into. */
export function show(value: unknown): string {
  if (typeof value === 'string') {
    return JSON.stringify(value.length > LONGEST ? `${value.slice(0, LONGEST)}…` : value);
  }
  if (typeof value === 'function') return 'a function';
  if (typeof value === 'symbol') return 'a symbol';
  if (typeof value !== 'object' || value === null) return String(value);
  if (value instanceof Uint8Array) return `a byte array of ${value.byteLength}`;
  if (Array.isArray(value)) return `an array of ${value.length}`;
  if (value instanceof Promise) return 'a promise';
  return `an object${kindOf(value)}`;
}

/** What was thrown, in a line. */
export function showError(error: unknown): string {
  if (!(error instanceof Error)) return show(error);
  return show(`${error.name}: ${error.message}`).slice(1, -1);
}

function kindOf(value: object): string {
  const { name } = (value.constructor as { name?: unknown } | undefined) ?? {};
  return typeof name === 'string' && name !== '' && name !== 'Object' ? ` (${name})` : '';
}
