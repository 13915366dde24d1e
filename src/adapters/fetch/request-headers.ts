import { environKey } from '../../wsgi/environ.ts';
import { remembered } from '../../wsgi/remembered.ts';
import type { Environ } from '../../wsgi/types.ts';
import { passFor, standIn } from './stand-in.ts';

const NativeHeaders = globalThis.Headers;

const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;

/**
 * The headers of a request, read from its environ as they are asked for.
 *
 * Becomes real Headers once it is changed or iterated. (Fetch Standard, Headers class)
 */
export class RequestHeaders {
  readonly #environ: Environ;
  #native: Headers | null = null;

  constructor(environ: Environ) {
    this.#environ = environ;
  }

  get(name: string): string | null {
    if (this.#native !== null) return this.#native.get(name);
    const key = keyOf(name);
    const value = key === null ? undefined : this.#environ[key];
    return isSent(key, value) ? value : null;
  }

  has(name: string): boolean {
    return this.#native === null ? this.get(name) !== null : this.#native.has(name);
  }

  getSetCookie(): string[] {
    return this.#native === null ? [] : this.#native.getSetCookie();
  }

  /** The same headers as real ones, which count from then on. */
  toNative(): Headers {
    this.#native ??= nativeHeaders(this.#environ);
    return this.#native;
  }

  /** From now on these are the headers. */
  become(headers: Headers): void {
    this.#native = headers;
  }

  forEach(callback: (value: string, name: string, headers: Headers) => void, self?: unknown): void {
    for (const [name, value] of this.toNative()) {
      callback.call(self, value, name, this as unknown as Headers);
    }
  }

  [Symbol.iterator](): IterableIterator<[string, string]> {
    return this.toNative().entries();
  }
}

standIn(RequestHeaders, NativeHeaders, new NativeHeaders(), (headers) => headers.toNative());
passFor(RequestHeaders, NativeHeaders);

/** The environ key of a header; null for one that no environ has. */
function keyOf(name: string): string | null {
  return keyOfText(String(name));
}

const keyOfText = remembered((name) => {
  if (!TOKEN.test(name)) throw new TypeError(`${JSON.stringify(name)} is no header name`);
  return environKey(name);
});

function nativeHeaders(environ: Environ): Headers {
  const headers = new NativeHeaders();
  for (const key in environ) {
    const name = nameOf(key);
    const value = environ[key];
    if (name === '' || !isSent(key, value)) continue;
    try {
      headers.append(name, value);
    } catch {
      // Front ends pass on what Headers refuse, such as control characters.
    }
  }
  return headers;
}

/** The header that an entry mirrors; empty where it mirrors none. */
const nameOf = remembered((key) => {
  if (key === 'CONTENT_TYPE' || key === 'CONTENT_LENGTH')
    return key.toLowerCase().replace('_', '-');
  return key.startsWith('HTTP_') ? key.slice(5).toLowerCase().replaceAll('_', '-') : '';
});

/** CGI has empty content variables where nothing was sent. (RFC 3875 §4.1.2, §4.1.3) */
function isSent(key: string | null, value: unknown): value is string {
  if (typeof value !== 'string') return false;
  return value !== '' || (key !== 'CONTENT_TYPE' && key !== 'CONTENT_LENGTH');
}
