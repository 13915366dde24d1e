import type { HeaderList } from '../../wsgi/types.ts';
import { statusLine } from '../status-line.ts';
import type { RackBody, RackHeaders, RackResponse } from './types.ts';

/** A triplet that keeps to the specification, as `startResponse` takes it. */
export interface CheckedResponse {
  readonly status: string;
  readonly headers: HeaderList;
  readonly body: RackBody;
}

/**
 * Checks what a Rack application returned. (Rack SPEC, The Response)
 *
 * @throws {TypeError} naming what the specification does not allow.
 */
export function checkResponse(response: RackResponse): CheckedResponse {
  if (!Array.isArray(response) || response.length !== 3) {
    throw refusal(`returned ${kindOf(response)}; expected [status, headers, body]`);
  }
  const [status, headers, body] = response as RackResponse;
  if (!Number.isInteger(status) || status < 100 || status > 999) {
    throw refusal(`gave the status ${String(status)}; expected an integer from 100 to 999`);
  }
  checkBody(body);
  return { status: statusLine(status), headers: checkHeaders(headers, status), body };
}

/** Statuses of answers that have no content. (Rack SPEC, The content-type, The content-length) */
export function isBodyless(status: number): boolean {
  return status < 200 || status === 204 || status === 304;
}

function checkHeaders(headers: RackHeaders, status: number): HeaderList {
  if (typeof headers !== 'object' || headers === null) {
    throw refusal(`gave ${kindOf(headers)} as headers; expected an object`);
  }
  const list: HeaderList = [];
  const pairs = Symbol.iterator in headers ? headers : Object.entries(headers);
  for (const [name, value] of pairs) {
    checkName(name, status);
    if (typeof value === 'string') list.push([name, value]);
    else if (Array.isArray(value)) for (const one of value as string[]) list.push([name, one]);
    else {
      throw refusal(
        `gave ${kindOf(value)} as the value of the header '${name}'; expected a string, or an array of strings`,
      );
    }
  }
  return list;
}

function checkName(name: string, status: number): void {
  if (typeof name !== 'string') throw refusal(`gave a header whose name is ${kindOf(name)}`);
  if (name !== name.toLowerCase()) {
    throw refusal(`gave the header '${name}'; Rack 3 wants '${name.toLowerCase()}'`);
  }
  if (name.startsWith('rack.')) {
    throw refusal(`gave the header '${name}', which asks for something that is not supported here`);
  }
  if (isBodyless(status) && (name === 'content-type' || name === 'content-length')) {
    throw refusal(`gave the header '${name}', which a ${status} must not have`);
  }
}

function checkBody(body: RackBody): void {
  if (typeof body === 'string' || body instanceof Uint8Array) {
    throw refusal(`gave ${kindOf(body)} as its body; wrap it in an array`);
  }
  const isObject = typeof body === 'object' && body !== null;
  if (typeof body === 'function' || (isObject && FORMS.some((form) => form in body))) return;
  throw refusal(
    `gave ${kindOf(body)} as its body; expected an iterable, something with each(), or a function that takes a stream`,
  );
}

const FORMS = [Symbol.iterator, Symbol.asyncIterator, 'each', 'call', 'to_ary', 'to_path'];

function kindOf(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return `an array of ${value.length}`;
  if (value instanceof Uint8Array) return 'a byte array';
  return typeof value === 'object' ? 'an object' : typeof value;
}

function refusal(what: string): TypeError {
  return new TypeError(`the Rack application ${what}`);
}
