/** What a log shows in the place of a secret. */
export const REDACTED = '[redacted]';

const SECRET = new Set(['authorization', 'proxy-authorization', 'cookie', 'set-cookie']);

/** Tells whether a header, or the environ key or log field that carries it, holds a secret. */
export function isSecret(name: string): boolean {
  const header = name
    .replace(/^http_/i, '')
    .replaceAll('_', '-')
    .toLowerCase();
  return SECRET.has(header);
}
