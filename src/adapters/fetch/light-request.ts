import type { Environ } from '../../wsgi/types.ts';
import { RequestHeaders } from './request-headers.ts';
import { passFor, standIn } from './stand-in.ts';

const NativeRequest = globalThis.Request;

const decoder = new TextDecoder();

/** Methods that a Request writes in capitals. (Fetch Standard, normalize a method) */
const NORMALIZED = new Set(['DELETE', 'GET', 'HEAD', 'OPTIONS', 'POST', 'PUT']);
/** Methods that no Request may have. (Fetch Standard, forbidden method) */
const FORBIDDEN = new Set(['CONNECT', 'TRACE', 'TRACK']);

/**
 * A WSGI request that passes for a Request, without the cost of one.
 *
 * What handlers ask for first (method, URL, headers, signal, the whole body) comes from environ. A real
 * Request is made for everything else, and does everything from then on. (Fetch Standard, Request class)
 */
export class LightRequest {
  readonly #environ: Environ;
  readonly #url: string;
  readonly #method: string;
  #headers: RequestHeaders | null = null;
  #native: Request | null = null;
  /** The body was read without a real Request. */
  #used = false;

  constructor(environ: Environ, url: string) {
    this.#environ = environ;
    this.#url = url;
    this.#method = normalized(environ.REQUEST_METHOD);
  }

  get method(): string {
    return this.#method;
  }

  get url(): string {
    return this.#url;
  }

  get headers(): Headers {
    this.#headers ??= new RequestHeaders(this.#environ);
    return this.#headers as unknown as Headers;
  }

  get signal(): AbortSignal {
    return this.#environ['wizgi.signal'] ?? this.toNative().signal;
  }

  get duplex(): 'half' {
    return 'half';
  }

  get bodyUsed(): boolean {
    return this.#native?.bodyUsed ?? this.#used;
  }

  get body(): Request['body'] {
    return this.#hasBody() ? this.toNative().body : null;
  }

  async text(): Promise<string> {
    if (this.#native !== null) return this.#native.text();
    return decoder.decode(await this.#bytes());
  }

  async json(): Promise<unknown> {
    if (this.#native !== null) return this.#native.json();
    return JSON.parse(decoder.decode(await this.#bytes()));
  }

  async bytes(): Promise<Uint8Array> {
    return new Uint8Array(await this.arrayBuffer());
  }

  async arrayBuffer(): Promise<ArrayBuffer> {
    if (this.#native !== null) return this.#native.arrayBuffer();
    const { buffer, byteOffset, byteLength } = await this.#bytes();
    return buffer.slice(byteOffset, byteOffset + byteLength) as ArrayBuffer;
  }

  /** The real Request, which counts from then on. */
  toNative(): Request {
    if (this.#native !== null) return this.#native;
    const headers = this.headers as unknown as RequestHeaders;
    const method = FORBIDDEN.has(this.#method) ? 'GET' : this.#method;
    const signal = this.#environ['wizgi.signal'];
    const native = new NativeRequest(this.#url, {
      method,
      headers: headers.toNative(),
      ...(signal === undefined ? {} : { signal }),
      ...(this.#hasBody() ? { body: this.#stream(), duplex: 'half' as const } : {}),
    });
    if (method !== this.#method) Object.defineProperty(native, 'method', { value: this.#method });
    headers.become(native.headers);
    this.#native = native;
    // So that it knows, too, that there is no body left.
    if (this.#used) native.arrayBuffer().catch(() => undefined);
    return native;
  }

  #hasBody(): boolean {
    const method = this.#method;
    return (
      method !== 'GET' &&
      method !== 'HEAD' &&
      !FORBIDDEN.has(method) &&
      this.#environ.CONTENT_LENGTH !== '0'
    );
  }

  async #bytes(): Promise<Uint8Array> {
    if (!this.#hasBody()) return new Uint8Array();
    if (this.#used) throw new TypeError('Body is unusable: Body has already been read');
    this.#used = true;
    const { 'wizgi.input': input, 'wsgi.input': received } = this.#environ;
    return input === undefined ? received.read() : input.read();
  }

  #stream(): ReadableStream<Uint8Array> | Uint8Array {
    return this.#used ? new Uint8Array() : inputStream(this.#environ);
  }
}

standIn(
  LightRequest,
  NativeRequest as typeof Request & { prototype: Request },
  new NativeRequest('http://localhost/'),
  (request) => request.toNative(),
);
passFor(LightRequest, NativeRequest);

let passes: boolean | null = null;

/**
 * The Request of a WSGI request: a light one where this runtime takes it for its own in `new Request()` and
 * `fetch()`. Node.js 20 does, later ones after `installFastFetch`.
 */
export function makeRequest(environ: Environ, url: string): Request {
  const request = new LightRequest(environ, url);
  passes ??= takesLightRequests();
  return passes ? (request as unknown as Request) : request.toNative();
}

/** Whether the runtime's own constructor can be given a light Request. */
export function takesLightRequests(): boolean {
  const environ = { REQUEST_METHOD: 'GET' } as Environ;
  try {
    new NativeRequest(new LightRequest(environ, 'http://localhost/') as unknown as Request);
    return true;
  } catch {
    return false;
  }
}

/** Says whether the globals take light Requests; null to find out. */
export function setTaken(taken: boolean | null): void {
  passes = taken;
}

/** The body as it arrives, asked for as it is read. */
function inputStream(environ: Environ): ReadableStream<Uint8Array> {
  const blocks = blocksOf(environ);
  return new ReadableStream({
    type: 'bytes',
    async pull(controller) {
      const { done, value } = await blocks.next();
      if (!done) {
        // A copy, because enqueuing takes the memory away from whoever else has it.
        controller.enqueue(new Uint8Array(value));
        return;
      }
      controller.close();
      controller.byobRequest?.respond(0);
    },
    async cancel() {
      await blocks.return?.(undefined);
    },
  });
}

function blocksOf(environ: Environ): AsyncIterator<Uint8Array> {
  const input = environ['wizgi.input'];
  if (input !== undefined) return input[Symbol.asyncIterator]();
  return (async function* () {
    const block = environ['wsgi.input'].read();
    if (block.length > 0) yield block;
  })();
}

function normalized(method: string): string {
  if (NORMALIZED.has(method)) return method;
  const upper = method.toUpperCase();
  return NORMALIZED.has(upper) ? upper : method;
}
