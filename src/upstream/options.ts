import {
  ConfigurationError,
  type OptionRow,
  type OptionsOf,
  option,
  optionTable,
  resolveTable,
} from '../gateways/options.ts';
import type { Log } from '../wsgi/log.ts';
import type { Environ } from '../wsgi/types.ts';

/**
 * The options that concern upstream servers: one table that feeds the types, the defaults, the checks,
 * the command's flags and the documentation.
 */
export const upstreamOptionTable = {
  connectTimeout: option('seconds', 5, {
    flag: 'upstream-connect-timeout',
    help: 'Time that an upstream has to accept a connection, TLS included.',
  }),
  responseTimeout: option('seconds', 50, {
    flag: 'upstream-timeout',
    help: 'Time from the end of a request to the head of its answer; 0: no limit. Keep it below --timeout, so that the log names the upstream.',
  }),
  pauseTimeout: option('seconds', 60, {
    flag: 'upstream-pause-timeout',
    help: 'Longest pause within an answer, and of an upstream that takes no content; 0: no limit.',
  }),
  keepAlive: option('seconds', 4, {
    flag: 'upstream-keep-alive',
    help: 'Time that an idle connection is kept, less where the upstream says so; 0: one connection for each request.',
  }),
  maxIdle: option('count', 64, {
    flag: 'upstream-max-idle',
    help: 'Most idle connections to an upstream.',
  }),
  maxConnections: option('count', 512, {
    flag: 'upstream-max-connections',
    help: 'Most connections to an upstream; further requests wait. 0: no limit.',
  }),
  maxQueue: option('count', 1024, {
    flag: 'upstream-max-queue',
    help: 'Most requests that wait for a connection; further ones are answered 503.',
  }),
  queueTimeout: option('seconds', 10, {
    flag: 'upstream-queue-timeout',
    help: 'Longest time that a request waits for a connection, after which it is answered 503.',
  }),
  retries: option('count', 1, {
    flag: 'upstream-retries',
    help: 'Further attempts for a request that is safe to repeat: nothing of it was sent, or its method is idempotent and no answer began.',
  }),
  maxHeaderBytes: option('bytes', 64 * 1024, {
    flag: 'upstream-limit-header',
    help: "Most bytes that the head of an HTTP upstream's answer may take; larger ones are answered 502.",
  }),
  host: option('string', '', {
    flag: 'upstream-host',
    help: "The Host that upstreams see: client (the request's), upstream (that of the URL), or a name. Default: client; for https, upstream.",
  }),
  keepPrefix: option('boolean', false, {
    flag: 'upstream-keep-prefix',
    help: 'Send HTTP upstreams the path that the application is mounted at, too.',
  }),
  forwarded: option('string', 'x-forwarded', {
    flag: 'upstream-forwarded',
    help: 'Fields that tell HTTP upstreams of the client: x-forwarded (X-Forwarded-For, -Proto, -Host and -Prefix), forwarded (RFC 7239), both or none.',
  }),
  trustForwarded: option('boolean', false, {
    flag: 'upstream-trust-forwarded',
    help: 'Keep such fields of requests and add to them; for servers whose clients are proxies. Otherwise they are left out.',
  }),
  via: option('string', 'wizgi', {
    flag: 'upstream-via',
    help: 'Name in the Via field of requests to HTTP upstreams; empty: no such field.',
  }),
  rewriteLocation: option('boolean', true, {
    flag: 'upstream-rewrite-location',
    help: "Turn redirections to an HTTP upstream's own URL into ones to this server.",
  }),
  verify: option('boolean', true, {
    flag: 'upstream-verify',
    help: 'Check the certificates of https upstreams; turned off by --no-upstream-verify.',
  }),
  caFile: option('string', '', {
    flag: 'upstream-ca-file',
    value: 'FILE',
    help: "Certificates, in PEM, that those of upstreams are checked against. Default: the system's.",
  }),
  serverName: option('string', '', {
    flag: 'upstream-server-name',
    help: 'Name for TLS: what is asked for, and what certificates have to show. Default: the host of the URL.',
  }),
  secret: option('string', '', {
    flag: 'upstream-secret',
    help: 'What an AJP upstream requires of its peers. Default: $WIZGI_UPSTREAM_SECRET, for the command.',
  }),
  root: option('string', '', {
    flag: 'upstream-root',
    value: 'DIRECTORY',
    help: "For scripts, as with php-fpm: the directory that they are in, for the upstream's DOCUMENT_ROOT and SCRIPT_FILENAME. Default: none, so that PATH_INFO says it all.",
  }),
  index: option('string', 'index.php', {
    flag: 'upstream-index',
    value: 'FILE',
    help: 'With root: the script of a path that ends in a slash.',
  }),
  split: option('string', '.php', {
    flag: 'upstream-split',
    value: 'SUFFIX',
    help: 'With root: how the names of scripts end; what follows in a path is PATH_INFO.',
  }),
  fallback: option('string', '', {
    flag: 'upstream-fallback',
    value: 'PATH',
    help: 'With root: the script of paths that name none that exists, as in /index.php. Default: they are answered 404.',
  }),
} as const satisfies Record<string, OptionRow>;

