import { isThenable } from './iteration.ts';
import type { Chunk } from './types.ts';

type Step = IteratorResult<Chunk>;

/** A body whose blocks stand in memory that is filled anew; its usual iterator gives copies. */
export abstract class Lender {
  /** Used instead of the usual iterator by who has done with a block when asking for the next. */
  abstract lend(): Loan;
}

/** An iterator whose blocks are good until the next one is asked for, or the body is closed. */
export interface Loan {
  next(): Step | LentStep | PromiseLike<Step>;
  return?(): unknown;
}

/**
 * What a loan gives in place of a promise: its one listener hears of the step in the turn in which it
 * is there, before the memory is filled anew. Good for one step after the other.
 */
export class LentStep {
  private given: ((step: Step) => void) | null = null;
  private failed: ((error: unknown) => void) | null = null;

  // biome-ignore lint/suspicious/noThenProperty: it is listened to as promises are.
  then(given: (step: Step) => void, failed: (error: unknown) => void): void {
    this.given = given;
    this.failed = failed;
  }

  resolve(step: Step | PromiseLike<Step>): void {
    if (isThenable(step)) (step as PromiseLike<Step>).then(this.given, this.failed);
    else this.given?.(step);
  }

  reject(error: unknown): void {
    this.failed?.(error);
  }
}
