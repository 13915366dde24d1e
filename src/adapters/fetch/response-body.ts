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

/**
 * The body of a Response whose source is hidden in its stream.
 *
 * One block that is the whole of it is given as such, so that it is sent with its length.
 */
export async function unwrapBody(stream: ReadableStream<Uint8Array>): Promise<Body> {
  const reader = stream.getReader();
  const first = await read(reader);
  if (first.done) return [];
  const second = read(reader);
  // Whoever iterates hears of it.
  second.catch(() => undefined);
  const ended = await Promise.race([
    second.then(
      ({ done }) => done,
      () => false,
    ),
    turns(TURNS),
  ]);
  if (ended) return [first.value];
  return new StreamBody(reader, [Promise.resolve(first), second]);
}

// The two say the same thing in different types.
function read(
  reader: ReadableStreamDefaultReader<Uint8Array>,
): Promise<IteratorResult<Uint8Array, undefined>> {
  return reader.read() as Promise<IteratorResult<Uint8Array, undefined>>;
}

async function turns(count: number): Promise<false> {
  for (let turn = 0; turn < count; turn++) await null;
  return false;
}
