import { FileWrapper } from './file-wrapper.ts';
import type { Chunk } from './types.ts';

/**
 * The iterator of what an application returned: asynchronous if it has one, else synchronous.
 *
 * @param limit - what is left of the declared length, beyond which no file is read; or null.
 * @throws {TypeError} when it is no iterable.
 */
export function iteratorOf(
  result: unknown,
  limit: number | null,
): Iterator<Chunk> | AsyncIterator<Chunk> {
  if (typeof result === 'object' && result !== null) {
    if (result instanceof FileWrapper) {
      const blocks = result.blocks(limit);
      if (blocks !== null) return blocks;
    }
    const body = result as Partial<AsyncIterable<Chunk> & Iterable<Chunk>>;
    const asyncIterator = body[Symbol.asyncIterator];
    if (typeof asyncIterator === 'function') return asyncIterator.call(result);
    const iterator = body[Symbol.iterator];
    if (typeof iterator === 'function') return iterator.call(result);
  }
  const what = result === null ? 'null' : isResponse(result) ? 'a Response' : typeof result;
  throw new TypeError(`the application returned ${what}; expected an iterable of blocks`);
}

/** Tells a Response, which nobody may have loaded: Node does so when its class is asked for. */
function isResponse(result: unknown): boolean {
  if (typeof result !== 'object' || result === null) return false;
  const { status, arrayBuffer } = result as { status?: unknown; arrayBuffer?: unknown };
  return typeof status === 'number' && typeof arrayBuffer === 'function';
}

/** Tells whether a value is to be awaited. */
export function isThenable(value: unknown): value is PromiseLike<unknown> {
  return (
    typeof value === 'object' &&
    value !== null &&
    typeof (value as Partial<PromiseLike<unknown>>).then === 'function'
  );
}
