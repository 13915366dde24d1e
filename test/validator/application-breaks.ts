/** Applications each of which breaks one rule, and nothing else. */
import type { RequestOptions } from '../../src/testing/index.ts';
import { streaming } from '../../src/wsgi/application.ts';
import type { Application, Body, Chunk, HeaderList, StartResponse } from '../../src/wsgi/types.ts';

export interface ApplicationBreak {
  readonly app: Application;
  readonly method?: string;
  readonly request?: RequestOptions;
}

const TEXT: HeaderList = [['Content-Type', 'text/plain']];

type Loose = (...args: unknown[]) => (...blocks: unknown[]) => unknown;

/** Answers `200 OK` with what is made of the call. */
function answering(
  make: (start: StartResponse) => unknown,
  headers: HeaderList = TEXT,
  status = '200 OK',
): ApplicationBreak {
  return {
    app: (_environ, startResponse) => {
      startResponse(status, headers);
      return make(startResponse) as Body;
    },
  };
}

function starting(...args: unknown[]): ApplicationBreak {
  return {
    app: (_environ, startResponse) => {
      (startResponse as unknown as Loose)(...args);
      return ['content'];
    },
  };
}

const withHeader = (name: unknown, value: unknown = 'x') =>
  starting('200 OK', [...TEXT, [name, value]]);

/** What the applications caught and kept to themselves. */
export const caught: unknown[] = [];

function ignoring(call: () => unknown): void {
  try {
    call();
  } catch (error) {
    caught.push(error);
  }
}

/** Calls a method of a stream, whether there is one or not. */
function using(
  key: 'wsgi.input' | 'wsgi.errors',
  use: (stream: never) => unknown,
): ApplicationBreak {
  return {
    app: (environ, startResponse) => {
      ignoring(() => use(environ[key] as never));
      startResponse('200 OK', TEXT);
      return ['content'];
    },
  };
}

const posting = (made: ApplicationBreak, terminated: boolean): ApplicationBreak => ({
  ...made,
  method: 'POST',
  request: { body: 'content', environ: { 'wsgi.input_terminated': terminated } },
});

type AnyStream = Readonly<Record<string, (...args: unknown[]) => unknown>>;

/** Middleware between two validators: the inner one is added where the table is used. */
export interface MiddlewareBreak {
  readonly middleware: (app: Application) => Application;
}

export const applicationBreaks: Readonly<Record<string, ApplicationBreak>> = {
  'application-fails': {
    app: () => {
      throw new Error('on its own');
    },
  },
  'input-methods': using('wsgi.input', (input: AnyStream) => input['pipe']?.()),
  'input-arguments': using('wsgi.input', (input: AnyStream) => input['readline']?.(1, 2)),
  'input-read-size': posting(
    using('wsgi.input', (input: AnyStream) => input['read']?.()),
    false,
  ),
  'input-read-beyond': posting(
    using('wsgi.input', (input: AnyStream) => [input['read']?.(4), input['read']?.(4)]),
    false,
  ),
  'errors-methods': using('wsgi.errors', (errors: AnyStream) => errors['close']?.()),
  'errors-arguments': using('wsgi.errors', (errors: AnyStream) => errors['flush']?.(true)),
  'errors-text': using('wsgi.errors', (errors: AnyStream) => errors['write']?.(new Error('x'))),
  'start-response-arguments': starting('200 OK', TEXT, undefined, 'more'),
  'start-response-error': starting('200 OK', TEXT, true),
  'start-response-twice': answering((start) => {
    ignoring(() => start('200 OK', TEXT));
    return ['content'];
  }),
  'start-response-late': answering((start) => ({
    *[Symbol.iterator]() {
      yield 'content';
    },
    close: () => queueMicrotask(() => ignoring(() => start('200 OK', TEXT))),
  })),
  'start-response-before-content': {
    app: (_environ, startResponse) =>
      (function* () {
        yield '';
        startResponse('200 OK', TEXT);
        yield 'content';
      })(),
  },
  'start-response-missing': { app: () => [] },
  'start-response-swallowed': answering((start) =>
    (function* () {
      yield 'content';
      ignoring(() => start('500 Oops', TEXT, new Error('late')));
      yield 'more';
    })(),
  ),
  'status-string': starting(200, TEXT),
  'status-form': starting('200', TEXT),
  'status-code': starting('103 Early Hints', TEXT),
  'status-characters': starting('200 O\u0001K', TEXT),
  'headers-list': starting('200 OK', new Map(TEXT)),
  'header-name': withHeader('X Y'),
  'header-name-usual': withHeader('X-'),
  'header-value': withHeader('X-A', 'one\r\nX-B: two'),
  'header-native': withHeader('X-Price', '€'),
  'header-status': withHeader('status'),
  'header-hop-by-hop': withHeader('Connection', 'close'),
  'header-etag': withHeader('ETag', 'bare'),
  'content-length-form': withHeader('Content-Length', '+7'),
  'no-content-headers': answering(() => [], [['Content-Length', '0']], '204 No Content'),
  'not-modified-headers': answering(() => [], TEXT, '304 Not Modified'),
  'body-iterable': answering(() => undefined),
  'body-bare': answering(() => Buffer.from('content')),
  'body-close': answering(() => ({
    *[Symbol.iterator]() {
      yield 'content';
    },
    close: true,
  })),
  'block-bytes': answering(() => ['content', 7]),
  'content-type-missing': answering(() => ['content'], []),
  'no-content-body': answering(() => ['content'], [], '204 No Content'),
  'content-length-exceeded': answering(() => ['content'], [...TEXT, ['Content-Length', '3']]),
  'content-length-short': answering(() => ['content'], [...TEXT, ['Content-Length', '9']]),
  'write-arguments': {
    app: (_environ, startResponse) => {
      const write = (startResponse as unknown as Loose)('200 OK', TEXT);
      write('content', 'more');
      return [];
    },
  },
  'write-during-iteration': {
    app: (_environ, startResponse) => {
      const write = startResponse('200 OK', TEXT);
      return (function* () {
        yield 'content';
        ignoring(() => write('more'));
      })();
    },
  },
  'write-late': {
    app: (_environ, startResponse) => {
      const write = startResponse('200 OK', TEXT);
      return {
        *[Symbol.iterator]() {
          yield 'content';
        },
        close: () => queueMicrotask(() => ignoring(() => write('more'))),
      };
    },
  },
  'async-block': answering(() => [Promise.resolve('content')]),
  'async-step': answering(() => ({ [Symbol.iterator]: () => ({ next: () => 7 }) })),
  'async-iterator': answering(() => ({
    [Symbol.iterator]: () => ({ next: async () => ({ done: true, value: undefined }) }),
  })),
};

