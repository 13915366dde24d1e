import type { AsyncInputStream, InputStream } from '../../wsgi/types.ts';
import type { RingRequestBody } from './types.ts';

const BLOCK = 64 * 1024;

/** A request's content: both cursors of an environ as one object. */
export class InputBody implements RingRequestBody {
  readonly input: InputStream;
  readonly asyncInput: AsyncInputStream | undefined;

  constructor(input: InputStream, asyncInput: AsyncInputStream | undefined) {
    this.input = input;
    this.asyncInput = asyncInput;
  }

  read(size?: number | null): Uint8Array {
    return this.input.read(size);
  }

  *[Symbol.iterator](): Generator<Uint8Array> {
    for (let block = this.read(BLOCK); block.byteLength > 0; block = this.read(BLOCK)) yield block;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array> {
    yield* this.asyncInput ?? this;
  }
}
