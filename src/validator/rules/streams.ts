import type { RuleFor, Subject } from '../rule.ts';
import { show } from '../show.ts';

const STREAMS = 'PEP 3333, Input and Error Streams';

/** What an application may call. */
export const INPUT_METHODS: readonly string[] = ['read', 'readline', 'readlines'];
export const ERRORS_METHODS: readonly string[] = ['write', 'writelines', 'flush'];

/** A call of a method of one of the streams. */
export interface StreamCall {
  readonly method: string;
  readonly args: readonly unknown[];
}

/** A call of a method of `wsgi.input`. */
export interface InputCall extends StreamCall {
  /** Whether the stream ends by itself: `wsgi.input_terminated`. */
  readonly terminated: boolean;
  /** Bytes of content that have not been read; null where CONTENT_LENGTH does not say. */
  readonly remaining: number | null;
}

/** What such a call gave. */
export interface InputResult {
  readonly method: string;
  /** The most bytes that were asked for, or null. */
  readonly size: number | null;
  readonly result: unknown;
}

/** The stream, or whatever stands in its place. */
export const inputInterfaceRules: readonly RuleFor<unknown>[] = [
  {
    id: 'input-interface',
    side: 'server',
    severity: 'error',
    text: 'wsgi.input has read, readline, readlines, and can be iterated.',
    reference: STREAMS,
    remedy: 'Provide what is missing.',
    check: (input) => lacking('wsgi.input', input, INPUT_METHODS, true),
  },
];

export const inputCallRules: readonly RuleFor<InputCall>[] = [
  {
    id: 'input-methods',
    side: 'application',
    severity: 'error',
    text: 'Of wsgi.input an application uses read, readline, readlines and iteration only, and it never closes it.',
    reference: STREAMS,
    remedy: "Read what is needed; the stream is the server's to close.",
    check: ({ method }) => (INPUT_METHODS.includes(method) ? null : `${method}() was called on it`),
  },
  {
    id: 'input-arguments',
    side: 'application',
    severity: 'error',
    text: 'read, readline and readlines of wsgi.input take one argument at most, a number.',
    reference: STREAMS,
    remedy: 'Give the number of bytes, or nothing.',
    check: ({ method, args }) => {
      if (!INPUT_METHODS.includes(method)) return null;
      if (args.length > 1) return `${method}() was called with ${args.length} arguments`;
      const [size] = args;
      return size === undefined || size === null || Number.isInteger(size)
        ? null
        : `${method}() was called with ${show(size)}`;
    },
  },
  {
    id: 'input-read-size',
    side: 'application',
    severity: 'warning',
    text: 'read() has a size where the server does not say, by wsgi.input_terminated, that the stream ends by itself.',
    reference: `${STREAMS}, note 1`,
    remedy: 'Read CONTENT_LENGTH bytes: on other servers this waits for ever.',
    check: ({ method, args, terminated }) =>
      method === 'read' && !terminated && !isSize(args[0]) ? 'read() was called without one' : null,
  },
  {
    id: 'input-read-beyond',
    side: 'application',
    severity: 'warning',
    text: 'An application reads no more than CONTENT_LENGTH bytes where wsgi.input_terminated is not true.',
    reference: STREAMS,
    remedy: 'Count what was read, and stop there: on other servers the next read waits for ever.',
    check: ({ method, args, terminated, remaining }) => {
      const [size] = args;
      if (method !== 'read' || terminated || remaining === null || !isSize(size)) return null;
      return size > remaining ? `read(${size}) was called with ${remaining} bytes left` : null;
    },
  },
];