/** The same rules broken in the asynchronous forms. */
export const asynchronousBreaks: readonly (readonly [rule: string, what: string, Application])[] = [
  [
    'async-block',
    'a promise among the blocks',
    async (_environ, startResponse) => {
      startResponse('200 OK', TEXT);
      return [Promise.resolve('content')] as unknown as Chunk[];
    },
  ],
  [
    'async-step',
    'a step that is none',
    async (_environ, startResponse) => {
      startResponse('200 OK', TEXT);
      return {
        [Symbol.asyncIterator]: () => ({ next: async () => 7 }),
      } as unknown as Body;
    },
  ],
  [
    'start-response-missing',
    'no start at all',
    async () => {
      await null;
      return [];
    },
  ],
  [
    'start-response-before-content',
    'a late start',
    async (_environ, startResponse) =>
      (async function* () {
        yield 'content';
        startResponse('200 OK', TEXT);
      })(),
  ],
  [
    'write-during-iteration',
    'a write during the iteration',
    async (_environ, startResponse) => {
      const write = startResponse('200 OK', TEXT);
      return (async function* () {
        yield 'content';
        ignoring(() => write('more'));
      })();
    },
  ],
  [
    'content-length-short',
    'less content than was said',
    streaming(async (_environ, startResponse) => {
      startResponse('200 OK', [...TEXT, ['Content-Length', '9']]);
      return (async function* () {
        yield 'content';
      })();
    }),
  ],
  [
    'application-fails',
    'a rejection',
    async () => {
      throw new Error('on its own');
    },
  ],
  [
    'body-iterable',
    'a promise of nothing',
    async (_environ, startResponse) => {
      startResponse('200 OK', TEXT);
      return undefined as unknown as Body;
    },
  ],
];

const passing: (app: Application, take: (body: Iterable<Chunk>) => unknown) => Application =
  (app, take) => (environ, startResponse) =>
    take(app(environ, startResponse) as Iterable<Chunk>) as Body;

/** Middleware, each of which breaks one rule around an application that yields three blocks. */
export const middlewareBreaks: Readonly<Record<string, MiddlewareBreak>> = {
  'middleware-one-for-one': {
    middleware: (app) =>
      passing(app, (body) => ({
        *[Symbol.iterator]() {
          let all = '';
          for (const block of body) all += block;
          yield all;
        },
        close: () => (body as Body).close?.(),
      })),
  },
  'middleware-returns-first': {
    middleware: (app) =>
      passing(app, (body) => {
        const all = [...body];
        (body as Body).close?.();
        return all;
      }),
  },
  'middleware-write': {
    middleware: (app) => (environ, startResponse) => {
      let write: ((chunk: Chunk) => unknown) | undefined;
      const body = app(environ, (...args) => {
        write = startResponse(...args);
        return write as never;
      }) as Iterable<Chunk> & Body;
      // Only the first block, as it comes too early, too.
      for (const block of body) {
        write?.(block);
        break;
      }
      body.close?.();
      return [];
    },
  },
};
