import { checkOptions } from '../../wsgi/check-options.ts';
import { TextErrorStream, type TextSink } from '../../wsgi/error-stream.ts';
import type { Log } from '../../wsgi/log.ts';
import type { ErrorStream } from '../../wsgi/types.ts';
import { consoleLog, consoleSink } from '../console.ts';
import { type MediaTypes, mediaTypes } from './media-types.ts';
import type { LambdaContext } from './types.ts';

/** Settings of {@link toLambda} and {@link toLambdaStream}. */
export interface ToLambdaOptions {
  /**
   * Path that the application is mounted at, for SCRIPT_NAME; requests outside it get 404. With `''`, or a
   * path without it, the stage is taken off.
   * @default the stage, where it is part of the URL
   */
  readonly scriptName?: string;
  /**
   * Media types, as in `'application/x-ndjson'` or `'model/*'`, whose content is passed on as text beside
   * those that are: `text/*`, JSON, XML, JavaScript and forms. All else, and what is not UTF-8, is encoded
   * as Base64. Streamed answers are never encoded. @default none
   */
  readonly textTypes?: readonly string[];
  /**
   * Bytes of the largest answer, as Lambda counts them: JSON, Base64 and all. A larger one is answered
   * 502, with a line in the log. Streamed answers have no limit here.
   * @default 6 MiB; 1 MiB behind a load balancer
   */
  readonly maxAnswer?: number;
  /**
   * Seconds before the end of the invocation at which an application that has not answered is stopped,
   * and 504 answered. @default 0.5
   */
  readonly timeoutMargin?: number;
  /** Called with every event that is no HTTP request, as those of queues and warm-ups. @default they fail */
  readonly otherEvents?: (event: unknown, context: LambdaContext | undefined) => unknown;
  /** Further entries of each environ. */
  readonly environ?: Readonly<Record<string, string>>;
  /** Where `wsgi.errors` writes. @default the console */
  readonly errors?: TextSink;
  /** Where failures are reported. @default warnings and errors, on the console */
  readonly log?: Log;
}

/** What holds for all requests of a handler. */
export interface LambdaFacts {
  readonly scriptName: string | null;
  readonly isText: MediaTypes;
  readonly maxAnswer: number | null;
  /** In milliseconds. */
  readonly margin: number;
  readonly otherEvents: ToLambdaOptions['otherEvents'];
  readonly extra: readonly (readonly [string, string])[];
  readonly errors: ErrorStream;
  readonly log: Log;
  readonly streaming: boolean;
}

const KNOWN = [
  'scriptName',
  'textTypes',
  'maxAnswer',
  'timeoutMargin',
  'otherEvents',
  'environ',
  'errors',
  'log',
];

/**
 * Checks the options and fills in the defaults.
 *
 * @throws {TypeError} naming an option that does not exist or whose value is unusable.
 */
export function resolveToLambda(options: ToLambdaOptions, streaming: boolean): LambdaFacts {
  checkOptions('toLambda', options, KNOWN);
  const { scriptName, maxAnswer, timeoutMargin = 0.5, otherEvents } = options;
  if (maxAnswer !== undefined && !(Number.isSafeInteger(maxAnswer) && maxAnswer > 0)) {
    throw unusable('maxAnswer', maxAnswer, 'a number of bytes');
  }
  if (!(timeoutMargin >= 0)) throw unusable('timeoutMargin', timeoutMargin, 'seconds');
  if (otherEvents !== undefined && typeof otherEvents !== 'function') {
    throw unusable('otherEvents', otherEvents, 'a function');
  }
  return {
    scriptName: scriptName === undefined ? null : mountPoint(scriptName),
    isText: mediaTypes(options.textTypes ?? []),
    maxAnswer: maxAnswer ?? null,
    margin: timeoutMargin * 1000,
    otherEvents,
    extra: Object.entries(options.environ ?? {}),
    errors: new TextErrorStream(options.errors ?? consoleSink),
    log: options.log ?? consoleLog,
    streaming,
  };
}

function mountPoint(path: string): string {
  const trimmed = path.replace(/\/+$/, '');
  if (trimmed !== '' && !/^\/[\x20-\x7e\x80-\xff]*$/.test(trimmed)) {
    throw unusable('scriptName', path, "a path such as '/app'");
  }
  return trimmed;
}

function unusable(name: string, value: unknown, expected: string): TypeError {
  return new TypeError(`toLambda option '${name}' is '${String(value)}'; expected ${expected}`);
}
