import { standIn } from './stand-in.ts';

const NativeResponse = globalThis.Response;
const NativeHeaders = globalThis.Headers;

type BodyInit = ConstructorParameters<typeof Response>[0];
type Init = NonNullable<ConstructorParameters<typeof Response>[1]>;

/** A body as a server sends it. */
export type PlainBody = string | Uint8Array | ReadableStream<Uint8Array> | null;

/** What a server needs of a Response. */
export interface ResponseParts {
  readonly status: number;
  readonly statusText: string;
  readonly headers: Iterable<readonly [string, string]>;
  readonly body: PlainBody;
  /** The size of a body that is a stream, where it is known. */
  readonly size: number | null;
}

const NULL_BODY = new Set([101, 204, 205, 304]);
const REDIRECTS = new Set([301, 302, 303, 307, 308]);
const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
const ILLEGAL_VALUE = /^[\t\n\r ]|[\t\n\r ]$|[\0\r\n\u0100-\uffff]/;
const ILLEGAL_REASON = /[^\t\x20-\x7e\x80-\xff]/;

/**
 * A Response that passes for a real one and costs a small part of it, until something is asked of it
 * that only a real one has.
 *
 * `fromFetch` sends what it was made of, without a stream. Text, bytes, streams, blobs and nothing are what
 * it holds itself; forms are left to a real Response. A byte array that is the whole of its memory is
 * not copied: it must stay as it is until it was sent. (Fetch Standard, Response class)
 *
 * @example return new FastResponse('Hello', { headers: { 'Content-Type': 'text/plain' } });
 */
export class FastResponse {
  #status = 200;
  #statusText = '';
  #headers: [string, string][] | Headers = [];
  #body: PlainBody = null;
  #size: number | null = null;
  #native: Response | null = null;

  /**
   * @throws {RangeError} for a status other than 200 to 599.
   * @throws {TypeError} for a body with a status that has none, a header that cannot be sent, and what
   *   else a Response refuses.
   */
  constructor(body?: BodyInit | null, init?: Init) {
    if (init !== undefined && init !== null) this.#initialize(init);
    if (body === undefined || body === null) return;
    if (NULL_BODY.has(this.#status)) {
      throw new TypeError(`a Response with the status ${this.#status} cannot have a body`);
    }
    if (typeof body === 'string') {
      this.#body = body;
      this.#defaultType('text/plain;charset=UTF-8');
    } else if (body instanceof Uint8Array) {
      // A part of a larger memory is likely to be filled anew; copying the others would cost more than all
      // the rest of the answer.
      const whole = body.byteLength === body.buffer.byteLength;
      this.#body = whole ? body : new Uint8Array(body);
    } else if (body instanceof ReadableStream) {
      if (body.locked) throw new TypeError('the body of a Response is locked');
      this.#body = body as ReadableStream<Uint8Array>;
    } else if (body instanceof Blob) {
      this.#body = body.stream() as ReadableStream<Uint8Array>;
      this.#size = body.size;
      if (body.type !== '') this.#defaultType(body.type);
    } else {
      this.#native = new NativeResponse(body, this.#nativeInit());
    }
  }

  static json(data: unknown, init: Init = {}): Response {
    const text = JSON.stringify(data);
    if (text === undefined) throw new TypeError('the value is not JSON serializable');
    const response = new FastResponse(null, init);
    if (NULL_BODY.has(response.#status)) {
      throw new TypeError(`a Response with the status ${response.#status} cannot have a body`);
    }
    response.#defaultType('application/json');
    response.#body = text;
    return response as unknown as Response;
  }

  static redirect(url: string | URL, status = 302): Response {
    const location = new URL(url).href;
    if (!REDIRECTS.has(status)) throw new RangeError(`${status} is no status of a redirection`);
    return new FastResponse(null, { status, headers: { location } }) as unknown as Response;
  }

  /** What a server sends; null for a value that is no FastResponse, or is a real Response by now. */
  static parts(value: object): ResponseParts | null {
    if (!(#native in value) || value.#native !== null) return null;
    return {
      status: value.#status,
      statusText: value.#statusText,
      headers: value.#headers,
      body: value.#body,
      size: value.#size,
    };
  }

  get status(): number {
    return this.#native?.status ?? this.#status;
  }

  get ok(): boolean {
    return this.status >= 200 && this.status <= 299;
  }

  get statusText(): string {
    return this.#native?.statusText ?? this.#statusText;
  }

  get headers(): Headers {
    if (this.#native !== null) return this.#native.headers;
    if (Array.isArray(this.#headers)) this.#headers = new NativeHeaders(this.#headers);
    return this.#headers;
  }

  get body(): Response['body'] {
    return this.#native === null && this.#body === null ? null : this.toNative().body;
  }

  get bodyUsed(): boolean {
    return this.#native?.bodyUsed ?? false;
  }

  /** The real Response, which counts from then on. */
  toNative(): Response {
    this.#native ??= new NativeResponse(this.#body as BodyInit, this.#nativeInit());
    return this.#native;
  }

  #nativeInit(): Init {
    return { status: this.#status, statusText: this.#statusText, headers: this.#headers };
  }

  #initialize({ status = 200, statusText = '', headers }: Init): void {
    if (status !== 200) this.#status = checkedStatus(status);
    if (statusText !== '') this.#statusText = checkedReason(statusText);
    if (headers !== undefined && headers !== null) this.#headers = headerList(headers);
  }

  #defaultType(type: string): void {
    const headers = this.#headers;
    if (!Array.isArray(headers)) {
      if (!headers.has('content-type')) headers.set('content-type', type);
    } else if (!headers.some(([name]) => name === 'content-type')) {
      headers.push(['content-type', type]);
    }
  }
}

standIn(
  FastResponse,
  NativeResponse as typeof Response & { prototype: Response },
  new NativeResponse(),
  (response) => response.toNative(),
);
/**
 * `instanceof Response` holds for real ones too, where FastResponse stands in Response's place. Whatever
 * extends it has instances of its own.
 */
Object.defineProperty(FastResponse, Symbol.hasInstance, {
  value(this: unknown, value: unknown): boolean {
    if (this === FastResponse) return value instanceof NativeResponse;
    return Function.prototype[Symbol.hasInstance].call(this as typeof FastResponse, value);
  },
});
// Response.error(), and whatever else the runtime's has.
Object.setPrototypeOf(FastResponse, NativeResponse);

function checkedStatus(status: number): number {
  const code = Math.trunc(Number(status));
  if (code >= 200 && code <= 599) return code;
  throw new RangeError(`a Response cannot have the status ${status}; expected 200 to 599`);
}

function checkedReason(statusText: string): string {
  const text = String(statusText);
  if (ILLEGAL_REASON.test(text)) throw new TypeError('statusText has a character that it may not');
  return text;
}

type HeadersInit = NonNullable<Init['headers']>;

/** The headers in order, names in lower case; what a plain object cannot say is left to Headers. */
function headerList(init: HeadersInit): [string, string][] | Headers {
  if (Symbol.iterator in init) return new NativeHeaders(init);
  const list: [string, string][] = [];
  for (const name of Object.keys(init)) {
    const value = (init as Record<string, unknown>)[name];
    const lower = name.toLowerCase();
    const known = list.some(([other]) => other === lower);
    if (known || typeof value !== 'string' || ILLEGAL_VALUE.test(value) || !TOKEN.test(name)) {
      return new NativeHeaders(init);
    }
    list.push([lower, value]);
  }
  return list;
}
