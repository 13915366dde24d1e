import { isThenable } from '../../wsgi/iteration.ts';
import type { RuleFor, Subject } from '../rule.ts';
import { show } from '../show.ts';

const DETAILS = 'PEP 3333, Specification Details';

/** A step that an iterator gave. */
export interface StepFacts {
  readonly step: unknown;
}

export const stepRules: readonly RuleFor<StepFacts>[] = [
  {
    id: 'async-block',
    side: 'application',
    severity: 'error',
    text: 'A block is no promise: nobody waits for it.',
    reference: `${DETAILS}; ECMA-262, AsyncIterator`,
    remedy: 'Await it before it is given; an async generator can.',
    check: ({ step }) => {
      const { done, value } = (step ?? {}) as { done?: unknown; value?: unknown };
      return !done && isThenable(value) ? 'a block is a promise' : null;
    },
  },
  {
    id: 'async-step',
    side: 'application',
    severity: 'error',
    text: 'next() of an iterator gives an object with done and value; of an async iterator, a promise of one.',
    reference: 'ECMA-262, Iterator and AsyncIterator',
    remedy: 'Write a generator, which does so by itself.',
    check: ({ step }) =>
      typeof step === 'object' && step !== null ? null : `next() gave ${show(step)}`,
  },
];

export const synchronousStepRules: readonly RuleFor<StepFacts>[] = [
  {
    id: 'async-iterator',
    side: 'application',
    severity: 'error',
    text: 'An iterable whose next() gives promises has Symbol.asyncIterator, not Symbol.iterator.',
    reference: 'ECMA-262, AsyncIterable',
    remedy: 'Name the method [Symbol.asyncIterator].',
    check: ({ step }) =>
      isThenable(step) ? 'next() of a synchronous iterator gave a promise' : null,
  },
];

export const overlapRules: readonly RuleFor<{ readonly pending: boolean }>[] = [
  {
    id: 'async-overlap',
    side: 'server',
    severity: 'error',
    text: 'A block is asked for only when the one before has come: there is one next() at a time.',
    reference: DETAILS,
    remedy: 'Await the promise of next() before the next call.',
    check: ({ pending }) => (pending ? 'next() was called while another one was pending' : null),
  },
];

export const asyncInputInterfaceRules: readonly RuleFor<unknown>[] = [
  {
    id: 'async-input-interface',
    side: 'server',
    severity: 'error',
    text: 'wizgi.input, where there is one, has read, readline, readlines and an asynchronous iterator.',
    reference: 'PEP 3333, Server Extension APIs',
    remedy: 'Provide what is missing, or leave the key out.',
    check: (input) => {
      if (input === undefined) return null;
      if (typeof input !== 'object' || input === null) return `wizgi.input is ${show(input)}`;
      const owned = input as Readonly<Record<string | symbol, unknown>>;
      const names = ['read', 'readline', 'readlines', Symbol.asyncIterator];
      const missing = names.filter((name) => typeof owned[name] !== 'function');
      return missing.length === 0 ? null : `wizgi.input lacks ${missing.map(String).join(', ')}`;
    },
  },
];

export const asyncInputResultRules: readonly RuleFor<{
  readonly method: string;
  readonly result: unknown;
  readonly settled: boolean;
}>[] = [
  {
    id: 'async-input-result',
    side: 'server',
    severity: 'error',
    text: 'read and readline of wizgi.input give promises of bytes, readlines of a list of bytes.',
    reference: 'PEP 3333, Input and Error Streams',
    remedy: 'Give a promise of a Uint8Array, empty at the end.',
    check: ({ method, result, settled }) => {
      if (!settled) return isThenable(result) ? null : `${method}() gave ${show(result)}`;
      const right =
        method === 'readlines'
          ? Array.isArray(result) && result.every((line) => line instanceof Uint8Array)
          : result instanceof Uint8Array;
      return right ? null : `${method}() gave a promise of ${show(result)}`;
    },
  },
];

export const asyncSubject: Subject = {
  title: 'Asynchronous forms',
  introduction:
    'An application may return a promise of its iterable, and the iterable may be asynchronous. All other rules hold then, too. There is none of this in Python.',
  rules: [
    ...[...stepRules, ...synchronousStepRules, ...overlapRules],
    ...[...asyncInputInterfaceRules, ...asyncInputResultRules],
  ],
};
