import { clientGone, WsgiError } from '../../wsgi/errors.ts';
import type { ResponseHead } from '../../wsgi/response-head.ts';
import type { Chunk } from '../../wsgi/types.ts';
import { type Call, Execution, type LambdaExchange } from './execution.ts';
import { metadataOf } from './result.ts';
import type { AwsLambda, ResponseStream } from './types.ts';

/** An answer that is streamed. */
export class StreamExchange implements LambdaExchange {
  private readonly call: Call;
  private readonly execution: Execution;
  private readonly platform: AwsLambda;
  private readonly target: ResponseStream;
  private stream: ResponseStream | null = null;
  private failure: Error | null = null;
  finished = false;
  private flushed = false;
  private over = false;
  private settle: { resolve(): void; reject(reason: Error): void } | null = null;

  constructor(call: Call, platform: AwsLambda, target: ResponseStream) {
    this.call = call;
    this.execution = new Execution(call);
    this.platform = platform;
    this.target = target;
  }

  /** Runs the application to its end; rejects when the answer was broken off, which Lambda passes on. */
  answer(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.settle = { resolve, reject };
      this.target.on('error', (error) => this.lost(error));
      this.target.on('close', () => this.lost(null));
      this.target.on('drain', () => this.execution.resume());
      this.execution.start(this);
    });
  }

  describe(): string {
    return this.execution.describe();
  }

  respond(head: ResponseHead, content: Chunk | null): boolean {
    const stream = this.open(head);
    // The head goes out with a write, be there anything to write or not.
    const taken = stream.write(content === null ? '' : ownCopy(content));
    this.finish();
    return taken;
  }

  begin(head: ResponseHead, first: Chunk): boolean {
    return this.open(head).write(ownCopy(first));
  }

  send(block: Chunk): boolean {
    return this.stream?.write(ownCopy(block)) ?? true;
  }

  finish(): void {
    this.finished = true;
    this.stream?.end(() => {
      this.flushed = true;
      // A stream that is to end says nothing of being drained.
      this.execution.resume();
      this.conclude();
    });
  }

  cut(): void {
    // Of an answer that is whole already, the log tells.
    if (!this.finished)
      this.failure ??= new WsgiError('no-answer', 'the application broke off its answer');
  }

  done(): void {
    this.execution.over();
    this.over = true;
    this.conclude();
  }

  expired(error: Error): void {
    if (!this.finished) this.failure ??= error;
    this.over = true;
    this.conclude();
  }

  private open(head: ResponseHead): ResponseStream {
    const metadata = metadataOf(head, head.contentLength, this.call.form);
    this.stream = this.platform.HttpResponseStream.from(this.target, { ...metadata });
    return this.stream;
  }

  /** Nobody takes the answer any more. */
  private lost(error: unknown): void {
    if (this.flushed) return;
    this.flushed = true;
    this.failure ??= error instanceof Error ? error : clientGone();
    this.execution.stop(this.failure);
    this.conclude();
  }

  private conclude(): void {
    if (!this.over) return;
    if (this.failure !== null) this.settle?.reject(this.failure);
    else if (this.flushed) this.settle?.resolve();
  }
}

// A block that was not handed to the system yet is the application's again before it is.
function ownCopy(block: Chunk): Chunk {
  return typeof block === 'string' ? block : new Uint8Array(block);
}
