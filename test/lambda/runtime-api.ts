/**
 * Lambda's side of its runtime interface: gives invocations to a runtime and takes what it answers.
 *
 * (AWS Lambda, Using the Lambda runtime API; the streaming form as custom runtimes have it)
 */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What a runtime made of an event. */
export interface Outcome {
  readonly kind: 'response' | 'error';
  readonly streaming: boolean;
  readonly contentType: string;
  readonly body: Buffer;
  /** That of an error which came before the answer, or behind a part of it. */
  readonly errorType: string | null;
}

interface Invocation {
  readonly id: string;
  readonly event: string;
  readonly deadline: number;
  settle(outcome: Outcome): void;
  fail(error: Error): void;
}

const BASE = '/2018-06-01/runtime';

export class RuntimeApi {
  private readonly server: Server;
  private readonly waiting: Invocation[] = [];
  private readonly underWay = new Map<string, Invocation>();
  private idle: ((invocation: Invocation) => void) | null = null;
  private count = 0;
  /** What the runtime said when it could not load the function. */
  initError: string | null = null;

  constructor() {
    this.server = createServer((request, response) => void this.answer(request, response));
  }

  /** Listens; gives what AWS_LAMBDA_RUNTIME_API is to be. */
  async start(): Promise<string> {
    this.server.listen(0, '127.0.0.1');
    await once(this.server, 'listening');
    return `127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  /** Has the function called with an event, and waits for what comes of it. */
  invoke(event: object, seconds = 30): Promise<Outcome> {
    return new Promise((settle, fail) => {
      const invocation: Invocation = {
        id: `00000000-0000-0000-0000-${String(++this.count).padStart(12, '0')}`,
        event: JSON.stringify(event),
        deadline: Date.now() + seconds * 1000,
        settle,
        fail,
      };
      this.underWay.set(invocation.id, invocation);
      if (this.idle === null) this.waiting.push(invocation);
      else this.idle(invocation);
    });
  }

  /** The runtime is gone: nothing comes of what it was given any more. */
  lost(reason: string): void {
    for (const invocation of this.underWay.values()) invocation.fail(new Error(reason));
    this.underWay.clear();
  }

  async close(): Promise<void> {
    this.server.closeAllConnections();
    this.server.close();
    await once(this.server, 'close');
  }

  private async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = (request.url ?? '').slice(BASE.length);
    if (path === '/invocation/next') {
      const invocation = this.waiting.shift() ?? (await this.nextInvocation());
      response.writeHead(200, {
        'Content-Type': 'application/json',
        'Lambda-Runtime-Aws-Request-Id': invocation.id,
        'Lambda-Runtime-Deadline-Ms': String(invocation.deadline),
        'Lambda-Runtime-Invoked-Function-Arn': 'arn:aws:lambda:eu-west-1:1:function:wizgi',
        'Lambda-Runtime-Trace-Id': 'Root=1-5bef4de7-ad49b0e87f6ef6c87fc2e700',
      });
      response.end(invocation.event);
      return;
    }
    const blocks: Buffer[] = [];
    for await (const block of request) blocks.push(block);
    const body = Buffer.concat(blocks);
    response.writeHead(202).end('{"status":"OK"}');
    if (path === '/init/error') this.initError = body.toString();
    else this.settle(path, request, body);
  }

  private nextInvocation(): Promise<Invocation> {
    return new Promise((resolve) => {
      this.idle = (invocation) => {
        this.idle = null;
        resolve(invocation);
      };
    });
  }

  private settle(path: string, { headers, trailers }: IncomingMessage, body: Buffer): void {
    const [, id = '', kind] = /^\/invocation\/([^/]+)\/(response|error)$/.exec(path) ?? [];
    const invocation = this.underWay.get(id);
    this.underWay.delete(id);
    const errorType = 'lambda-runtime-function-error-type';
    invocation?.settle({
      kind: kind === 'error' ? 'error' : 'response',
      streaming: headers['lambda-runtime-function-response-mode'] === 'streaming',
      contentType: headers['content-type'] ?? '',
      body,
      errorType: String(trailers[errorType] ?? headers[errorType] ?? '') || null,
    });
  }
}
