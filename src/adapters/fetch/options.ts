import { checkOptions } from '../../wsgi/check-options.ts';
import { TextErrorStream, type TextSink } from '../../wsgi/error-stream.ts';
import type { Log } from '../../wsgi/log.ts';
import type { ErrorStream } from '../../wsgi/types.ts';
import { consoleLog, consoleSink } from '../console.ts';

/** Settings of {@link toFetch}. */
export interface ToFetchOptions {
  /** Path that the application is mounted at, for SCRIPT_NAME; requests outside it get 404. @default '' */
  readonly scriptName?: string;
  /**
   * Bytes of the largest request body; larger ones are answered 413.
   *
   * @default 16 MiB, which are kept in memory; 1 GiB for an application marked by `streaming()`
   */
  readonly maxBody?: number;
  /**
   * The header that tells the client's address, where whoever sets it is trusted: `'CF-Connecting-IP'`
   * on Cloudflare. @default none: REMOTE_ADDR is what the runtime says
   */
  readonly addressHeader?: string;
  /** Further entries of each environ. */
  readonly environ?: Readonly<Record<string, string>>;
  /** Where `wsgi.errors` writes. @default the console */
  readonly errors?: TextSink;
  /** Where failures are reported. @default warnings and errors, on the console */
  readonly log?: Log;
}

/** What holds for all requests of a handler. */
export interface FetchFacts {
  readonly scriptName: string;
  readonly maxBody: number;
  readonly addressHeader: string | null;
  readonly extra: readonly (readonly [string, string])[];
  readonly errors: ErrorStream;
  readonly log: Log;
  readonly streaming: boolean;
}

const MEBIBYTE = 1024 ** 2;

const KNOWN = ['scriptName', 'maxBody', 'addressHeader', 'environ', 'errors', 'log'];

/**
 * Checks the options and fills in the defaults.
 *
 * @throws {TypeError} naming an option that does not exist or whose value is unusable.
 */
export function resolveToFetch(options: ToFetchOptions, streaming: boolean): FetchFacts {
  checkOptions('toFetch', options, KNOWN);
  const { maxBody = (streaming ? 1024 : 16) * MEBIBYTE } = options;
  if (!Number.isSafeInteger(maxBody) || maxBody < 0) {
    throw new TypeError(`toFetch option 'maxBody' is ${maxBody}; expected a number of bytes`);
  }
  return {
    scriptName: mountPoint(options.scriptName ?? ''),
    maxBody,
    addressHeader: options.addressHeader ?? null,
    extra: Object.entries(options.environ ?? {}),
    errors: new TextErrorStream(options.errors ?? consoleSink),
    log: options.log ?? consoleLog,
    streaming,
  };
}

function mountPoint(path: string): string {
  const trimmed = path.replace(/\/+$/, '');
  if (trimmed !== '' && !/^\/[\x20-\x7e\x80-\xff]*$/.test(trimmed)) {
    throw new TypeError(`toFetch option 'scriptName' is '${path}'; expected a path such as '/app'`);
  }
  return trimmed;
}
