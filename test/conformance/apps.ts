/** Applications, and parts of them, that many cases use. */
import type { Application, Body, Chunk, Environ, HeaderList } from '../../src/wsgi/types.ts';
import {
  type Answer,
  type Harness,
  type RequestSpec,
  type ServeOptions,
  serving,
} from './harness.ts';

export const TEXT: HeaderList = [['Content-Type', 'text/plain']];

/** Answers with a body, made anew for each request. */
export function answering(
  body: () => Body,
  headers: HeaderList = TEXT,
  status = '200 OK',
): Application {
  return (_environ, startResponse) => {
    startResponse(status, headers);
    return body();
  };
}

/** A generator of these blocks: an iterable without a length. */
export function* yielding(...blocks: Chunk[]): Generator<Chunk> {
  yield* blocks;
}

/** Blocks for ever. */
export function* endless(block: Chunk = 'x'.repeat(1024)): Generator<Chunk> {
  for (;;) yield block;
}

/** An iterable that counts what is done with it. */
export class Tracked implements Iterable<Chunk> {
  pulls = 0;
  returns = 0;
  closes = 0;
  /** Pulls, returns and closes in their order. */
  readonly order: string[] = [];
  private readonly source: Iterable<Chunk>;

  constructor(source: Iterable<Chunk>) {
    this.source = source;
  }

  [Symbol.iterator](): Iterator<Chunk> {
    const iterator = this.source[Symbol.iterator]();
    return {
      next: () => {
        this.pulls++;
        this.order.push('next');
        return iterator.next();
      },
      return: () => {
        this.returns++;
        this.order.push('return');
        return iterator.return?.() ?? { done: true, value: undefined };
      },
    };
  }

  close(): void {
    this.closes++;
    this.order.push('close');
  }
}

/** The answer to one request of an application. */
export async function answerOf(
  harness: Harness,
  app: Application,
  spec: RequestSpec = {},
  options: ServeOptions = {},
): Promise<Answer> {
  const served = await serving(harness, app, options);
  return served.request(spec);
}

/** The environ of one request. */
export async function environOf(
  harness: Harness,
  spec: RequestSpec = {},
  options: ServeOptions = {},
): Promise<Environ> {
  const seen: Environ[] = [];
  const answer = await answerOf(
    harness,
    (environ, startResponse) => {
      seen.push({ ...environ });
      startResponse('200 OK', TEXT);
      return ['seen'];
    },
    spec,
    options,
  );
  const [environ] = seen;
  if (environ === undefined) throw new Error(`not called; answered ${answer.statusLine}`);
  return environ;
}

/**
 * What becomes of a call of `startResponse`: `accepted`, or the code of the error that the
 * application saw.
 */
export async function outcomeOf(
  harness: Harness,
  status: unknown,
  ...rest: [headers?: unknown]
): Promise<string> {
  const headers = rest.length === 0 ? [] : rest[0];
  const answer = await answerOf(harness, (_environ, startResponse) => {
    try {
      startResponse(status as string, headers as HeaderList);
      return ['accepted'];
    } catch (error) {
      startResponse('599 Caught', [], error);
      return [(error as { code?: string }).code ?? String(error)];
    }
  });
  if (answer.status === 204 || answer.status === 304) return 'accepted';
  return answer.body.toString();
}

/** Calls `startResponse` and gives what it threw. */
export function thrownBy(call: () => unknown): unknown {
  try {
    call();
  } catch (error) {
    return error;
  }
  return undefined;
}
