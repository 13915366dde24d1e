import type { AsyncInputStream, InputStream } from '../../wsgi/types.ts';
import type { RackInput } from './types.ts';

/** `rack.input` over `wsgi.input`, and `wizgi.input` where it is iterated asynchronously. */
export class RackInputStream implements RackInput {
  readonly input: InputStream;
  readonly asyncInput: AsyncInputStream | undefined;
  private closed = false;

  constructor(input: InputStream, asyncInput: AsyncInputStream | undefined) {
    this.input = input;
    this.asyncInput = asyncInput;
  }

  read(length?: number | null): Uint8Array | null {
    this.checkOpen();
    const block = this.input.read(length);
    return block.byteLength === 0 && length != null && length > 0 ? null : block;
  }

  gets(): Uint8Array | null {
    this.checkOpen();
    const line = this.input.readline();
    return line.byteLength === 0 ? null : line;
  }

  each(take: (line: Uint8Array) => void): void {
    for (let line = this.gets(); line !== null; line = this.gets()) take(line);
  }

  /** Says that the rest is not wanted; the server drops it. */
  close(): void {
    this.closed = true;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array> {
    this.checkOpen();
    yield* this.asyncInput ?? this.input;
  }

  private checkOpen(): void {
    if (this.closed) throw new Error('rack.input was read after it was closed');
  }
}
