import type { RequestOptions, TestResponse } from '../../src/testing/index.ts';
import { testClient } from '../../src/testing/index.ts';
import type { HeaderList } from '../../src/wsgi/types.ts';
import type { LogLine } from '../log-recorder.ts';
import type {
  Answer,
  Harness,
  OpenExchange,
  RequestSpec,
  Served,
  ServeOptions,
} from './harness.ts';

/** The in-process client: the driver alone. */
export const clientHarness: Harness = {
  name: 'test client',
  capabilities: {
    http1: false,
    server: false,
    asIs: true,
    sync: true,
    direct: true,
    patient: true,
  },
  async serve(app, options = {}) {
    return new ServedByClient(app, options);
  },
};

class ServedByClient implements Served {
  private readonly client;
  private readonly responses: TestResponse[] = [];

  constructor(app: Parameters<Harness['serve']>[0], options: ServeOptions) {
    this.client = testClient(app, {
      ...(options.scriptName === undefined ? {} : { scriptName: options.scriptName }),
      ...(options.environ === undefined ? {} : { environ: options.environ }),
    });
  }

  get log(): LogLine[] {
    return this.responses.flatMap(({ log }) => log);
  }

  get errors(): string {
    return this.responses.map(({ errors }) => errors).join('');
  }

  async request(spec: RequestSpec = {}): Promise<Answer> {
    const response = await this.client.request(
      spec.method ?? 'GET',
      spec.target ?? '/',
      requestOptions(spec),
    );
    this.responses.push(response);
    const { status, statusLine, headers, complete } = response;
    if (status === 0) throw new Error('the request ended without a response');
    return { status, statusLine, headers, complete, body: Buffer.from(response.bytes()) };
  }

  open(spec: RequestSpec = {}): OpenExchange {
    const stream = this.client.stream(
      spec.method ?? 'GET',
      spec.target ?? '/',
      requestOptions(spec),
    );
    stream.response.then(
      (response) => this.responses.push(response),
      () => undefined,
    );
    return {
      head: () => stream.head,
      read: async () => {
        const block = await stream.read();
        return block === null ? null : Buffer.from(block);
      },
      leave: () => stream.abort(),
    };
  }

  connect(): never {
    throw new Error('there is no connection in process');
  }

  async close(): Promise<void> {}
}

function requestOptions(spec: RequestSpec): RequestOptions {
  return {
    headers: (spec.headers ?? []).map(([name, value]) => [name, value]) as HeaderList,
    ...(spec.body === undefined ? {} : { body: spec.body }),
    ...(spec.protocol === undefined ? {} : { protocol: spec.protocol }),
  };
}
