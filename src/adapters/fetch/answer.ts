import { isHopByHop } from '../../wsgi/response-head.ts';
import type { Body, HeaderList, StartResponse } from '../../wsgi/types.ts';
import { statusLine } from '../status-line.ts';
import { FastResponse, type ResponseParts } from './fast-response.ts';
import { StreamBody, unwrapBody } from './response-body.ts';

/**
 * Gives a Response as a WSGI answer.
 *
 * @throws {TypeError} for what is no Response, for one whose body was used, and for one that WSGI cannot
 *   carry: an error, or a change of protocol.
 */
export function answer(response: unknown, startResponse: StartResponse): Body | Promise<Body> {
  if (!isResponse(response)) throw new TypeError(`the Fetch handler gave ${kindOf(response)}`);
  if (response.status === 101 || ('webSocket' in response && response.webSocket)) {
    throw new TypeError(
      'the Fetch handler answered with a change of protocol, which WSGI has no means for: serve WebSockets by another server',
    );
  }
  const parts = FastResponse.parts(response);
  if (parts === null) return answerNative(response, startResponse);
  const headers = headersOf(parts.headers);
  const { body, size } = parts;
  if (size !== null && !isSized(headers)) headers.push(['content-length', String(size)]);
  startResponse(lineOf(parts), headers);
  if (body === null) return [];
  if (typeof body === 'string' || body instanceof Uint8Array) return [body];
  return streamed(body, headers);
}

function answerNative(response: Response, startResponse: StartResponse): Body | Promise<Body> {
  const { status, body } = response;
  if (status === 0) throw new TypeError('the Fetch handler answered with Response.error()');
  if (response.bodyUsed || body?.locked) {
    throw new TypeError(
      'the Fetch handler gave a Response whose body was read already; read a clone() of it instead',
    );
  }
  const headers = headersOf(response.headers);
  startResponse(lineOf(response), headers);
  if (body === null) return [];
  return streamed(body, headers);
}

/** A stream may hide a body of one block: middleware makes Responses of the bodies of others. */
function streamed(body: ReadableStream<Uint8Array>, headers: HeaderList): Body | Promise<Body> {
  // Where the length is known, there is no need to look for the end.
  return isSized(headers) ? (new StreamBody(body.getReader()) as Body) : unwrapBody(body);
}

function isSized(headers: HeaderList): boolean {
  return headers.some(([name]) => name === 'content-length');
}

function lineOf({ status, statusText }: Pick<ResponseParts, 'status' | 'statusText'>): string {
  if (status === 200 && (statusText === '' || statusText === 'OK')) return '200 OK';
  return statusText === '' ? statusLine(status) : `${status} ${statusText.trim()}`;
}

/** The headers, but for those of the connection, which handlers set in good faith. */
function headersOf(headers: Iterable<readonly [string, string]>): HeaderList {
  const list: HeaderList = [];
  for (const [name, value] of headers) {
    if (isHopByHop(name) || name === 'status') continue;
    // A tab is the only control character that both may have; WSGI has none.
    list.push([name, value.includes('\t') ? value.replaceAll('\t', ' ') : value]);
  }
  return list;
}

/** By its shape, as there are other Responses than this realm's. */
function isResponse(value: unknown): value is Response {
  if (typeof value !== 'object' || value === null) return false;
  const { status, headers } = value as Partial<Response>;
  return typeof status === 'number' && typeof headers === 'object' && Symbol.iterator in headers;
}

function kindOf(value: unknown): string {
  const what =
    typeof value === 'object' && value !== null ? 'an object that is none' : String(value);
  return `${what}, where a Response was expected`;
}
