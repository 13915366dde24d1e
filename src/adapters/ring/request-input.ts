import { encode } from '../../wsgi/blocks.ts';
import { BodySource, receive } from '../../wsgi/body-source.ts';
import { AsyncInput, Input } from '../../wsgi/input.ts';
import type { Chunk } from '../../wsgi/types.ts';
import type { RequestInput } from './environ.ts';
import { InputBody } from './request-body.ts';
import type { RingContent } from './types.ts';

/**
 * The input of an application for a request's content.
 *
 * That of a request which came through `fromRing` is the one that it had before. An async iterable is
 * received first, unless the application is marked by `streaming()`.
 */
export function requestInput(
  body: RingContent | null | undefined,
  streaming: boolean,
): RequestInput | Promise<RequestInput> {
  if (body instanceof InputBody && body.asyncInput !== undefined) {
    return { input: body.input, asyncInput: body.asyncInput, size: null };
  }
  if (body === null || body === undefined) return whole([]);
  if (typeof body === 'string' || body instanceof Uint8Array) return whole([body]);
  if (Symbol.asyncIterator in body) {
    return streaming ? arriving(body) : receive(body).then((bytes) => whole([bytes]));
  }
  return whole([...body]);
}

function whole(chunks: readonly Chunk[]): RequestInput {
  const blocks = chunks.map(encode);
  const size = blocks.reduce((total, block) => total + block.byteLength, 0);
  return inputs(Input.of(...blocks), size);
}

function arriving(body: AsyncIterable<Chunk>): RequestInput {
  return inputs(new Input(new BodySource(body)), null);
}

function inputs(input: Input, size: number | null): RequestInput {
  return { input, asyncInput: new AsyncInput(input), size };
}
