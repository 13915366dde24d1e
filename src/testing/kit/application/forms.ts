/** What synchronous and asynchronous applications return. */
import type { Chunk } from '../../../wsgi/types.ts';
import { Gate, waitAsynchronously, waitWithEmptyBlocks } from './gate.ts';
import type { Form, Step } from './program.ts';

export const synchronousForm: Form = {
  generator: blocks,
  iterable: (steps) => ({ [Symbol.iterator]: () => blocks(steps()) }),
};

export const asynchronousForm: Form = {
  generator: asynchronousBlocks,
  iterable: (steps) => ({ [Symbol.asyncIterator]: () => asynchronousBlocks(steps()) }),
};

function* blocks(steps: Generator<Step>): Generator<Chunk> {
  for (const step of steps) {
    if (step instanceof Gate) yield* waitWithEmptyBlocks(step);
    else yield step;
  }
}

async function* asynchronousBlocks(steps: Generator<Step>): AsyncGenerator<Chunk> {
  for (const step of steps) {
    if (step instanceof Gate) await waitAsynchronously(step);
    else yield step;
  }
}
