const DROPPED = new Set(['proxy', 'transfer-encoding']);

/**
 * The environ key that carries a request header, or null when the header must not reach the
 * application.
 *
 * Dropped are names that hold anything but letters, digits and hyphens, because `X_Y` would stand in
 * for `X-Y` (RFC 9110 §17.10); `Proxy`, which programs take for a setting (httpoxy); and
 * `Transfer-Encoding`, which is no longer true of the decoded body. (RFC 3875 §4.1.18)
 */
export function environKey(name: string): string | null {
  if (!/^[A-Za-z0-9-]+$/.test(name) || DROPPED.has(name.toLowerCase())) return null;
  const key = name.toUpperCase().replaceAll('-', '_');
  return key === 'CONTENT_TYPE' || key === 'CONTENT_LENGTH' ? key : `HTTP_${key}`;
}
