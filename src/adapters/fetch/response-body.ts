import { HEAD_NOW } from '../../wsgi/head-now.ts';
import type { Body } from '../../wsgi/types.ts';

/** Blocks of a stream, each read when the one before was taken. */
export class StreamBody implements AsyncIterableIterator<Uint8Array> {
  private readonly reader: ReadableStreamDefaultReader<Uint8Array>;
  /** What was read ahead, in order. */
  private readonly ahead: Promise<IteratorResult<Uint8Array, undefined>>[];

  constructor(
    reader: ReadableStreamDefaultReader<Uint8Array>,
    ahead: Promise<IteratorResult<Uint8Array, undefined>>[] = [],
  ) {
    this.reader = reader;
    this.ahead = ahead;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  next(): Promise<IteratorResult<Uint8Array, undefined>> {
    return this.ahead.shift() ?? read(this.reader);
  }

  async return(): Promise<IteratorResult<Uint8Array, undefined>> {
    await this.reader.cancel();
    return { done: true, value: undefined };
  }
}

/** Turns of the microtask queue in which a stream over one value comes to its end. */
const TURNS = 8;

const HEAD_FIRST = Promise.resolve({ done: false as const, value: HEAD_NOW });

/**
 * The body of a Response whose source is hidden in its stream.
 *
 * One block that is the whole of it is given as such, so that it is sent with its length. Where the first
 * block has to be waited for, the head goes out ahead of it: the handler has said all of that.
 */
export async function unwrapBody(stream: ReadableStream<Uint8Array>): Promise<Body> {
  const reader = stream.getReader();
  const first = read(reader);
  const begun = await soon(first);
  if (begun === null) return new StreamBody(reader, [HEAD_FIRST, first]);
  if (begun.done) return [];
  const second = read(reader);
  const step = await soon(second.catch(() => null));
  if (step?.done) return [begun.value];
  return new StreamBody(reader, [first, second]);
}

/** What a promise gives within a few turns, else null. */
function soon<T>(promise: Promise<T>): Promise<T | null> {
  // Whoever iterates hears of a failure, when it comes later.
  promise.catch(() => undefined);
  return Promise.race([promise, turns(TURNS)]);
}

// The two say the same thing in different types.
function read(
  reader: ReadableStreamDefaultReader<Uint8Array>,
): Promise<IteratorResult<Uint8Array, undefined>> {
  return reader.read() as Promise<IteratorResult<Uint8Array, undefined>>;
}

async function turns(count: number): Promise<null> {
  for (let turn = 0; turn < count; turn++) await null;
  return null;
}
