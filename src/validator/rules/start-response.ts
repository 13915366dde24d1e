import type { RuleFor, Subject } from '../rule.ts';
import { show, showError } from '../show.ts';

const START = 'PEP 3333, The start_response() Callable';

/** A call of `startResponse`. */
export interface StartCall {
  readonly args: readonly unknown[];
  /** Calls before this one. */
  readonly earlier: number;
  /** Whether the request is over. */
  readonly over: boolean;
}

/** What became of such a call. */
export interface StartOutcome {
  /** What it gave, unless it threw. */
  readonly write: unknown;
  /** The error that it was given, and that had to be thrown, as content was sent. */
  readonly due: unknown;
  readonly thrown: { readonly error: unknown } | null;
}

/** A block that is given, or the end. */
export interface StartState {
  readonly started: boolean;
  readonly ended: boolean;
  /** Whether startResponse threw the error that it was given, and the application went on. */
  readonly swallowed: boolean;
}

export const startCallRules: readonly RuleFor<StartCall>[] = [
  {
    id: 'start-response-arguments',
    side: 'application',
    severity: 'error',
    text: 'startResponse is called with two or three positional arguments.',
    reference: START,
    remedy: 'Pass status and headers, and the error where one makes another call necessary.',
    check: ({ args }) =>
      args.length === 2 || args.length === 3 ? null : `it was called with ${args.length} arguments`,
  },
  {
    id: 'start-response-error',
    side: 'application',
    severity: 'error',
    text: 'The third argument is the error that was caught; in Python, sys.exc_info().',
    reference: START,
    remedy: 'Pass what was caught, or leave it out.',
    check: ({ args: [, , error] }) =>
      typeof error === 'boolean' || typeof error === 'number'
        ? `the third argument is ${show(error)}`
        : null,
  },
  {
    id: 'start-response-twice',
    side: 'application',
    severity: 'error',
    text: 'startResponse is called once, or again with the error that makes another call necessary.',
    reference: START,
    remedy: 'Pass the error as the third argument, also when the first call threw.',
    check: ({ args, earlier, over }) =>
      earlier > 0 && !over && (args[2] === undefined || args[2] === null)
        ? 'it was called again, without an error'
        : null,
  },
  {
    id: 'start-response-late',
    side: 'application',
    severity: 'error',
    text: 'startResponse is not called when the request is over.',
    reference: START,
    remedy: 'End what the request began before its response ends, at the latest in close().',
    check: ({ over }) => (over ? 'it was called after the end' : null),
  },
];

export const startOutcomeRules: readonly RuleFor<StartOutcome>[] = [
  {
    id: 'start-response-result',
    side: 'server',
    severity: 'error',
    text: 'startResponse gives write, a function; never a promise.',
    reference: START,
    remedy: 'Return a function that takes a block, also where startResponse is called again.',
    check: ({ write, thrown }) =>
      thrown !== null || typeof write === 'function' ? null : `it gave ${show(write)}`,
  },
  {
    id: 'start-response-rethrow',
    side: 'server',
    severity: 'warning',
    text: 'Once content was sent, startResponse throws the very error that it is given.',
    reference: START,
    remedy: 'Throw it again; a middleware that replaces the response need not.',
    check: ({ due, thrown }) => {
      if (due === undefined || due === null || thrown?.error === due) return null;
      return thrown === null ? 'it threw nothing' : `it threw ${showError(thrown.error)}`;
    },
  },
];

export const startStateRules: readonly RuleFor<StartState>[] = [
  {
    id: 'start-response-before-content',
    side: 'application',
    severity: 'error',
    text: 'startResponse is called before the first block is given, even an empty one.',
    reference: 'PEP 3333, Specification Details',
    remedy: 'Call it first, at the latest in the first step of the iteration.',
    check: ({ started, ended }) => (started || ended ? null : 'a block came before the call'),
  },
  {
    id: 'start-response-missing',
    side: 'application',
    severity: 'error',
    text: 'startResponse is called before the response ends.',
    reference: 'PEP 3333, Specification Details',
    remedy: 'Call it on every path, also where there is no content.',
    check: ({ started, ended }) =>
      ended && !started ? 'the response ended without the call' : null,
  },
  {
    id: 'start-response-swallowed',
    side: 'application',
    severity: 'error',
    text: 'What startResponse throws when it is given an error is not caught.',
    reference: START,
    remedy: 'Let it go up: the response cannot be completed, and the server has to cut it.',
    check: ({ swallowed }) => (swallowed ? 'the application went on' : null),
  },
];

export const startSubject: Subject = {
  title: 'startResponse',
  introduction: 'Named start_response in Python.',
  rules: [...startCallRules, ...startOutcomeRules, ...startStateRules],
};
