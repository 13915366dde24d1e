/** A streamed answer as Lambda carries it: metadata in JSON, eight NULs, then the content. */
import { EventEmitter } from 'node:events';
import type { LambdaResult, ResponseStream, StreamingHandler } from 'wizgi/lambda';

export type Metadata = Omit<LambdaResult, 'body' | 'isBase64Encoded'>;

const SEPARATOR = Buffer.alloc(8);

/** Takes a streamed answer apart, as its pieces come. */
export class StreamedAnswer {
  readonly metadata: Promise<Metadata>;
  private readonly pieces: AsyncIterator<Buffer>;
  private rest: Buffer | null = null;

  constructor(source: AsyncIterable<Buffer>) {
    this.pieces = source[Symbol.asyncIterator]();
    this.metadata = this.readMetadata();
    this.metadata.catch(() => undefined);
  }

  /** The next piece of content; null at the end. */
  async read(): Promise<Buffer | null> {
    await this.metadata;
    const { rest } = this;
    this.rest = null;
    if (rest !== null) return rest;
    const step = await this.pieces.next();
    return step.done ? null : step.value;
  }

  private async readMetadata(): Promise<Metadata> {
    let head: Buffer = Buffer.alloc(0);
    for (;;) {
      const end = head.indexOf(SEPARATOR);
      if (end !== -1) {
        const rest = head.subarray(end + SEPARATOR.length);
        if (rest.length > 0) this.rest = rest;
        return JSON.parse(head.subarray(0, end).toString());
      }
      const step = await this.pieces.next();
      if (step.done) throw new Error('the answer ended before its metadata did');
      head = Buffer.concat([head, step.value]);
    }
  }
}

/**
 * Stands in for the global of Lambda's runtime, where there is no runtime: the form of what it writes is
 * the documented one. test/lambda/runtime.test.ts has the runtime itself.
 */
export const awslambda = {
  streamifyResponse: <T extends StreamingHandler>(handler: T): T => handler,
  HttpResponseStream: {
    from(stream: ResponseStream, metadata: object): ResponseStream {
      let written = false;
      return {
        write(block) {
          if (!written) {
            written = true;
            stream.write(JSON.stringify(metadata));
            stream.write(SEPARATOR);
          }
          return stream.write(block);
        },
        end: (done) => stream.end(done),
        on: (event: never, listener: never) => stream.on(event, listener),
      };
    },
  },
};

/** Takes what a handler writes, and is drained when somebody has taken all of that. */
class InvocationStream implements ResponseStream, AsyncIterable<Buffer> {
  private readonly emitter = new EventEmitter();
  private readonly blocks: Buffer[] = [];
  private ended = false;
  private gone = false;
  private wake: (() => void) | null = null;

  write(block: Uint8Array | string): boolean {
    this.blocks.push(Buffer.from(block as Uint8Array));
    this.wake?.();
    return false;
  }

  end(done?: () => void): void {
    this.ended = true;
    if (done !== undefined) this.emitter.once('finish', done);
    this.wake?.();
  }

  on(event: string, listener: (error: never) => void): void {
    this.emitter.on(event, listener as () => void);
  }

  /** The other side is gone. */
  destroy(): void {
    this.gone = true;
    this.wake?.();
    this.emitter.emit('close');
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Buffer> {
    for (;;) {
      const block = this.blocks.shift();
      if (block !== undefined) {
        if (this.blocks.length === 0) queueMicrotask(() => this.emitter.emit('drain'));
        yield block;
      } else if (this.gone) return;
      else if (this.ended) {
        this.emitter.emit('finish');
        return;
      } else {
        const more = new Promise<void>((resolve) => {
          this.wake = resolve;
        });
        await more;
      }
    }
  }
}

/** Calls a streaming handler; what it writes can be read as it comes. */
export function invokeStreaming(handler: StreamingHandler, event: unknown) {
  const stream = new InvocationStream();
  const outcome = handler(event, stream).then(
    () => null,
    (error: unknown) => {
      stream.end();
      return error;
    },
  );
  return { stream, outcome, answer: new StreamedAnswer(stream) };
}
