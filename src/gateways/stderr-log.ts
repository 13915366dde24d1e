import type { Log, LogFields } from '../wsgi/log.ts';

/** The log of a server that was given none: warnings and errors, on standard error. */
export const stderrLog: Log = {
  error: (message, fields) => report('error', message, fields),
  warn: (message, fields) => report('warning', message, fields),
  info: () => undefined,
  debug: () => undefined,
};

function report(level: string, message: string, fields: LogFields = {}): void {
  const { error, ...rest } = fields;
  const details = Object.entries(rest).map(([name, value]) => ` ${name}=${JSON.stringify(value)}`);
  const stack =
    error instanceof Error ? `\n${error.stack}` : error === undefined ? '' : `\n${String(error)}`;
  process.stderr.write(`wizgi: ${level}: ${message}${details.join('')}${stack}\n`);
}
