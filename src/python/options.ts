import {
  ConfigurationError,
  type OptionsOf,
  option,
  optionTable,
  type ResolvedServerOptions,
  resolveTable,
} from '../gateways/options.ts';
import type { Finding } from '../validator/index.ts';
import type { TextSink } from '../wsgi/error-stream.ts';
import type { Log } from '../wsgi/log.ts';
import { MAX_THREADS } from './ledger.ts';

/**
 * The options that concern Python applications: one table that feeds the types, the defaults, the
 * checks, the command's flags and the documentation. Names and meaning are Gunicorn's, where it has
 * the option.
 */
export const pythonOptionTable = {
  python: option('string', '', {
    flag: 'python',
    value: 'INTERPRETER',
    help: "The interpreter. Default: that of $VIRTUAL_ENV, else of .venv in the application's directory, else python3.",
  }),
  pythonpath: option('list', [], {
    flag: 'pythonpath',
    value: 'DIRECTORY',
    help: 'Directories to import from before all others; repeatable, or separated by commas.',
  }),
  workers: option('positive', 1, {
    flag: 'workers',
    short: 'w',
    help: 'Processes that run the application; those of each mount are its own. Default: $WEB_CONCURRENCY, else 1.',
  }),
  threads: option('positive', 1, {
    flag: 'threads',
    help: 'Threads in each worker, which is how many requests it runs at once.',
  }),
  maxRequests: option('count', 0, {
    flag: 'max-requests',
    help: 'Requests after which a worker is replaced; 0: never.',
  }),
  maxRequestsJitter: option('count', 0, {
    flag: 'max-requests-jitter',
    help: 'Most requests to add to that, at random, so that workers are not replaced all at once.',
  }),
  maxRss: option('bytes', 0, {
    flag: 'max-rss',
    help: 'Resident memory beyond which a worker is replaced; 0: no limit.',
  }),
  preload: option('boolean', false, {
    flag: 'preload',
    help: 'Load the application once and fork the workers from there, so that they share memory.',
  }),
  reload: option('boolean', false, {
    flag: 'reload',
    help: 'Replace the workers when a file of the application changes; for development.',
  }),
} as const;

/** Options of `python()`. */
export interface PythonOptions extends OptionsOf<typeof pythonOptionTable> {
  /** The workers' working directory, from which relative targets are taken. Default: the process's. */
  readonly directory?: string;
  /** Environment variables of the workers, beside those of this process. */
  readonly env?: Readonly<Record<string, string>>;
  /** Seconds that a request may take until its response begins; 0: no limit. Default: 60. */
  readonly timeout?: number;
  /** Seconds that running requests have to finish when a worker stops. Default: 30. */
  readonly gracefulTimeout?: number;
  /** Where answers wait whose clients are slower than the workers are needed. Default: the system's. */
  readonly spoolDirectory?: string;
  /**
   * This process serves one request and ends, and others do beside it: the environ says so in
   * `wsgi.run_once` and `wsgi.multiprocess`. Default: false.
   */
  readonly runOnce?: boolean;
  /**
   * Has the workers hold the application, and themselves, to the contract, as `validator({ report })` of
   * `wizgi/validator` does in this process. For development: each block passes through more hands.
   */
  readonly report?: (finding: Finding) => void;
  /** Where the pool logs. Default: warnings and errors to standard error. */
  readonly log?: Log;
  /** Where `wsgi.errors` writes. Default: standard error. */
  readonly errors?: TextSink;
}

/** Those of the options that have a row in a table, with every default filled in. */
export type ResolvedPythonOptions = Required<OptionsOf<typeof pythonOptionTable>> &
  Pick<ResolvedServerOptions, 'timeout' | 'gracefulTimeout' | 'spoolDirectory'>;

const table = {
  ...pythonOptionTable,
  timeout: optionTable.timeout,
  gracefulTimeout: optionTable.gracefulTimeout,
  spoolDirectory: optionTable.spoolDirectory,
} as const;

/**
 * Fills in the defaults.
 *
 * @throws {ConfigurationError} naming an option that does not exist or whose value is unusable.
 */
export function resolvePythonOptions(
  options: Omit<PythonOptions, 'directory' | 'env' | 'runOnce' | 'report' | 'log' | 'errors'>,
): ResolvedPythonOptions {
  const resolved = resolveTable(table, options);
  if (resolved.threads > MAX_THREADS) {
    throw new ConfigurationError(
      `option 'threads' (--threads) is ${resolved.threads}; a worker has ${MAX_THREADS} at most`,
    );
  }
  return resolved;
}