export const inputResultRules: readonly RuleFor<InputResult>[] = [
  {
    id: 'input-result',
    side: 'server',
    severity: 'error',
    text: 'read and readline of wsgi.input give bytes, readlines a list of bytes; none of them a promise.',
    reference: STREAMS,
    remedy:
      'Give a Uint8Array, empty at the end; what has to be waited for belongs into wizgi.input.',
    check: ({ method, result }) => {
      if (method === 'readlines') {
        if (!Array.isArray(result)) return `${method}() gave ${show(result)}`;
        const wrong = result.findIndex((line) => !(line instanceof Uint8Array));
        return wrong === -1 ? null : `${method}() gave ${show(result[wrong])} as a line`;
      }
      return result instanceof Uint8Array ? null : `${method}() gave ${show(result)}`;
    },
  },
  {
    id: 'input-result-size',
    side: 'server',
    severity: 'error',
    text: 'read and readline of wsgi.input give no more bytes than they were asked for.',
    reference: STREAMS,
    remedy: 'Keep the rest for the next read.',
    check: ({ method, size, result }) =>
      size !== null && result instanceof Uint8Array && result.byteLength > size
        ? `${method}(${size}) gave ${result.byteLength} bytes`
        : null,
  },
];

export const errorsInterfaceRules: readonly RuleFor<unknown>[] = [
  {
    id: 'errors-interface',
    side: 'server',
    severity: 'error',
    text: 'wsgi.errors has write, writelines and flush.',
    reference: STREAMS,
    remedy: 'Provide what is missing.',
    check: (errors) => lacking('wsgi.errors', errors, ERRORS_METHODS, false),
  },
];

export const errorsCallRules: readonly RuleFor<StreamCall>[] = [
  {
    id: 'errors-methods',
    side: 'application',
    severity: 'error',
    text: 'Of wsgi.errors an application uses write, writelines and flush only, and it never closes it.',
    reference: STREAMS,
    remedy: "Leave it open: it is the server's log.",
    check: ({ method }) =>
      ERRORS_METHODS.includes(method) ? null : `${method}() was called on it`,
  },
  {
    id: 'errors-arguments',
    side: 'application',
    severity: 'error',
    text: 'write and writelines of wsgi.errors take one argument, flush none.',
    reference: STREAMS,
    remedy: 'Put the text together first.',
    check: ({ method, args }) =>
      !ERRORS_METHODS.includes(method) || args.length === (method === 'flush' ? 0 : 1)
        ? null
        : `${method}() was called with ${args.length} arguments`,
  },
  {
    id: 'errors-text',
    side: 'application',
    severity: 'error',
    text: 'What is written to wsgi.errors is text.',
    reference: STREAMS,
    remedy: 'Turn it into a string first.',
    check: ({ method, args }) => {
      const [text] = args;
      if (method === 'write' && args.length === 1 && typeof text !== 'string') {
        return `write() was called with ${show(text)}`;
      }
      if (method !== 'writelines' || args.length !== 1) return null;
      if (!Array.isArray(text)) {
        return isIterable(text) ? null : `writelines() was called with ${show(text)}`;
      }
      const wrong = text.findIndex((line) => typeof line !== 'string');
      return wrong === -1 ? null : `writelines() was given ${show(text[wrong])}`;
    },
  },
];

/** Whether the argument of a read bounds it. */
export function isSize(size: unknown): size is number {
  return typeof size === 'number' && size >= 0;
}

function isIterable(value: unknown): boolean {
  return typeof value === 'object' && value !== null && Symbol.iterator in value;
}

function lacking(
  name: string,
  stream: unknown,
  methods: readonly string[],
  iterable: boolean,
): string | null {
  if (stream === undefined) return null;
  if (typeof stream !== 'object' || stream === null) return `${name} is ${show(stream)}`;
  const owned = stream as Readonly<Record<string | symbol, unknown>>;
  const missing = methods.filter((method) => typeof owned[method] !== 'function');
  if (iterable && typeof owned[Symbol.iterator] !== 'function') missing.push('an iterator');
  return missing.length === 0 ? null : `${name} lacks ${missing.join(', ')}`;
}

export const inputSubject: Subject = {
  title: 'wsgi.input',
  introduction: 'The content of the request.',
  rules: [...inputInterfaceRules, ...inputCallRules, ...inputResultRules],
};

export const errorsSubject: Subject = {
  title: 'wsgi.errors',
  introduction: "Text into the server's log.",
  rules: [...errorsInterfaceRules, ...errorsCallRules],
};
