import type { Chunk } from '../../wsgi/types.ts';

/** A step of an answer's iteration. */
export type Step = IteratorResult<Chunk, undefined>;

type OnStep<T> = ((step: Step) => T | PromiseLike<T>) | null | undefined;
type OnError<T> = ((error: unknown) => T | PromiseLike<T>) | null | undefined;

/**
 * The promise of a step: whoever asked for it with `then` gets it in the turn in which it is there.
 *
 * So `res.end()` has sent the answer when it returns, and nothing that a handler does next comes
 * between. To everybody else it is like any other promise.
 */
export class PendingStep implements Promise<Step> {
  readonly [Symbol.toStringTag] = 'Promise';
  private outcome: { readonly step: Step } | { readonly error: unknown } | null = null;
  private waiting: (() => void)[] = [];

  resolve(step: Step): void {
    this.settle({ step });
  }

  reject(error: unknown): void {
    this.settle({ error });
  }

  // biome-ignore lint/suspicious/noThenProperty: it is a promise.
  then<A = Step, B = never>(onStep?: OnStep<A>, onError?: OnError<B>): Promise<A | B> {
    return new Promise((resolve, reject) => {
      const tell = () => {
        try {
          resolve(this.told(onStep, onError));
        } catch (error) {
          reject(error);
        }
      };
      if (this.outcome === null) this.waiting.push(tell);
      else tell();
    });
  }

  catch<B = never>(onError?: OnError<B>): Promise<Step | B> {
    return this.then(undefined, onError);
  }

  finally(onEnd?: (() => void) | null): Promise<Step> {
    return Promise.resolve<Step>(this).finally(onEnd);
  }

  private told<A, B>(onStep: OnStep<A>, onError: OnError<B>): A | B | PromiseLike<A | B> {
    const outcome = this.outcome as NonNullable<typeof this.outcome>;
    if ('step' in outcome) {
      // Without a listener the step itself is passed on; so promises are typed.
      return typeof onStep === 'function' ? onStep(outcome.step) : (outcome.step as A);
    }
    if (typeof onError === 'function') return onError(outcome.error);
    throw outcome.error;
  }

  private settle(outcome: NonNullable<typeof this.outcome>): void {
    this.outcome = outcome;
    const { waiting } = this;
    this.waiting = [];
    for (const tell of waiting) tell();
  }
}
