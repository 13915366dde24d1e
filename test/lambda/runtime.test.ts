/** Functions under Lambda's own client of its runtime interface. */
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { LambdaResult } from 'wizgi/lambda';
import { whole } from './front.ts';
import { failures, needStreams } from './judged.ts';
import { answerOf, functionUrl, type HttpRequest, headOf, restApi } from './platform.ts';
import { type Outcome, RuntimeApi } from './runtime-api.ts';
import { StreamedAnswer } from './stream.ts';

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));
const CLIENT = here('runtime/node_modules/aws-lambda-ric/bin/index.mjs');
const COMPILED = here('runtime/node_modules/aws-lambda-ric/dist/rapid-client.node');

/** A runtime with one function, as an instance of it is in Lambda. */
class Runtime {
  output = '';
  private readonly api = new RuntimeApi();
  private child: ChildProcess | null = null;

  async start(handler: string): Promise<void> {
    const address = await this.api.start();
    const child = spawn(process.execPath, [CLIENT, `functions.${handler}`], {
      cwd: here('functions'),
      stdio: ['ignore', 'pipe', 'pipe'],
      env: {
        PATH: process.env.PATH,
        AWS_LAMBDA_RUNTIME_API: address,
        AWS_LAMBDA_FUNCTION_NAME: 'wizgi-test',
        AWS_LAMBDA_FUNCTION_VERSION: '$LATEST',
        AWS_LAMBDA_FUNCTION_MEMORY_SIZE: '128',
      },
    });
    const collect = (data: Buffer) => {
      this.output += data.toString();
    };
    child.stdout.on('data', collect);
    child.stderr.on('data', collect);
    child.once('exit', () => this.api.lost(`the runtime ended:\n${this.output}`));
    this.child = child;
  }

  invoke(event: object, seconds?: number): Promise<Outcome> {
    return this.api.invoke(event, seconds);
  }

  async stop(): Promise<void> {
    const { child } = this;
    if (child !== null && child.exitCode === null && child.signalCode === null) {
      const ended = new Promise((resolve) => child.once('exit', resolve));
      child.kill('SIGKILL');
      await ended;
    }
    await this.api.close();
  }
}

function request(target: string, rest: Partial<HttpRequest> = {}): HttpRequest {
  return {
    method: 'GET',
    target,
    headers: [['Host', 'example.org']],
    body: Buffer.alloc(0),
    ...rest,
  };
}

/** Skips what the client of the runtime interface is missing for. */
function needClient(context: { skip(note?: string): void }): void {
  if (existsSync(COMPILED)) return;
  const reason = 'aws-lambda-ric is not installed: npm ci --prefix test/lambda/runtime';
  if (process.env.CI === 'true') throw new Error(reason);
  context.skip(reason);
}

const present = existsSync(COMPILED);

describe('toLambda under the runtime interface client', () => {
  const runtime = new Runtime();
  beforeAll(() => (present ? runtime.start('whole') : undefined));
  afterAll(() => runtime.stop());
  beforeEach(needClient);

  async function answer(to: HttpRequest, seconds?: number) {
    const outcome = await runtime.invoke(restApi().event(to), seconds);
    expect(outcome).toMatchObject({ kind: 'response', streaming: false });
    return answerOf(to, JSON.parse(outcome.body.toString()) as LambdaResult);
  }

  it('answers, with the context of the invocation', async () => {
    const { status, headers, body } = await answer(request('/prod/hello'));
    expect([status, body.toString()]).toEqual([200, 'Hello from wizgi-test\n']);
    expect(headers.filter(([name]) => name === 'Set-Cookie').map(([, value]) => value)).toEqual([
      'a=1',
      'b=2',
    ]);
  });

  it('passes on bytes, both ways', async () => {
    const bytes = Buffer.from(Array.from({ length: 256 }, (_, index) => index));
    expect((await answer(request('/prod/bytes'))).body).toEqual(bytes);
    const type = 'application/octet-stream';
    const posted = request('/prod/echo', {
      method: 'POST',
      headers: [['Content-Type', type]],
      body: bytes,
    });
    expect((await answer(posted)).body).toEqual(bytes);
  });

  it('answers 500 for an application that fails, and logs why', async () => {
    expect((await answer(request('/prod/throw'))).status).toBe(500);
    expect((await answer(request('/prod/break'))).status).toBe(500);
    await expect.poll(() => runtime.output).toContain('thrown by the application');
    await expect.poll(() => runtime.output).toContain('thrown after data');
    expect((await answer(request('/prod/hello'))).status).toBe(200);
  });

  it('answers 502 for more than Lambda returns, and says what to do', async () => {
    expect((await answer(request('/prod/large'))).status).toBe(502);
    await expect.poll(() => runtime.output).toContain('toLambdaStream()');
  });

  it('answers 504 before time is up, and goes on', async () => {
    expect((await answer(request('/prod/never'), 1)).status).toBe(504);
    await expect.poll(() => runtime.output).toContain('the signal fired');
    expect((await answer(request('/prod/hello'))).status).toBe(200);
  });

  it('fails for an event that is no HTTP request, and says what it takes', async () => {
    const outcome = await runtime.invoke({ Records: [] });
    expect(outcome.kind).toBe('error');
    expect(JSON.parse(outcome.body.toString())).toMatchObject({
      errorType: 'LambdaEventError',
      errorMessage: expect.stringMatching(
        /^the event is no HTTP request: expected one of .* but it is an object with Records;/,
      ),
    });
  });
});

