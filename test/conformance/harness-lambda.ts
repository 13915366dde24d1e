import {
  type LambdaResult,
  type StreamingHandler,
  type ToLambdaOptions,
  toLambda,
  toLambdaStream,
} from '../../src/adapters/lambda/index.ts';
import { Headers } from '../../src/wsgi/headers.ts';
import type { ApplicationLike } from '../../src/wsgi/types.ts';
import { answerOf, functionUrl, type HttpRequest, headOf } from '../lambda/platform.ts';
import { awslambda, invokeStreaming } from '../lambda/stream.ts';
import { LogRecorder } from '../log-recorder.ts';
import type {
  Answer,
  AnswerHead,
  Capabilities,
  Harness,
  OpenExchange,
  RequestSpec,
  Served,
  ServeOptions,
} from './harness.ts';
import { CutError } from './wire.ts';

const capabilities: Capabilities = {
  http1: false,
  server: false,
  asIs: true,
  sync: true,
  direct: true,
  multiprocess: true,
  patient: false,
  loses: ['reason', 'names', 'line'],
};

const differences = {
  'ENV-27 further CGI variables are there': "no event tells the client's port",
};

const client = { address: '127.0.0.1', scheme: 'http', announced: false } as const;
const url = functionUrl(client);

/** Lambda: an event in and a result out, in this process. */
export const lambdaHarness: Harness = {
  name: 'Lambda',
  capabilities: { ...capabilities, direct: false },
  differences,
  async serve(app, options = {}) {
    return new ServedWhole(app, options);
  },
};

/** The same with streamed answers. */
export const lambdaStreamHarness: Harness = {
  name: 'Lambda, streamed',
  capabilities,
  differences,
  async serve(app, options = {}) {
    return new ServedStreamed(app, options);
  },
};

/** What both have in common. */
class Settings {
  errors = '';
  readonly recorder = new LogRecorder(false);
  readonly options: ToLambdaOptions;

  constructor({ scriptName, environ }: ServeOptions) {
    const write = (text: string) => {
      this.errors += text;
    };
    this.options = {
      ...(scriptName === undefined ? {} : { scriptName }),
      ...(environ === undefined ? {} : { environ }),
      log: this.recorder,
      errors: { write },
    };
  }
}

class ServedWhole implements Served {
  private readonly settings: Settings;
  private readonly handler;

  constructor(app: ApplicationLike, options: ServeOptions) {
    this.settings = new Settings(options);
    this.handler = toLambda(app, this.settings.options);
  }

  get log() {
    return this.settings.recorder.lines;
  }

  get errors() {
    return this.settings.errors;
  }

  async request(spec: RequestSpec = {}): Promise<Answer> {
    const request = await requestOf(spec);
    const result = throughJson(await this.handler(throughJson(url.event(request)))) as LambdaResult;
    const { headers, ...rest } = answerOf(request, result);
    return { ...rest, headers: new Headers(headers), complete: true };
  }

  open(): never {
    throw new Error('an answer comes whole');
  }

  connect(): never {
    throw new Error('there is no connection to a function');
  }

  async close(): Promise<void> {}
}

class ServedStreamed implements Served {
  private readonly settings: Settings;
  private readonly handler: StreamingHandler;

  constructor(app: ApplicationLike, options: ServeOptions) {
    this.settings = new Settings(options);
    Object.assign(globalThis, { awslambda });
    this.handler = toLambdaStream(app, this.settings.options);
  }

  get log() {
    return this.settings.recorder.lines;
  }

  get errors() {
    return this.settings.errors;
  }

  async request(spec: RequestSpec = {}): Promise<Answer> {
    const exchange = this.open(spec);
    const head = await exchange.head();
    const pieces: Buffer[] = [];
    let complete = true;
    try {
      for (let piece = await exchange.read(); piece !== null; piece = await exchange.read()) {
        pieces.push(piece);
      }
    } catch (error) {
      if (!(error instanceof CutError)) throw error;
      complete = false;
    }
    return { ...head, body: Buffer.concat(pieces), complete };
  }

  open(spec: RequestSpec = {}): OpenExchange {
    const invoked = requestOf(spec).then((request) =>
      invokeStreaming(this.handler, throughJson(url.event(request))),
    );
    return {
      async head(): Promise<AnswerHead> {
        const { status, statusLine, headers } = headOf(await (await invoked).answer.metadata);
        return { status, statusLine, headers: new Headers(headers) };
      },
      async read() {
        const { answer, outcome } = await invoked;
        const piece = await answer.read();
        if (piece !== null) return piece;
        if ((await outcome) !== null) throw new CutError('the answer was cut');
        return null;
      },
      leave: () => void invoked.then(({ stream }) => stream.destroy()),
    };
  }

  connect(): never {
    throw new Error('there is no connection to a function');
  }

  async close(): Promise<void> {}
}

/** As it is between Lambda and its runtime. */
function throughJson(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value));
}

async function requestOf(spec: RequestSpec): Promise<HttpRequest> {
  const { method = 'GET', target = '/', headers = [], body = '' } = spec;
  const absolute = /^https?:\/\/([^/?#]*)(.*)$/.exec(target);
  const others = headers.filter(([name]) => name.toLowerCase() !== 'host');
  const host = headers.find(([name]) => name.toLowerCase() === 'host')?.[1] ?? 'localhost';
  return {
    method,
    target: absolute?.[2] ?? target,
    headers: [['Host', absolute?.[1] ?? host], ...others],
    body: await received(body),
  };
}

async function received(body: NonNullable<RequestSpec['body']>): Promise<Buffer> {
  if (typeof body === 'string' || body instanceof Uint8Array) return Buffer.from(body);
  const blocks: Buffer[] = [];
  for await (const block of body) blocks.push(Buffer.from(block as Uint8Array));
  return Buffer.concat(blocks);
}
