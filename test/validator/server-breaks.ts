/** Servers each of which breaks one rule, and nothing else. */
import { testEnviron } from '../../src/testing/index.ts';
import type { Application, Body, Chunk, Environ, HeaderList, Write } from '../../src/wsgi/types.ts';
import { collectGarbage } from '../conformance/garbage.ts';

export interface ServerBreak {
  /** What the server does with the application. */
  readonly serve: (call: Call) => unknown;
  /** By default one that answers with a generator. */
  readonly app?: Application;
}

type Call = (...args: unknown[]) => Body | Promise<Body>;

const TEXT: HeaderList = [['Content-Type', 'text/plain']];
const write: Write = () => undefined;
const startResponse = () => write;

const hello: Application = (_environ, start) => {
  start('200 OK', TEXT);
  return (function* () {
    yield 'hello';
  })();
};

const delayed: Application = (_environ, start) => {
  start('200 OK', TEXT);
  return (async function* () {
    yield 'hello';
  })();
};

const reading =
  (read: (environ: Environ) => unknown): Application =>
  async (environ, start) => {
    await read(environ);
    start('200 OK', TEXT);
    return ['read'];
  };

/** Serves properly, but for the environ, or startResponse. */
function properly(call: Call, environ: unknown, start: unknown = startResponse): void {
  const body = call(environ, start) as Body & Iterable<Chunk>;
  if (body instanceof Promise) return;
  for (const _block of body);
  body.close?.();
}

const given = (changes: Readonly<Record<string, unknown>>): ServerBreak => ({
  serve: (call) => properly(call, Object.assign(testEnviron(), changes)),
});

const without = (...keys: readonly string[]): ServerBreak => ({
  serve: (call) => {
    const environ = testEnviron();
    for (const key of keys) delete environ[key];
    properly(call, environ);
  },
});

const started = (start: unknown, app = hello): ServerBreak => ({
  serve: (call) => properly(call, testEnviron(), start),
  app,
});

const withInput = (methods: object, app: Application): ServerBreak => ({
  serve: (call) => call(testEnviron('/', { environ: inputWith(methods) }), startResponse),
  app,
});

const EMPTY = new Uint8Array();

function inputWith(methods: object): Readonly<Record<string, unknown>> {
  const input = { read: () => EMPTY, readline: () => EMPTY, readlines: () => [], ...methods };
  return { 'wsgi.input': { ...input, *[Symbol.iterator]() {} } };
}

const asyncInput = {
  read: async () => EMPTY,
  readline: async () => EMPTY,
  readlines: async () => [],
  async *[Symbol.asyncIterator]() {},
};

export const serverBreaks: Readonly<Record<string, ServerBreak>> = {
  'application-arguments': {
    serve: (call) => {
      const body = call(testEnviron(), startResponse, 'more') as Body & Iterable<Chunk>;
      for (const _block of body);
      body.close?.();
    },
  },
  'environ-object': {
    serve: (call) => properly(call, Object.freeze(testEnviron())),
  },
  'environ-required': without('SERVER_PROTOCOL'),
  'environ-content-headers': given({ HTTP_CONTENT_LENGTH: '0' }),
  'environ-query-string': without('QUERY_STRING'),
  'environ-strings': given({ SERVER_PORT: 80 }),
  'environ-native': given({ PATH_INFO: '/€' }),
  'environ-key-names': given({ 'My.Key': 'x' }),
  'environ-version': given({ 'wsgi.version': [1, 1] }),
  'environ-scheme': given({ 'wsgi.url_scheme': 'ws' }),
  'environ-flags': given({ 'wsgi.run_once': 'false' }),
  'environ-method': given({ REQUEST_METHOD: '' }),
  'environ-known-method': given({ REQUEST_METHOD: 'BREW' }),
  'environ-paths': given({ PATH_INFO: 'app' }),
  'environ-script-name': given({ SCRIPT_NAME: '/' }),
  'environ-path-info': without('SCRIPT_NAME', 'PATH_INFO'),
  'environ-content-length': given({ CONTENT_LENGTH: '-1' }),
  'environ-server-address': given({ SERVER_NAME: '' }),
  'environ-file-wrapper': given({ 'wsgi.file_wrapper': true }),
  'input-interface': given({ 'wsgi.input': { read: () => EMPTY } }),
  'input-result': withInput(
    { read: () => 'text' },
    reading((environ) => environ['wsgi.input'].read(1)),
  ),
  'input-result-size': withInput(
    { read: () => new Uint8Array(2) },
    reading((environ) => environ['wsgi.input'].read(1)),
  ),
  'errors-interface': given({ 'wsgi.errors': { write: () => undefined } }),
  'start-response-result': started(() => undefined),
  'start-response-rethrow': {
    app: (_environ, start) => {
      start('200 OK', TEXT);
      return (function* () {
        yield 'one';
        start('500 Oops', TEXT, new Error('late'));
        yield 'two';
      })();
    },
    serve: (call) => properly(call, testEnviron()),
  },
  'body-iterated-once': {
    serve: (call) => {
      const body = call(testEnviron(), startResponse) as Body & Iterable<Chunk>;
      for (const _block of body);
      body[Symbol.iterator]();
      body.close?.();
    },
  },
  'body-iterated-after-close': {
    serve: (call) => {
      const body = call(testEnviron(), startResponse) as Body & Iterable<Chunk>;
      const iterator = body[Symbol.iterator]();
      body.close?.();
      iterator.next();
    },
  },
  'close-once': {
    serve: (call) => {
      const body = call(testEnviron(), startResponse) as Body & Iterable<Chunk>;
      for (const _block of body);
      body.close?.();
      body.close?.();
    },
  },
  'close-missing': {
    serve: async (call) => {
      // In a function of its own, so that nothing on the stack keeps the iterable.
      await (async () => void [...(call(testEnviron(), startResponse) as Iterable<Chunk>)])();
      await new Promise((resolve) => setImmediate(resolve));
      collectGarbage();
      await new Promise((resolve) => setImmediate(resolve));
    },
  },
  'async-overlap': {
    app: delayed,
    serve: async (call) => {
      const body = call(testEnviron(), startResponse) as Body & AsyncIterable<Chunk>;
      const iterator = body[Symbol.asyncIterator]();
      const first = iterator.next();
      try {
        await iterator.next();
      } finally {
        await first;
        await body.close?.();
      }
    },
  },
  'async-input-interface': given({ 'wizgi.input': { read: () => undefined } }),
  'async-input-result': {
    app: reading((environ) => environ['wizgi.input']?.read(1)),
    serve: (call) =>
      call(
        testEnviron('/', {
          environ: { 'wizgi.input': { ...asyncInput, read: async () => 'text' } },
        }),
        startResponse,
      ),
  },
};
