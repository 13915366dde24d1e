import { AbortSource } from '../wsgi/abort.ts';
import { isStreaming } from '../wsgi/application.ts';
import { encode } from '../wsgi/blocks.ts';
import { BodySource, receive } from '../wsgi/body-source.ts';
import { WsgiError } from '../wsgi/errors.ts';
import type { Exchange } from '../wsgi/exchange.ts';
import { AsyncInput, Input, type InputSource, MemorySource } from '../wsgi/input.ts';
import type { ResponseHead } from '../wsgi/response-head.ts';
import { type Run, run } from '../wsgi/run.ts';
import type { Application, Chunk, Environ, HeaderList } from '../wsgi/types.ts';
import { Recorder } from './recorder.ts';
import type { RequestBody } from './request-body.ts';
import { TestResponse } from './response.ts';

/** The environ of a request, made once its input is known. */
export type MakeEnviron = (input: Input, length: number | null, recorder: Recorder) => Environ;

/** Told of each step of an answer; without one, everything is taken at once. */
export interface Listener {
  begun(statusLine: string, headers: HeaderList): void;
  /** Takes a block. False keeps the application waiting until {@link Call.resume}. */
  block(block: Uint8Array): boolean;
}

/** One request, run by the same driver as in every server; its answer is kept in memory. */
export class Call implements Exchange {
  /** Settles when the request is over. */
  readonly response: Promise<TestResponse>;
  private readonly listener: Listener | null;
  private readonly recorder = new Recorder();
  private readonly chunks: Uint8Array[] = [];
  private readonly abortSource = new AbortSource();
  private description = '';
  private statusLine = '';
  private headers: HeaderList = [];
  private finished = false;
  private left: WsgiError | null = null;
  private run: Run | null = null;
  private input: Input | null = null;
  private source: InputSource | null = null;
  private resolve!: (response: TestResponse) => void;
  private reject!: (reason: unknown) => void;

  constructor(listener: Listener | null = null) {
    this.listener = listener;
    this.response = new Promise((resolve, reject) => {
      this.resolve = resolve;
      this.reject = reject;
    });
  }

  /** Sends the request: to a streaming application at once, to others with the body received. */
  async start(app: Application, body: RequestBody | null, makeEnviron: MakeEnviron): Promise<void> {
    const content = body === null ? new Uint8Array() : body.content;
    if (content instanceof Uint8Array) {
      this.enter(app, new MemorySource([content]), body && content.byteLength, makeEnviron);
    } else if (isStreaming(app)) {
      this.enter(app, new BodySource(content), null, makeEnviron);
    } else {
      const received = await receive(content);
      this.enter(app, new MemorySource([received]), received.byteLength, makeEnviron);
    }
  }

  /** The request could not be sent. */
  fail(error: unknown): void {
    this.reject(error);
  }

  /** The client can take more. */
  resume(): void {
    this.run?.resume();
  }

  /** The client leaves. */
  leave(): void {
    if (this.left !== null) return;
    this.left = new WsgiError('client-gone', 'the client is gone');
    if (this.source instanceof BodySource) this.source.fail(this.left);
    this.run?.abort(this.left);
  }

  describe(): string {
    return this.description;
  }

  respond(head: ResponseHead, content: Chunk | null): boolean {
    this.announce(head);
    this.finished = true;
    return content === null || this.take(content);
  }

  begin(head: ResponseHead, first: Chunk): boolean {
    this.announce(head);
    return this.take(first);
  }

  beginHead(head: ResponseHead): boolean {
    this.announce(head);
    return true;
  }

  send(block: Chunk): boolean {
    return this.take(block);
  }

  finish(): void {
    this.finished = true;
  }

  cut(): void {}

  done(): void {
    this.input?.close();
    if (this.source instanceof BodySource) {
      this.source.fail(new WsgiError('input-closed', 'the request is over'));
    }
    const { recorder } = this;
    this.resolve(
      new TestResponse({
        statusLine: this.statusLine,
        headers: this.headers,
        chunks: this.chunks,
        complete: this.finished && this.left === null,
        error: recorder.failure,
        errors: recorder.text,
        log: recorder.lines,
      }),
    );
  }

  private enter(
    app: Application,
    source: InputSource,
    length: number | null,
    makeEnviron: MakeEnviron,
  ): void {
    const input = new Input(source);
    const environ = makeEnviron(input, length, this.recorder);
    this.description = `${environ.REQUEST_METHOD} ${environ['REQUEST_URI']} ${environ.SERVER_PROTOCOL}`;
    environ['wizgi.streaming'] = isStreaming(app);
    environ['wizgi.input'] = new AsyncInput(input);
    this.input = input;
    this.source = source;
    if (this.left !== null) {
      this.done();
      return;
    }
    this.run = run(app, environ, this, { log: this.recorder, abort: this.abortSource });
    if (this.left !== null) this.run.abort(this.left);
  }

  private announce(head: ResponseHead): void {
    this.statusLine = head.status;
    this.headers = [...head.headers];
    if (head.contentLength !== null) {
      this.headers.push(['Content-Length', String(head.contentLength)]);
    }
    this.listener?.begun(this.statusLine, this.headers);
  }

  private take(block: Chunk): boolean {
    // A copy, because the application may fill its block anew for the next one.
    const copy = Uint8Array.from(encode(block));
    this.chunks.push(copy);
    return this.listener?.block(copy) ?? true;
  }
}
