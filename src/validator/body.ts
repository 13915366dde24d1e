import { isThenable, iteratorOf } from '../wsgi/iteration.ts';
import { discardBody } from '../wsgi/release.ts';
import type { Body, Chunk } from '../wsgi/types.ts';
import type { Progress } from './progress.ts';
import { overlapRules, stepRules, synchronousStepRules } from './rules/async.ts';
import { closeRules, isIterable, iterationRules, resultRules } from './rules/body.ts';

type Step = IteratorResult<Chunk>;

/** What the application returned, with it and its users checked. */
export function checkedBody(result: unknown, progress: Progress): Body {
  progress.returned = progress.outer.returned = true;
  try {
    return check(result, progress);
  } catch (error) {
    // Nobody else gets to see it.
    discardBody(result, () => undefined);
    throw error;
  }
}

function check(result: unknown, progress: Progress): Body {
  progress.inspection.check(resultRules, result);
  if (typeof result === 'string' || result instanceof Uint8Array) {
    progress.block(result);
    progress.end();
    return result as unknown as Body;
  }
  if (Array.isArray(result)) return checkedArray(result as Chunk[] & Body, progress);
  return isIterable(result)
    ? new Watch(result as Body, progress).body()
    : (result as unknown as Body);
}

/** All of it is there: it stays an array, whose length a server can tell. */
function checkedArray(blocks: Chunk[] & Body, progress: Progress): Body {
  for (const value of blocks) {
    progress.inspection.check(stepRules, { step: { value } });
    progress.block(value);
  }
  progress.end();
  if (typeof blocks.close !== 'function') return blocks;
  const watch = new Watch(blocks, progress);
  return Object.assign([...blocks], { close: watch.closer() });
}

/** Bodies that were collected before anybody closed them. */
const unclosed =
  typeof FinalizationRegistry === 'undefined'
    ? null
    : new FinalizationRegistry<Watch>((watch) => watch.lost());

/** One iterable, and what is done with it. */
class Watch {
  private readonly source: Body;
  private readonly progress: Progress;
  private iterator: Iterator<Chunk> | AsyncIterator<Chunk> | null = null;
  private iterators = 0;
  private closes = 0;
  private pending = false;
  /** A step was refused, of which the iterator does not know. */
  private refused = false;

  constructor(source: Body, progress: Progress) {
    this.source = source;
    this.progress = progress;
  }

  /** The iterable in its place, of the same form. */
  body(): Body {
    const { source } = this;
    const body: Partial<AsyncIterable<Chunk> & Iterable<Chunk>> & Pick<Body, 'close'> = {
      close: this.closer(),
    };
    if (has(source, Symbol.asyncIterator)) {
      body[Symbol.asyncIterator] = () => this.iterate(true) as AsyncIterator<Chunk>;
    }
    if (has(source, Symbol.iterator)) {
      body[Symbol.iterator] = () => this.iterate(false) as Iterator<Chunk>;
    }
    unclosed?.register(body, this, this);
    return body as Body;
  }

  closer(): () => void | PromiseLike<void> {
    return () => this.close();
  }

  /** Nobody can close it any more. */
  lost(): void {
    this.progress.inspection.checkLate(closeRules, { closes: this.closes, lost: true });
  }

  private iterate(asynchronous: boolean): Iterator<Chunk> | AsyncIterator<Chunk> {
    const { source, progress } = this;
    this.iterators++;
    progress.inspection.check(iterationRules, this.iteration());
    const iterator =
      asynchronous || !has(source, Symbol.asyncIterator)
        ? iteratorOf(source, progress.room)
        : (source as Iterable<Chunk>)[Symbol.iterator]();
    this.iterator = iterator;
    const next = () => this.next(iterator, asynchronous);
    if (typeof iterator.return !== 'function') return { next } as Iterator<Chunk>;
    const leave = () => {
      this.refused = false;
      return iterator.return?.();
    };
    return { next, return: leave } as Iterator<Chunk>;
  }

  private next(
    iterator: Iterator<Chunk> | AsyncIterator<Chunk>,
    asynchronous: boolean,
  ): Step | PromiseLike<Step> {
    const { inspection } = this.progress;
    inspection.check(iterationRules, this.iteration());
    inspection.check(overlapRules, { pending: this.pending });
    this.progress.asks();
    let step: Step | PromiseLike<Step>;
    try {
      step = iterator.next();
    } catch (error) {
      this.failed(error);
      throw error;
    }
    if (!isThenable(step)) return this.take(step as Step);
    if (!asynchronous) inspection.check(synchronousStepRules, { step });
    this.pending = true;
    return (step as PromiseLike<Step>).then(
      (settled) => this.take(settled),
      (error: unknown) => {
        this.failed(error);
        throw error;
      },
    );
  }

  private take(step: Step): Step {
    const { progress } = this;
    this.pending = false;
    progress.asked();
    this.refused = true;
    progress.inspection.check(stepRules, { step });
    if (typeof step === 'object' && step !== null) {
      if (step.done) {
        this.iterator = null;
        progress.end();
      } else {
        progress.block(step.value);
        progress.yielded();
      }
    }
    this.refused = false;
    return step;
  }

  private failed(error: unknown): void {
    this.iterator = null;
    this.pending = false;
    this.progress.asked();
    this.progress.failed(error);
  }

  private iteration() {
    const { iterators, pending, closes } = this;
    return { iterators, pending, closed: closes > 0 };
  }

  private close(): void | PromiseLike<void> {
    const { progress } = this;
    this.closes++;
    unclosed?.unregister(this);
    progress.over = true;
    progress.inspection.check(closeRules, { closes: this.closes, lost: false });
    let released: unknown;
    try {
      released = this.leave();
    } catch (error) {
      this.closeSource();
      throw error;
    }
    if (!isThenable(released)) return this.closeSource();
    return Promise.resolve(released)
      .finally(() => this.closeSource())
      .then(() => undefined);
  }

  /** Ends what has not ended, where its users have not done so. */
  private leave(): unknown {
    const { source, iterator } = this;
    if (this.refused) return iterator?.return?.();
    if (this.iterators > 0) return undefined;
    const { return: end, destroy } = source as Body & {
      return?: () => unknown;
      destroy?: () => unknown;
    };
    return end === undefined ? destroy?.call(source) : end.call(source);
  }

  private closeSource(): void | PromiseLike<void> {
    const { progress, source } = this;
    let closed: void | PromiseLike<void>;
    try {
      closed = source.close?.();
    } catch (error) {
      // That it cannot be called has been found.
      if (typeof source.close === 'function') progress.failed(error);
      throw error;
    }
    if (!isThenable(closed)) return closed;
    return closed.then(undefined, (error: unknown) => {
      progress.failed(error);
      throw error;
    });
  }
}

function has(source: object, name: symbol): boolean {
  return typeof (source as Readonly<Record<symbol, unknown>>)[name] === 'function';
}