describe('the conformance kit under the runtime interface client', () => {
  const runtime = new Runtime();
  beforeAll(() => (present ? runtime.start('kit') : undefined));
  afterAll(() => runtime.stop());
  beforeEach(needClient);

  it('judges a function', async () => {
    const url = functionUrl({ address: '127.0.0.1', scheme: 'http', announced: true });
    const invoke = async (event: unknown) => {
      const { body } = await runtime.invoke(event as object);
      return JSON.parse(body.toString());
    };
    expect(await failures(whole(url, invoke), needStreams)).toEqual([]);
  });
});

describe('toLambdaStream under the runtime interface client', () => {
  const runtime = new Runtime();
  beforeAll(() => (present ? runtime.start('streamed') : undefined));
  afterAll(() => runtime.stop());
  beforeEach(needClient);

  async function answer(to: HttpRequest, seconds?: number) {
    const outcome = await runtime.invoke(functionUrl().event(to), seconds);
    expect(outcome).toMatchObject({
      kind: 'response',
      streaming: true,
      contentType: 'application/vnd.awslambda.http-integration-response',
    });
    const streamed = new StreamedAnswer(piecesOf(outcome.body));
    const head = headOf(await streamed.metadata);
    const body = (await streamed.read()) ?? Buffer.alloc(0);
    return { ...head, body, errorType: outcome.errorType };
  }

  it('answers with metadata, cookies apart, and content', async () => {
    const { status, headers, body } = await answer(request('/hello'));
    expect([status, body.toString()]).toEqual([200, 'Hello from wizgi-test\n']);
    expect(headers).toContainEqual(['set-cookie', 'b=2']);
    expect((await answer(request('/blocks'))).body.toString()).toBe('block 1\nblock 2\nblock 3\n');
  });

  it('answers without content', async () => {
    expect(await answer(request('/none'))).toMatchObject({ status: 204, body: Buffer.alloc(0) });
    const head = await answer(request('/hello', { method: 'HEAD' }));
    expect(head.body.length).toBe(0);
    expect(head.headers).toContainEqual(['Content-Length', '22']);
  });

  it('has no limit', async () => {
    expect((await answer(request('/large'))).body.length).toBe(8 * 1024 * 1024);
  });

  it('answers 500 for an application that fails before its answer', async () => {
    expect(await answer(request('/throw'))).toMatchObject({ status: 500, errorType: null });
  });

  it('tells Lambda of an answer that is broken off', async () => {
    const { status, body, errorType } = await answer(request('/break'));
    expect([status, body.toString(), errorType]).toEqual([200, 'some', 'WsgiError']);
    await expect.poll(() => runtime.output).toContain('thrown after data');
    expect((await answer(request('/hello'))).status).toBe(200);
  });

  it('does not wait for what an application leaves under way', async () => {
    expect((await answer(request('/timer'))).body.toString()).toBe('ticking');
    expect((await answer(request('/hello'))).status).toBe(200);
  });

  it('ends before time is up', async () => {
    expect((await answer(request('/never'), 1)).status).toBe(504);
    const { body, errorType } = await answer(request('/stuck'), 3);
    expect([body.toString(), errorType]).toEqual(['some', 'WsgiError']);
  });
});

async function* piecesOf(body: Buffer): AsyncGenerator<Buffer> {
  yield body;
}
