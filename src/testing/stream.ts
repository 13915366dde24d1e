import { Headers } from '../wsgi/headers.ts';
import type { HeaderList } from '../wsgi/types.ts';
import { Call, type Listener } from './call.ts';
import type { TestResponse } from './response.ts';

/** The beginning of a streamed response. */
export interface StreamHead {
  readonly status: number;
  readonly statusLine: string;
  readonly headers: Headers;
}

/**
 * A response read block by block.
 *
 * The application is asked for the next block only once the one before was read, as with a client
 * that reads slowly. Leaving a `for await` loop early leaves the request, as {@link abort} does.
 */
export class TestStream implements AsyncIterable<Uint8Array> {
  /** Resolves when the response begins; rejects when the request ended before. */
  readonly head: Promise<StreamHead>;
  /** The request's own result, once it is over. */
  readonly response: Promise<TestResponse>;
  private readonly call: Call;
  private readonly blocks: Uint8Array[] = [];
  private ended: { readonly complete: boolean } | null = null;
  private waiting: (() => void)[] = [];
  private aborted = false;

  constructor(start: (call: Call) => Promise<void>) {
    let begin!: (head: StreamHead) => void;
    let fail!: (reason: unknown) => void;
    this.head = new Promise((resolve, reject) => {
      begin = resolve;
      fail = reject;
    });
    const listener: Listener = {
      begun: (statusLine: string, headers: HeaderList) =>
        begin({
          status: Number(statusLine.slice(0, 3)),
          statusLine,
          headers: new Headers(headers),
        }),
      block: (block) => {
        this.blocks.push(block);
        this.wake();
        return false;
      },
    };
    this.call = new Call(listener);
    this.response = this.call.response;
    this.response.then(
      (response) => {
        this.ended = { complete: response.complete };
        fail(new Error('the request ended before a response began'));
        this.wake();
      },
      (error: unknown) => {
        this.ended = { complete: false };
        fail(error);
        this.wake();
      },
    );
    // Nobody has to look at how a response begins.
    this.head.catch(() => undefined);
    start(this.call).catch((error: unknown) => this.call.fail(error));
  }

  /**
   * The next block, or null at the end of the response.
   *
   * @throws {Error} when the response was cut.
   */
  async read(): Promise<Uint8Array | null> {
    for (;;) {
      const block = this.blocks.shift();
      if (block !== undefined) {
        if (this.blocks.length === 0) this.call.resume();
        return block;
      }
      if (this.aborted) return null;
      if (this.ended !== null) {
        if (this.ended.complete) return null;
        throw new Error('the response was cut');
      }
      await new Promise<void>((resolve) => {
        this.waiting.push(resolve);
      });
    }
  }

  /** Leaves, as a client that closes its connection. */
  abort(): void {
    if (this.ended !== null) return;
    this.aborted = true;
    this.blocks.length = 0;
    this.call.leave();
    this.wake();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array> {
    try {
      for (let block = await this.read(); block !== null; block = await this.read()) yield block;
    } finally {
      this.abort();
    }
  }

  private wake(): void {
    const { waiting } = this;
    this.waiting = [];
    for (const waiter of waiting) waiter();
  }
}
