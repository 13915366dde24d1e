import type { InputSource } from './input.ts';

/**
 * A request body that an async iterable gives while the application runs.
 *
 * One block is asked for ahead of the application, as a client's sending runs ahead.
 */
export class BodySource implements InputSource {
  private readonly iterator: AsyncIterator<Uint8Array | string>;
  private block: Uint8Array | null = null;
  private ended = false;
  private failure: { readonly error: unknown } | null = null;
  private pulling = false;
  private waiters: (() => void)[] = [];

  constructor(body: AsyncIterable<Uint8Array | string>) {
    this.iterator = body[Symbol.asyncIterator]();
    void this.pull();
  }

  next(): Uint8Array | null | undefined {
    const { block } = this;
    if (block !== null) {
      this.block = null;
      void this.pull();
      return block;
    }
    if (this.failure !== null) throw this.failure.error;
    return this.ended ? null : undefined;
  }

  arrival(): Promise<void> {
    if (this.block !== null || this.ended || this.failure !== null) return Promise.resolve();
    return new Promise((resolve) => {
      this.waiters.push(resolve);
    });
  }

  /** Ends the body early: reads that wait, and later ones, throw `error`. */
  fail(error: unknown): void {
    if (this.ended || this.failure !== null) return;
    this.failure = { error };
    this.wake();
    // A sender that is stuck must not hold up the end of the request.
    if (!this.pulling) this.iterator.return?.()?.then(undefined, () => undefined);
  }

  private async pull(): Promise<void> {
    if (this.pulling || this.ended || this.failure !== null) return;
    this.pulling = true;
    try {
      while (this.block === null && !this.ended && this.failure === null) {
        const step = await this.iterator.next();
        if (step.done) this.ended = true;
        else if (step.value.length > 0) this.block = Buffer.from(step.value as Uint8Array);
      }
    } catch (error) {
      this.failure ??= { error };
    }
    this.pulling = false;
    this.wake();
  }

  private wake(): void {
    const { waiters } = this;
    this.waiters = [];
    for (const waiter of waiters) waiter();
  }
}

/** Receives a whole body, as a server does before it enters an ordinary application. */
export async function receive(body: AsyncIterable<Uint8Array | string>): Promise<Uint8Array> {
  const blocks: Uint8Array[] = [];
  for await (const block of body) blocks.push(Buffer.from(block as Uint8Array));
  return Buffer.concat(blocks);
}
