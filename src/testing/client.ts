import { asApplication } from '../wsgi/application.ts';
import { checkOptions } from '../wsgi/check-options.ts';
import type { Application, ApplicationLike } from '../wsgi/types.ts';
import { Call, type MakeEnviron } from './call.ts';
import { type EnvironOptions, headerPairs, type RequestHeaders, testEnviron } from './environ.ts';
import { type BodyOptions, encodeBody } from './request-body.ts';
import type { TestResponse } from './response.ts';
import { TestStream } from './stream.ts';

/** What holds for every request of a {@link TestClient}. */
export interface ClientOptions
  extends Pick<EnvironOptions, 'baseUrl' | 'scriptName' | 'protocol' | 'remoteAddress'> {
  /** Sent with each request that has no header of the same name. */
  readonly headers?: RequestHeaders;
  /** Further environ keys of each request. */
  readonly environ?: Readonly<Record<string, unknown>>;
}

/** One request. */
export interface RequestOptions extends BodyOptions {
  readonly headers?: RequestHeaders;
  /** SERVER_PROTOCOL. @default 'HTTP/1.1' */
  readonly protocol?: string;
  /** Further environ keys, which replace those of the same name. */
  readonly environ?: Readonly<Record<string, unknown>>;
}

const CLIENT_OPTIONS = ['baseUrl', 'scriptName', 'protocol', 'remoteAddress', 'headers', 'environ'];
const REQUEST_OPTIONS = ['headers', 'protocol', 'environ', 'body', 'json', 'form', 'files'];

/**
 * Runs requests against an application in this process, without a socket, through the same driver
 * as every server.
 *
 * Applications get the whole request body before they are entered, those marked with `streaming()`
 * get it as it comes. A failing application does not make the request fail: see
 * {@link TestResponse.error}.
 *
 * @throws {TypeError} on an unknown option, or when `app` is no application.
 *
 * @example
 * const client = testClient(app);
 * const response = await client.get('/greet?name=you');
 * assert.equal(response.status, 200);
 * assert.equal(response.text(), 'Hello, you');
 */
export function testClient(app: ApplicationLike, options: ClientOptions = {}): TestClient {
  checkOptions('testClient', options, CLIENT_OPTIONS);
  return new TestClient(asApplication(app), options);
}

/** Sends requests to one application; {@link testClient} makes it. */
export class TestClient {
  private readonly app: Application;
  private readonly defaults: ClientOptions;

  constructor(app: Application, defaults: ClientOptions) {
    this.app = app;
    this.defaults = defaults;
  }

  /** @example const response = await client.get('/', { headers: { Accept: 'text/html' } }); */
  get(target: string, options?: RequestOptions): Promise<TestResponse> {
    return this.request('GET', target, options);
  }

  /** @example const { headers } = await client.head('/'); */
  head(target: string, options?: RequestOptions): Promise<TestResponse> {
    return this.request('HEAD', target, options);
  }

  /**
   * @example await client.post('/login', { form: { user: 'me' } });
   * @example await client.post('/photos', { files: { photo: new File([bytes], 'me.jpg') } });
   */
  post(target: string, options?: RequestOptions): Promise<TestResponse> {
    return this.request('POST', target, options);
  }

  /** @example await client.put('/items/1', { json: { name: 'one' } }); */
  put(target: string, options?: RequestOptions): Promise<TestResponse> {
    return this.request('PUT', target, options);
  }

  /** @example await client.patch('/items/1', { json: { name: 'uno' } }); */
  patch(target: string, options?: RequestOptions): Promise<TestResponse> {
    return this.request('PATCH', target, options);
  }

  /** @example await client.delete('/items/1'); */
  delete(target: string, options?: RequestOptions): Promise<TestResponse> {
    return this.request('DELETE', target, options);
  }

  /** @example await client.options('*'); */
  options(target: string, options?: RequestOptions): Promise<TestResponse> {
    return this.request('OPTIONS', target, options);
  }

  /**
   * Sends a request; resolves when it is over, the application's `close()` included.
   *
   * The promise rejects only when the request itself is unusable: an unknown option, a header that
   * cannot be sent, a body that fails.
   *
   * @example const response = await client.request('PROPFIND', '/files');
   */
  async request(
    method: string,
    target: string,
    options: RequestOptions = {},
  ): Promise<TestResponse> {
    const call = new Call();
    await this.start(call, method, target, options);
    return call.response;
  }

  /**
   * Sends a request whose response is read block by block, or left early.
   *
   * @example
   * const stream = client.stream('GET', '/events');
   * const { status } = await stream.head;
   * const first = await stream.read();
   * stream.abort();
   * await stream.response; // the application's close() has run
   */
  stream(method: string, target: string, options: RequestOptions = {}): TestStream {
    checkOptions('request', options, REQUEST_OPTIONS);
    return new TestStream((call) => this.start(call, method, target, options));
  }

  private async start(
    call: Call,
    method: string,
    target: string,
    options: RequestOptions,
  ): Promise<void> {
    checkOptions('request', options, REQUEST_OPTIONS);
    const body = await encodeBody(options);
    const { headers: common, environ: extra, ...rest } = this.defaults;
    const given = headerPairs(options.headers);
    const names = new Set(given.map(([name]) => name.toLowerCase()));
    const headers = [
      ...headerPairs(common).filter(([name]) => !names.has(name.toLowerCase())),
      ...given,
    ];
    const makeEnviron: MakeEnviron = (input, length, recorder) => {
      const environ = testEnviron(target, {
        ...rest,
        ...(options.protocol === undefined ? {} : { protocol: options.protocol }),
        method,
        headers,
        input,
        errors: recorder.stream,
      });
      if (body?.type != null) environ.CONTENT_TYPE ??= body.type;
      if (length !== null) environ.CONTENT_LENGTH ??= String(length);
      return Object.assign(environ, extra, options.environ);
    };
    await call.start(this.app, body, makeEnviron);
  }
}
