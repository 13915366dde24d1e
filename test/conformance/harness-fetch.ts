import { fromFetch, toFetch } from '../../src/adapters/fetch/index.ts';
import { Headers as HeaderView } from '../../src/wsgi/headers.ts';
import type { HeaderList } from '../../src/wsgi/types.ts';
import { LogRecorder } from '../log-recorder.ts';
import type {
  Answer,
  AnswerHead,
  Harness,
  OpenExchange,
  RequestSpec,
  Served,
  ServeOptions,
} from './harness.ts';
import { httpHarness } from './harness-http.ts';
import { roundTripHarness } from './harness-round-trip.ts';

/** Fetch: a Request in and a Response out, in this process. */
export const fetchHarness: Harness = {
  name: 'Fetch',
  capabilities: {
    http1: false,
    server: false,
    asIs: true,
    sync: true,
    direct: true,
    multiprocess: true,
    patient: true,
    loses: ['names', 'statuses', 'line'],
  },
  async serve(app, options = {}) {
    return new ServedByFetch(app, options);
  },
};

/**
 * Over HTTP to a Fetch handler, which an application has become. What an environ has and a Request has not
 * is lost on the way, `wsgi.errors` and the flags included.
 */
export const fetchRoundTrip = roundTripHarness(
  httpHarness,
  'through Fetch',
  (app, log) => fromFetch(toFetch(app, { log })),
  { direct: false, loses: ['names', 'statuses', 'line', 'reason'] },
);

type Handler = ReturnType<typeof toFetch>;

class ServedByFetch implements Served {
  errors = '';
  private readonly recorder = new LogRecorder(false);
  private readonly handler: Handler;

  constructor(app: Parameters<Harness['serve']>[0], options: ServeOptions) {
    this.handler = toFetch(app, {
      ...(options.scriptName === undefined ? {} : { scriptName: options.scriptName }),
      ...(options.environ === undefined ? {} : { environ: options.environ }),
      log: this.recorder,
      errors: {
        write: (text) => {
          this.errors += text;
        },
      },
    });
  }

  get log() {
    return this.recorder.lines;
  }

  async request(spec: RequestSpec = {}): Promise<Answer> {
    const exchange = new OpenFetch(this.handler, spec);
    const head = await exchange.head();
    const pieces: Buffer[] = [];
    let complete = true;
    try {
      for (let piece = await exchange.read(); piece !== null; piece = await exchange.read()) {
        pieces.push(piece);
      }
    } catch {
      complete = false;
    }
    return { ...head, body: Buffer.concat(pieces), complete };
  }

  open(spec: RequestSpec = {}): OpenExchange {
    return new OpenFetch(this.handler, spec);
  }

  connect(): never {
    throw new Error('there is no connection in process');
  }

  async close(): Promise<void> {}
}

/** What Deno passes beside the request. */
const DENO = { remoteAddr: { transport: 'tcp', hostname: '127.0.0.1', port: 50000 } };

class OpenFetch implements OpenExchange {
  private readonly controller = new AbortController();
  private readonly response: Promise<Response>;
  private reader: ReadableStreamDefaultReader<Uint8Array> | null = null;

  constructor(handler: Handler, spec: RequestSpec) {
    this.response = Promise.resolve(handler(requestOf(spec, this.controller.signal), DENO));
    this.response.catch(() => undefined);
  }

  async head(): Promise<AnswerHead> {
    const { status, statusText, headers } = await this.response;
    return {
      status,
      statusLine: `${status} ${statusText}`,
      headers: new HeaderView([...headers] as HeaderList),
    };
  }

  async read(): Promise<Buffer | null> {
    const { body } = await this.response;
    if (body === null) return null;
    this.reader ??= body.getReader();
    const { done, value } = await this.reader.read();
    return done ? null : Buffer.from(value);
  }

  leave(how: 'reset' | 'fin'): void {
    if (how === 'reset') this.controller.abort();
    else {
      void this.response.then(({ body }) =>
        this.reader === null ? body?.cancel() : this.reader.cancel(),
      );
    }
  }
}

function requestOf(spec: RequestSpec, signal: AbortSignal): Request {
  const { method = 'GET', target = '/', headers = [], body } = spec;
  const absolute = /^https?:/i.test(target);
  return new Request(absolute ? target : `http://a${target}`, {
    method,
    signal,
    headers: headers
      // Runtimes make the URL of both, so that the header does not say otherwise.
      .filter(([name]) => !absolute || name.toLowerCase() !== 'host')
      .map(([name, value]): [string, string] => [name, value]),
    ...(body === undefined ? {} : { body: bodyOf(body), duplex: 'half' as const }),
  });
}

function bodyOf(body: NonNullable<RequestSpec['body']>) {
  if (typeof body === 'string' || body instanceof Uint8Array) return body;
  return ReadableStream.from(encoded(body));
}

async function* encoded(blocks: AsyncIterable<Uint8Array | string>) {
  for await (const block of blocks) yield Buffer.from(block as Uint8Array);
}