/** Those that concern several upstreams side by side. */
export const balanceOptionTable = {
  method: option('string', 'round-robin', {
    flag: 'balance',
    value: 'METHOD',
    help: 'How an upstream is chosen: round-robin, least-connections or hash.',
  }),
  key: option('string', '', {
    flag: 'balance-key',
    value: 'HEADER',
    help: "With hash: the request header that is hashed. Default: none, so that it is the client's address.",
  }),
  maxFails: option('positive', 3, {
    flag: 'upstream-max-fails',
    help: 'Failures in a row after which an upstream is out of use for a while.',
  }),
  failTimeout: option('seconds', 10, {
    flag: 'upstream-fail-timeout',
    help: 'How long that is; then a request may try it.',
  }),
  slowStart: option('seconds', 0, {
    flag: 'upstream-slow-start',
    help: 'Time in which an upstream that is back gets its full share again, little by little.',
  }),
  healthInterval: option('seconds', 0, {
    flag: 'upstream-health-interval',
    help: 'Time between checks of each upstream; 0: no checks.',
  }),
  healthPath: option('string', '/', {
    flag: 'upstream-health-path',
    value: 'PATH',
    help: 'What checks ask for; an answer of 200 to 399 is good.',
  }),
  healthTimeout: option('seconds', 5, {
    flag: 'upstream-health-timeout',
    help: 'Time that an answer to a check may take.',
  }),
  rise: option('positive', 2, {
    flag: 'upstream-rise',
    help: 'Good checks in a row after which an upstream is in use again.',
  }),
  fall: option('positive', 3, {
    flag: 'upstream-fall',
    help: 'Bad checks in a row after which an upstream is out of use.',
  }),
} as const satisfies Record<string, OptionRow>;

const serverRows = {
  bodyInMemory: optionTable.bodyInMemory,
  spoolDirectory: optionTable.spoolDirectory,
  gracefulTimeout: optionTable.gracefulTimeout,
} as const;

type ServerRows = OptionsOf<typeof serverRows>;

/** Options of `forward()`. */
export interface ForwardOptions extends OptionsOf<typeof upstreamOptionTable> {
  /** Bytes of content of unknown length that are kept in memory, where a protocol has to know. */
  readonly bodyInMemory?: number;
  /** Where content beyond that goes. Default: the system's. */
  readonly spoolDirectory?: string;
  /** Seconds that running requests have to finish at `close()`. Default: 30. */
  readonly gracefulTimeout?: number;
  /** Where upstreams' messages and changes are logged. Default: warnings and errors to standard error. */
  readonly log?: Log;
}

/** Options of `balance()`. */
export interface BalanceOptions
  extends ForwardOptions,
    Omit<OptionsOf<typeof balanceOptionTable>, 'key'> {
  /**
   * What is hashed, with the method `hash`: the name of a request header, or a function of environ.
   * Default: the client's address.
   */
  readonly key?: string | ((environ: Environ) => string);
}

/** Options with every default filled in. */
export type ResolvedForwardOptions = Required<OptionsOf<typeof upstreamOptionTable> & ServerRows>;

export type ResolvedBalanceOptions = ResolvedForwardOptions &
  Required<OptionsOf<typeof balanceOptionTable>>;

const FORWARDED = ['x-forwarded', 'forwarded', 'both', 'none'];
const METHODS = ['round-robin', 'least-connections', 'hash'];

/**
 * Fills in the defaults.
 *
 * @throws {ConfigurationError} naming an option that does not exist or whose value is unusable.
 */
export function resolveForwardOptions(
  options: Omit<ForwardOptions, 'log'>,
): ResolvedForwardOptions {
  return checked(resolveTable({ ...upstreamOptionTable, ...serverRows }, options));
}

/** As {@link resolveForwardOptions}. */
export function resolveBalanceOptions(
  options: Omit<BalanceOptions, 'log' | 'key'> & { readonly key?: string },
): ResolvedBalanceOptions {
  const table = { ...upstreamOptionTable, ...balanceOptionTable, ...serverRows };
  const resolved = checked(resolveTable(table, options));
  requireOneOf('method', balanceOptionTable.method, resolved.method, METHODS);
  return resolved;
}

function checked<O extends ResolvedForwardOptions>(options: O): O {
  const { forwarded, root, split, index, fallback, via, host } = options;
  requireOneOf('forwarded', upstreamOptionTable.forwarded, forwarded, FORWARDED);
  if (root !== '' && !root.startsWith('/')) {
    throw unusable('root', root, 'an absolute path, as in /var/www/html');
  }
  if (split === '') throw unusable('split', split, 'the end of a file name, as in .php');
  if (index === '' || index.includes('/')) {
    throw unusable('index', index, 'the name of a file, as in index.php');
  }
  if (fallback !== '' && !fallback.startsWith('/')) {
    throw unusable('fallback', fallback, 'a path, as in /index.php');
  }
  if (!/^[!#$%&'*+\-.^_`|~0-9A-Za-z]*$/.test(via)) {
    throw unusable('via', via, 'a name of letters, digits and hyphens');
  }
  if (!/^[\x21-\x7e]*$/.test(host)) throw unusable('host', host, 'a host, as in example.com');
  return options;
}

function requireOneOf(
  name: string,
  row: OptionRow,
  value: string,
  choices: readonly string[],
): void {
  if (choices.includes(value)) return;
  throw new ConfigurationError(
    `option '${name}' (--${row.flag}) is ${JSON.stringify(value)}; expected one of ${choices.join(', ')}`,
  );
}

function unusable(
  name: keyof typeof upstreamOptionTable,
  value: string,
  expected: string,
): ConfigurationError {
  return new ConfigurationError(
    `option '${name}' (--${upstreamOptionTable[name].flag}) is ${JSON.stringify(value)}; expected ${expected}`,
  );
}
