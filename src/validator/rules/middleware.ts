import type { RuleFor, Subject } from '../rule.ts';

const BLOCKS = 'PEP 3333, Middleware Handling of Block Boundaries';

/** What an inner application does, as a validator around the middleware sees it. */
export interface NestedFacts {
  /** Blocks that the inner iterable gave while the outer one was asked for one. */
  readonly blocksInStep: number;
  /** Whether the middleware has returned its own iterable. */
  readonly returned: boolean;
}

export const nestedRules: readonly RuleFor<NestedFacts>[] = [
  {
    id: 'middleware-one-for-one',
    side: 'application',
    severity: 'error',
    text: 'A middleware yields at least once for each block that it is given.',
    reference: BLOCKS,
    remedy:
      'Yield an empty block where there is nothing to say yet: the next one may be long in coming.',
    check: ({ blocksInStep }) =>
      blocksInStep > 1 ? `${blocksInStep} blocks were taken to give one` : null,
  },
  {
    id: 'middleware-returns-first',
    side: 'application',
    severity: 'error',
    text: 'A middleware returns its iterable before it iterates that of the application.',
    reference: BLOCKS,
    remedy: 'Iterate in a generator, so that the first block is taken when one is asked for.',
    check: ({ returned }) =>
      returned ? null : 'a block was taken before the middleware had returned',
  },
];

export const nestedWriteRules: readonly RuleFor<{ readonly innerIterated: boolean }>[] = [
  {
    id: 'middleware-write',
    side: 'application',
    severity: 'error',
    text: 'A middleware sends through write() only what was written, not what was yielded.',
    reference: BLOCKS,
    remedy: 'Yield it.',
    check: ({ innerIterated }) =>
      innerIterated ? 'write() was called while the application was iterated' : null,
  },
];

export const middlewareSubject: Subject = {
  title: 'Middleware',
  introduction:
    'A middleware is an application to what calls it, and a server to what it calls: all rules of both sides hold for it. These show where there is a validator on either side of it.',
  rules: [...nestedRules, ...nestedWriteRules],
};
