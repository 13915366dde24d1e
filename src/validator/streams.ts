import type { AsyncInputStream, Environ, ErrorStream, InputStream } from '../wsgi/types.ts';
import type { Progress } from './progress.ts';
import { asyncInputResultRules } from './rules/async.ts';
import {
  ERRORS_METHODS,
  errorsCallRules,
  INPUT_METHODS,
  inputCallRules,
  inputResultRules,
  isSize,
} from './rules/streams.ts';

type Call = (...args: unknown[]) => unknown;
type Methods = Record<string | symbol, unknown>;

/**
 * What is called on streams of other kinds without a look. Nothing else shows that PEP 3333 does not
 * name: an application that looks first has a choice then.
 */
const FOREIGN = ['close', 'pipe'];

/** Puts checked streams in the place of the server's. */
export function checkStreams(environ: Environ, progress: Progress): void {
  const { 'wsgi.input': input, 'wizgi.input': asyncInput, 'wsgi.errors': errors } = environ;
  if (isObject(input)) environ['wsgi.input'] = checkedInput(input, environ, progress);
  if (asyncInput !== undefined && isObject(asyncInput)) {
    environ['wizgi.input'] = checkedAsyncInput(asyncInput, progress);
  }
  if (isObject(errors)) environ['wsgi.errors'] = checkedErrors(errors, progress);
}

function checkedInput(input: InputStream, environ: Environ, progress: Progress): InputStream {
  const { inspection } = progress;
  const { CONTENT_LENGTH: length, 'wsgi.input_terminated': terminated = false } = environ;
  const declared = length !== undefined && /^\d+$/.test(length) ? Number(length) : null;
  let consumed = 0;
  const gave = (method: string, size: number | null, result: unknown) => {
    inspection.check(inputResultRules, { method, size, result });
    for (const bytes of Array.isArray(result) ? result : [result]) {
      if (bytes instanceof Uint8Array) consumed += bytes.byteLength;
    }
  };
  const checked =
    (method: string): Call =>
    (...args) => {
      const remaining = declared === null ? null : Math.max(0, declared - consumed);
      inspection.check(inputCallRules, { method, args, terminated, remaining });
      const result = callOn(input, method, args, progress);
      const [size] = args;
      if (INPUT_METHODS.includes(method))
        gave(method, isSize(size) && method !== 'readlines' ? size : null, result);
      return result;
    };
  return {
    ...methods([...INPUT_METHODS, ...FOREIGN], checked),
    *[Symbol.iterator]() {
      for (const line of input) {
        gave('readline', null, line);
        yield line;
      }
    },
  } as unknown as InputStream;
}

function checkedAsyncInput(input: AsyncInputStream, progress: Progress): AsyncInputStream {
  const { inspection } = progress;
  const checked =
    (method: string): Call =>
    (...args) => {
      const result = callOn(input, method, args, progress);
      inspection.check(asyncInputResultRules, { method, result, settled: false });
      return Promise.resolve(result).then((settled: unknown) => {
        inspection.check(asyncInputResultRules, { method, result: settled, settled: true });
        return settled;
      });
    };
  const iterator = () => input[Symbol.asyncIterator]();
  return {
    ...methods(INPUT_METHODS, checked),
    [Symbol.asyncIterator]: iterator,
  } as AsyncInputStream;
}

function checkedErrors(errors: ErrorStream, progress: Progress): ErrorStream {
  const checked =
    (method: string): Call =>
    (...args) => {
      progress.inspection.check(errorsCallRules, { method, args });
      return callOn(errors, method, args, progress);
    };
  const names = [...ERRORS_METHODS, ...FOREIGN];
  return methods(names, checked) as unknown as ErrorStream;
}

function methods(names: readonly string[], make: (name: string) => Call): Methods {
  return Object.fromEntries(names.map((name) => [name, make(name)]));
}

/** Calls what the server's stream has; that it has no `close` concerns nobody. */
function callOn(stream: object, name: string, args: unknown[], progress: Progress): unknown {
  const method = (stream as Methods)[name];
  if (typeof method !== 'function') {
    if (name === 'close') return undefined;
    throw new TypeError(`the stream has no ${name}()`);
  }
  return progress.serverSide(() => (method as Call).apply(stream, args));
}

function isObject(value: unknown): boolean {
  return typeof value === 'object' && value !== null;
}
