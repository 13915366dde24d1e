import { tmpdir } from 'node:os';

/**
 * The options of the server and its gateways: one table that feeds the types, the defaults, the checks, the
 * command's flags and the documentation. Flags that Gunicorn has too keep its names and meaning.
 */
export const optionTable = {
  bind: option('bind', ['http://127.0.0.1:8000'], {
    flag: 'bind',
    short: 'b',
    help: 'Where to listen; repeatable: [PROTOCOL://]HOST:PORT, [PROTOCOL+]unix:PATH or [PROTOCOL+]fd://N. Port 0 takes a free one.',
  }),
  backlog: option('count', 2048, {
    flag: 'backlog',
    help: 'Connections that the kernel may hold until they are accepted.',
  }),
  socketMode: option('mode', '', {
    flag: 'socket-mode',
    help: 'Permissions of Unix sockets, octal, as in 660. Default: what the umask leaves.',
  }),
  maxConnections: option('count', 16384, {
    flag: 'max-connections',
    help: 'Connections open at once; further ones are answered 503.',
  }),
  maxTarget: option('bytes', 8192, {
    flag: 'limit-request-line',
    help: 'Longest request target; longer ones are answered 414.',
  }),
  maxFields: option('count', 100, {
    flag: 'limit-request-fields',
    help: 'Most header fields of a request; more are answered 431.',
  }),
  maxFieldBytes: option('bytes', 16384, {
    flag: 'limit-request-field_size',
    help: 'Largest single header field; larger ones are answered 431.',
  }),
  maxHeaderBytes: option('bytes', 16384, {
    flag: 'limit-request-header',
    help: 'Most bytes that all header fields of a request may take; more are answered 431.',
  }),
  maxBody: option('bytes', 1024 ** 3, {
    flag: 'limit-request-body',
    help: 'Largest request body; larger ones are answered 413.',
  }),
  bodyInMemory: option('bytes', 64 * 1024, {
    flag: 'body-in-memory',
    help: 'Request bodies beyond this size are received into a temporary file.',
  }),
  spoolDirectory: option('string', tmpdir(), {
    flag: 'spool-directory',
    help: 'Where those temporary files are made; they have no name once they are open.',
  }),
  headerTimeout: option('seconds', 30, {
    flag: 'header-timeout',
    help: "Time to receive a request's head, from its first byte (of a connection: from its start).",
  }),
  bodyTimeout: option('seconds', 30, {
    flag: 'body-timeout',
    help: 'Longest pause while receiving a request body, and the time before body-min-rate counts.',
  }),
  bodyMinRate: option('count', 500, {
    flag: 'body-min-rate',
    help: 'Bytes a second that a request body must arrive at, on average; 0 turns the check off.',
  }),
  keepAlive: option('seconds', 5, {
    flag: 'keep-alive',
    help: 'Time that an idle connection is kept for its next request; 0: closed after each answer.',
  }),
  timeout: option('seconds', 60, {
    flag: 'timeout',
    short: 't',
    help: 'Time an application has to begin its response, after which it is answered 504; 0: none.',
  }),
  writeTimeout: option('seconds', 30, {
    flag: 'write-timeout',
    help: 'Time without any progress after which a client that does not read is dropped.',
  }),
  halfCloseTimeout: option('seconds', 5, {
    flag: 'half-close-timeout',
    help: 'Time without output after which a client that closed its sending side counts as gone.',
  }),
  gracefulTimeout: option('seconds', 30, {
    flag: 'graceful-timeout',
    help: 'Time that running requests have to finish when the server stops.',
  }),
  serial: option('boolean', false, {
    flag: 'serial',
    help: 'Never enter the application before the request before it is over; wsgi.multithread is false.',
  }),
  serverHeader: option('string', '', {
    flag: 'server-header',
    help: 'Value of a Server header in every response; empty: none.',
  }),
  scriptName: option('string', '', {
    flag: 'script-name',
    help: 'Path that the application is mounted at, for SCRIPT_NAME; requests outside it get 404. Behind a web server that speaks FastCGI, SCGI or uwsgi, and does not tell SCRIPT_NAME from PATH_INFO, / is the root.',
  }),
  iisPathInfo: option('boolean', false, {
    flag: 'iis-path-info',
    help: 'Behind IIS, by FastCGI or CGI: cut SCRIPT_NAME off the front of PATH_INFO, where IIS repeats it unless allowPathInfo is set.',
  }),
  fastcgiStderr: option('boolean', false, {
    flag: 'fastcgi-stderr',
    help: "FastCGI: what an application writes to wsgi.errors goes to the web server's log, in STDERR records, instead of the server's own.",
  }),
  fastcgiFilter: option('boolean', false, {
    flag: 'fastcgi-filter',
    help: "FastCGI: serve the role of a filter too; the file that it works on is environ's wizgi.filter_data.",
  }),
  allowFrom: option('list', ['127.0.0.1', '::1'], {
    flag: 'allow-from',
    value: 'ADDRESS',
    help: 'Whose FastCGI, SCGI, uwsgi and AJP requests are served, because they tell who their client is; repeatable: an IP address, a network such as 10.0.0.0/8, or * for all. Unix sockets have permissions instead.',
  }),
  scgiTolerant: option('boolean', false, {
    flag: 'scgi-tolerant',
    help: 'Serve SCGI requests that lack SCGI=1 or CONTENT_LENGTH, too; without a length they have no body.',
  }),
  ajpSecret: option('string', '', {
    flag: 'ajp-secret',
    value: 'SECRET',
    help: 'What AJP requests must prove to know, needed to listen on other addresses than loopback. Default: $WIZGI_AJP_SECRET.',
  }),
  ajpWithoutSecret: option('boolean', false, {
    flag: 'ajp-without-secret',
    help: 'Serve AJP without a secret on any address: whoever connects can pass for any client.',
  }),
  ajpPacketSize: option('bytes', 8192, {
    flag: 'ajp-packet-size',
    help: 'Largest AJP packet, 65536 at most; the web server must be set to the same.',
  }),
  ajpLighttpd: option('boolean', false, {
    flag: 'ajp-lighttpd',
    help: "Speak AJP as lighttpd's mod_ajp13 does, and no other: it frames content in a way of its own, and decodes paths.",
  }),
} as const;

