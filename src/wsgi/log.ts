/** Details that travel with a log line; `error` is logged with its stack. */
export interface LogFields {
  readonly error?: unknown;
  readonly [field: string]: unknown;
}

/** Where the server reports what happens. Messages are fixed texts; input travels in the fields. */
export interface Log {
  error(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  debug(message: string, fields?: LogFields): void;
}
