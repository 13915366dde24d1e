import { closeSync, openSync } from 'node:fs';
import type { Body, Chunk, Environ, HeaderList, OpenFile } from '../../wsgi/types.ts';
import { statusLine } from '../status-line.ts';
import type { RingBody, RingResponse } from './types.ts';

/** What `startResponse` takes. */
export interface ResponseStart {
  readonly status: string;
  readonly headers: HeaderList;
}

/**
 * Status and headers of a response map. (Ring Spec, Response Maps)
 *
 * @throws {TypeError} naming what the specification does not allow.
 */
export function responseStart(response: RingResponse): ResponseStart {
  if (typeof response !== 'object' || response === null) {
    throw refusal(`answered ${kindOf(response)}; expected { status, headers, body }`);
  }
  if ('ring.websocket/listener' in response) {
    throw refusal('answered a WebSocket, which gateways here do not carry');
  }
  const { status, headers } = response;
  if (!Number.isInteger(status) || status < 100 || status > 599) {
    throw refusal(`gave the status ${String(status)}; expected an integer from 100 to 599`);
  }
  if (typeof headers !== 'object' || headers === null) {
    throw refusal(`gave ${kindOf(headers)} as headers; expected an object, which may be empty`);
  }
  return { status: statusLine(status), headers: Object.entries(headers).flatMap(headerPairs) };
}

function headerPairs([name, value]: [string, string | readonly string[]]): HeaderList {
  if (typeof value === 'string') return [[name, value]];
  if (Array.isArray(value)) return value.map((one: string) => [name, one]);
  throw refusal(
    `gave ${kindOf(value)} as the value of the header '${name}'; expected a string, or an array of strings`,
  );
}

/**
 * The content of a response map as an application's result.
 *
 * @throws {TypeError} for what is no content.
 */
export function responseBody(body: RingBody | null | undefined, environ: Environ): Body {
  if (body === null || body === undefined) return [];
  if (typeof body === 'string' || body instanceof Uint8Array) return [body];
  if (typeof body === 'object') {
    if (Symbol.asyncIterator in body || Symbol.iterator in body) {
      return body as Iterable<Chunk> | AsyncIterable<Chunk>;
    }
    if (body instanceof URL) return sendFile(openFile(body), environ);
    if ('fd' in body && typeof body.fd === 'number') return sendFile(body, environ);
  }
  throw refusal(
    `gave ${kindOf(body)} as its body; expected text, bytes, an iterable, a file: URL, an open file or null`,
  );
}

function sendFile(file: OpenFile, environ: Environ): Body {
  const wrap = environ['wsgi.file_wrapper'];
  if (wrap !== undefined) return wrap(file);
  file.close?.();
  throw new Error("a file as a body needs environ['wsgi.file_wrapper']");
}

function openFile(url: URL): OpenFile {
  const fd = openSync(url, 'r');
  return { fd, close: () => closeSync(fd) };
}

function kindOf(value: unknown): string {
  if (value === null) return 'null';
  return typeof value === 'object' ? 'an object' : typeof value;
}

function refusal(what: string): TypeError {
  return new TypeError(`the Ring handler ${what}`);
}
