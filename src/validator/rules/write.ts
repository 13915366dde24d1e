import type { RuleFor, Subject } from '../rule.ts';

const WRITE = 'PEP 3333, The write() Callable';

/** A call of `write()`. */
export interface WriteCall {
  readonly args: readonly unknown[];
  /** Whether the application has returned its iterable. */
  readonly returned: boolean;
  readonly over: boolean;
}

export const writeRules: readonly RuleFor<WriteCall>[] = [
  {
    id: 'write-arguments',
    side: 'application',
    severity: 'error',
    text: 'write() takes one argument, a block.',
    reference: WRITE,
    remedy: 'Write each block with a call of its own.',
    check: ({ args }) => (args.length === 1 ? null : `it was called with ${args.length} arguments`),
  },
  {
    id: 'write-during-iteration',
    side: 'application',
    severity: 'error',
    text: 'write() is not called once the iterable was returned.',
    reference: WRITE,
    remedy: 'Yield the block.',
    check: ({ returned, over }) =>
      returned && !over ? 'it was called after the iterable was returned' : null,
  },
  {
    id: 'write-late',
    side: 'application',
    severity: 'error',
    text: 'write() is not called when the request is over.',
    reference: WRITE,
    remedy: 'End what the request began before its response ends, at the latest in close().',
    check: ({ over }) => (over ? 'it was called after the end' : null),
  },
];

export const writeSubject: Subject = {
  title: 'write()',
  introduction:
    'The push interface that startResponse gives, for programs that print their response.',
  rules: writeRules,
};
