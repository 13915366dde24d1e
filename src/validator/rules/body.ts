import { isThenable } from '../../wsgi/iteration.ts';
import type { RuleFor, Subject } from '../rule.ts';
import { show } from '../show.ts';

const DETAILS = 'PEP 3333, Specification Details';
const LENGTH = 'PEP 3333, Handling the Content-Length Header';

/** A block that the application gives, by yielding or by write(). */
export interface BlockFacts {
  readonly block: unknown;
}

/** The content so far, after a block or at its end. */
export interface ContentFacts {
  /** Three digits, or 0 before startResponse was called. */
  readonly code: number;
  readonly hasType: boolean;
  /** The request's method is HEAD. */
  readonly headOnly: boolean;
  /** Bytes of content, the last block's included. */
  readonly given: number;
  /** The declared Content-Length, or null. */
  readonly declared: number | null;
  readonly ended: boolean;
}

/** What is done with the iterable. */
export interface IterationFacts {
  readonly iterators: number;
  readonly closed: boolean;
  readonly pending: boolean;
}

export const resultRules: readonly RuleFor<unknown>[] = [
  {
    id: 'body-iterable',
    side: 'application',
    severity: 'error',
    text: 'An application returns an iterable of blocks: not null, not undefined.',
    reference: DETAILS,
    remedy: 'Return [] where there is no content, also when all of it was written.',
    check: (result) =>
      typeof result === 'string' || isIterable(result) ? null : `it returned ${show(result)}`,
  },
  {
    id: 'body-bare',
    side: 'application',
    severity: 'error',
    text: 'The iterable is not itself a string or a byte array.',
    reference: DETAILS,
    remedy: 'Return it in an array: others would send it byte by byte.',
    check: (result) =>
      typeof result === 'string' || result instanceof Uint8Array
        ? `it returned ${show(result)}`
        : null,
  },
  {
    id: 'body-close',
    side: 'application',
    severity: 'error',
    text: 'close of the iterable, where there is one, can be called.',
    reference: DETAILS,
    remedy: 'Make it a method, or give it another name.',
    check: (result) => {
      if (typeof result !== 'object' || result === null) return null;
      const { close } = result as { readonly close?: unknown };
      return close === undefined || close === null || typeof close === 'function'
        ? null
        : `close is ${show(close)}`;
    },
  },
];

export const blockRules: readonly RuleFor<BlockFacts>[] = [
  {
    id: 'block-bytes',
    side: 'application',
    severity: 'error',
    text: 'A block is bytes; in TypeScript also a string, which is sent as UTF-8.',
    reference: `${DETAILS}; Unicode Issues`,
    remedy: 'Encode it before it is given.',
    check: ({ block }) =>
      typeof block === 'string' || block instanceof Uint8Array || isThenable(block)
        ? null
        : `a block is ${show(block)}`,
  },
];

export const contentRules: readonly RuleFor<ContentFacts>[] = [
  {
    id: 'content-type-missing',
    side: 'application',
    severity: 'warning',
    text: 'Content has a Content-Type.',
    reference: 'RFC 9110 §8.3; RFC 3875 §6.3.1',
    remedy: 'Name it, with its charset for text: what guesses it can be led astray.',
    check: ({ code, hasType, given }) =>
      given > 0 && !hasType && code !== 0 && !isBodyless(code)
        ? 'there is content without a Content-Type'
        : null,
  },
  {
    id: 'no-content-body',
    side: 'application',
    severity: 'error',
    text: 'A response 204, 205 or 304 has no content.',
    reference: 'RFC 9110 §15.3.5, §15.3.6, §15.4.5',
    remedy: 'Return [], or answer with another status.',
    check: ({ code, given, headOnly }) =>
      given > 0 && isBodyless(code) && !headOnly ? `there is content with status ${code}` : null,
  },
  {
    id: 'content-length-exceeded',
    side: 'application',
    severity: 'error',
    text: 'There is no more content than Content-Length says.',
    reference: LENGTH,
    remedy:
      'Count the bytes after encoding; a middleware that changes content corrects its length.',
    check: ({ code, given, declared, headOnly }) =>
      declared !== null && given > declared && !headOnly && !isBodyless(code)
        ? `${given} bytes, with a Content-Length of ${declared}`
        : null,
  },
  {
    id: 'content-length-short',
    side: 'application',
    severity: 'error',
    text: 'There is no less content than Content-Length says, but for HEAD.',
    reference: LENGTH,
    remedy: 'Count the bytes after encoding, or leave the Content-Length out.',
    check: ({ code, given, declared, ended, headOnly }) =>
      ended && declared !== null && given < declared && !headOnly && !isBodyless(code)
        ? `${given} bytes, with a Content-Length of ${declared}`
        : null,
  },
];

export const iterationRules: readonly RuleFor<IterationFacts>[] = [
  {
    id: 'body-iterated-once',
    side: 'server',
    severity: 'error',
    text: 'The iterable is iterated once.',
    reference: DETAILS,
    remedy: 'Keep the iterator: many iterables, generators among them, begin only once.',
    check: ({ iterators }) => (iterators > 1 ? `it was iterated ${iterators} times` : null),
  },
  {
    id: 'body-iterated-after-close',
    side: 'server',
    severity: 'error',
    text: 'The iterable is not iterated after close().',
    reference: DETAILS,
    remedy: 'Call close() last.',
    check: ({ closed }) => (closed ? 'it was asked for a block after close()' : null),
  },
];

export const closeRules: readonly RuleFor<{ readonly closes: number; readonly lost: boolean }>[] = [
  {
    id: 'close-once',
    side: 'server',
    severity: 'error',
    text: 'close() is called once.',
    reference: DETAILS,
    remedy: 'Remember that it was called.',
    check: ({ closes }) => (closes > 1 ? `it was called ${closes} times` : null),
  },
  {
    id: 'close-missing',
    side: 'server',
    severity: 'error',
    text: 'close() is called when the request is over, however it ended.',
    reference: DETAILS,
    remedy: 'Call it in a finally; a middleware that returns another iterable passes close() on.',
    check: ({ closes, lost }) =>
      lost && closes === 0 ? 'the iterable is gone, and was never closed' : null,
  },
];

export const failureRules: readonly RuleFor<{ readonly what: string }>[] = [
  {
    id: 'application-fails',
    side: 'application',
    severity: 'error',
    text: 'An application answers for its own errors: nothing that it throws reaches the server.',
    reference: 'PEP 3333, Error Handling',
    remedy: 'Mend it, or catch it and answer with a status from 500 on.',
    check: ({ what }) => what,
  },
];

/** Whether a status allows no content. */
export function isBodyless(code: number): boolean {
  return code === 204 || code === 205 || code === 304;
}

/** Whether a value can be iterated, in either way. */
export function isIterable(value: unknown): value is object {
  return (
    typeof value === 'object' &&
    value !== null &&
    (typeof (value as Partial<Iterable<unknown>>)[Symbol.iterator] === 'function' ||
      typeof (value as Partial<AsyncIterable<unknown>>)[Symbol.asyncIterator] === 'function')
  );
}

export const bodySubject: Subject = {
  title: 'The response body',
  introduction: 'What the application returns, and what is done with it.',
  rules: [
    ...[...failureRules, ...resultRules, ...blockRules, ...contentRules],
    ...[...iterationRules, ...closeRules],
  ],
};
