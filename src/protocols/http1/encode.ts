/** HTTP/1.1 messages as text. Heads are Latin-1 strings whose parts were checked before. */

/** The interim response that asks for the content. (RFC 9110 §15.2.1) */
export const CONTINUE = 'HTTP/1.1 100 Continue\r\n\r\n';

/** What follows the last chunk's data: a chunk of size 0 and no trailers. (RFC 9112 §7.1) */
export const LAST_CHUNK = '0\r\n\r\n';

/** Ends a chunk's data. */
export const CHUNK_END = '\r\n';

/** What precedes a chunk's data; `size` must not be 0, which would end the content. */
export function chunkStart(size: number): string {
  return `${size.toString(16)}\r\n`;
}

/**
 * A request line and fields, Host first. (RFC 9112 §3.2, RFC 9110 §7.2)
 *
 * Ends without the empty line, so that more fields can follow.
 *
 * @param host - null only when `headers` holds a Host.
 */
export function requestHead(
  method: string,
  target: string,
  host: string | null,
  headers: readonly (readonly [string, string])[],
): string {
  let head = `${method} ${target} HTTP/1.1\r\n`;
  if (host !== null) head += `Host: ${host}\r\n`;
  for (const field of headers) head += `${field[0]}: ${field[1]}\r\n`;
  return head;
}

/** A status line and fields. Ends without the empty line, so that more fields can follow. */
export function responseHead(
  status: string,
  headers: readonly (readonly [string, string])[],
): string {
  let head = `HTTP/1.1 ${status}\r\n`;
  for (const field of headers) head += `${field[0]}: ${field[1]}\r\n`;
  return head;
}

/** The fields by which a head says how its content is delimited, and whether the connection stays. */
export function contentLengthField(length: number): string {
  return `Content-Length: ${length}\r\n`;
}
export const CHUNKED_FIELD = 'Transfer-Encoding: chunked\r\n';
export const CLOSE_FIELD = 'Connection: close\r\n';
export const KEEP_ALIVE_FIELD = 'Connection: keep-alive\r\n';
export const HEAD_END = '\r\n';

let dateSecond = 0;
let dateText = '';

/** The Date field for a time in milliseconds, as an IMF-fixdate. (RFC 9110 §5.6.7, §6.6.1) */
export function dateField(now: number): string {
  const second = Math.floor(now / 1000);
  if (second !== dateSecond) {
    dateSecond = second;
    dateText = `Date: ${new Date(now).toUTCString()}\r\n`;
  }
  return dateText;
}