/** How an option's value is written and checked; `positive` is a count of at least 1. */
export type OptionKind =
  | 'bind'
  | 'list'
  | 'bytes'
  | 'count'
  | 'positive'
  | 'seconds'
  | 'mode'
  | 'string'
  | 'boolean';

interface OptionValues {
  bind: readonly string[];
  list: readonly string[];
  bytes: number;
  count: number;
  positive: number;
  seconds: number;
  mode: string;
  string: string;
  boolean: boolean;
}

/** One row of the table. */
export interface OptionRow<K extends OptionKind = OptionKind> {
  readonly kind: K;
  readonly default: OptionValues[K];
  /** The command's flag, without the dashes. */
  readonly flag: string;
  readonly short?: string;
  /** What the flag's value is called in the manual. Default: by kind. */
  readonly value?: string;
  /** A sentence or two for the manual. */
  readonly help: string;
}

/** A table of options, by name. */
export type OptionTable = Readonly<Record<string, OptionRow>>;

/** A table's options as a caller gives them: any left out takes its default. */
export type OptionsOf<T extends OptionTable> = {
  readonly [K in keyof T]?: OptionValues[T[K]['kind']];
};

/** Options of the server and its gateways. */
export type ServerOptions = OptionsOf<typeof optionTable>;

/** Options with every default filled in. */
export type ResolvedServerOptions = Required<ServerOptions>;

/** A mistake in the server's configuration, said so that its user can mend it. */
export class ConfigurationError extends Error {
  override readonly name = 'ConfigurationError';
}

/**
 * Fills in the defaults of the server.
 *
 * @throws {ConfigurationError} naming an option that does not exist or whose value is unusable.
 */
export function resolveOptions(options: ServerOptions): ResolvedServerOptions {
  return resolveTable(optionTable, options);
}

/**
 * Fills in the defaults of a table.
 *
 * @throws {ConfigurationError} naming an option that does not exist or whose value is unusable.
 */
export function resolveTable<T extends OptionTable>(
  table: T,
  options: OptionsOf<T>,
): Required<OptionsOf<T>> {
  for (const [name, value] of Object.entries(options)) {
    const row = Object.hasOwn(table, name) ? table[name] : undefined;
    if (row === undefined) {
      throw new ConfigurationError(
        `unknown option '${name}'; the options are ${Object.keys(table).join(', ')}`,
      );
    }
    if (value !== undefined) checkOption(name, row, value);
  }
  const defaults = Object.entries(table).map(([name, row]) => [name, row.default]);
  const given = Object.entries(options).filter(([, value]) => value !== undefined);
  return { ...Object.fromEntries(defaults), ...Object.fromEntries(given) } as Required<
    OptionsOf<T>
  >;
}

function checkOption(name: string, row: OptionRow, value: unknown): void {
  const expected = expectations[row.kind];
  if (!expected.test(value)) {
    throw new ConfigurationError(
      `option '${name}' (--${row.flag}) is ${JSON.stringify(value)}; expected ${expected.what}`,
    );
  }
}

const isCount = (value: unknown) => Number.isSafeInteger(value) && (value as number) >= 0;

const expectations: Record<OptionKind, { what: string; test: (value: unknown) => boolean }> = {
  bind: {
    what: 'one or more addresses, as in "127.0.0.1:8000"',
    test: (value) =>
      Array.isArray(value) && value.length > 0 && value.every((item) => typeof item === 'string'),
  },
  list: {
    what: 'a list of texts',
    test: (value) => Array.isArray(value) && value.every((item) => typeof item === 'string'),
  },
  bytes: { what: 'a whole number of bytes', test: isCount },
  count: { what: 'a whole number', test: isCount },
  positive: {
    what: 'a whole number of at least 1',
    test: (value) => isCount(value) && value !== 0,
  },
  seconds: {
    what: 'a number of seconds',
    test: (value) => typeof value === 'number' && Number.isFinite(value) && value >= 0,
  },
  mode: {
    what: 'an octal mode, as in "660"',
    test: (value) => typeof value === 'string' && /^(?:0o?)?[0-7]{0,4}$/.test(value),
  },
  string: { what: 'a text', test: (value) => typeof value === 'string' },
  boolean: { what: 'true or false', test: (value) => typeof value === 'boolean' },
};

/** Makes a row of a table. */
export function option<K extends OptionKind>(
  kind: K,
  fallback: OptionValues[K],
  row: Omit<OptionRow, 'kind' | 'default'>,
): OptionRow<K> {
  return { kind, default: fallback, ...row };
}
