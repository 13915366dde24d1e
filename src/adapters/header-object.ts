import type { ResponseHead } from '../wsgi/response-head.ts';

/** Headers as an object of lower-case names, its length among them; those that repeat have an array. */
export function headerObject({
  headers,
  contentLength,
}: ResponseHead): Record<string, string | string[]> {
  // Without a prototype, as `__proto__` is a name like any other.
  const object: Record<string, string | string[]> = Object.create(null);
  for (const [name, value] of headers) add(object, name.toLowerCase(), value);
  if (contentLength !== null) object['content-length'] = String(contentLength);
  return object;
}

function add(object: Record<string, string | string[]>, name: string, value: string): void {
  const before = object[name];
  if (before === undefined) object[name] = value;
  else if (typeof before === 'string') object[name] = [before, value];
  else before.push(value);
}
