/** Requests as text, and what cases leave open in them. */
import type { KitAddress } from './address.ts';
import type { Message, Step } from './case.ts';

let keys = 0;
const run = Math.random().toString(36).slice(2, 10);

/** A key that no request had before. */
export function newKey(): string {
  return `${run}${++keys}`;
}

/** The steps with `{key}`, `{host}` and `{prefix}` replaced. */
export function filledIn(steps: readonly Step[], { host, prefix }: KitAddress): readonly Step[] {
  const key = newKey();
  const replace = (value: unknown): unknown => {
    if (typeof value === 'string') {
      return value
        .replaceAll('{key}', key)
        .replaceAll('{host}', host)
        .replaceAll('{prefix}', prefix);
    }
    if (Array.isArray(value)) return value.map(replace);
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([name, part]) => [name, replace(part)]));
  };
  return replace(steps) as readonly Step[];
}

/** A request as it is sent, in Latin-1. */
export function messageText(message: Message, { host, prefix }: KitAddress): string {
  const { method = 'GET', target, headers = [], chunks, protocol = 'HTTP/1.1' } = message;
  const content = message.size === undefined ? message.content : digits(message.size);
  const fields = [['Host', host], ...headers];
  if (content !== undefined) fields.push(['Content-Length', String(content.length)]);
  if (chunks !== undefined) fields.push(['Transfer-Encoding', 'chunked']);
  const lines = fields.map(([name, value]) => `${name}: ${value}\r\n`).join('');
  const body = content ?? chunks?.concat('').map(chunkText).join('') ?? '';
  return `${method} ${prefix}${target} ${protocol}\r\n${lines}\r\n${body}`;
}

function digits(size: number): string {
  return '0123456789'.repeat(Math.ceil(size / 10)).slice(0, size);
}

/** The last chunk is an empty one. (RFC 9112 §7.1) */
function chunkText(chunk: string): string {
  return `${chunk.length.toString(16)}\r\n${chunk}\r\n`;
}
