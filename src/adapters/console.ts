/** Where messages go in runtimes that need not have a standard error of their own. */
import type { TextSink } from '../wsgi/error-stream.ts';
import type { Log, LogFields } from '../wsgi/log.ts';

/** Text for the console, which ends lines by itself. */
export const consoleSink: TextSink = {
  write: (text) => console.error(text.replace(/\n$/, '')),
};

/** Warnings and errors, on the console. */
export const consoleLog: Log = {
  error: (message, fields) => console.error(...line(message, fields)),
  warn: (message, fields) => console.warn(...line(message, fields)),
  info: () => undefined,
  debug: () => undefined,
};

function line(message: string, fields: LogFields = {}): unknown[] {
  const { error, ...rest } = fields;
  const details = Object.entries(rest).map(([name, value]) => ` ${name}=${JSON.stringify(value)}`);
  const text = `wizgi: ${message}${details.join('')}`;
  return 'error' in fields ? [text, error] : [text];
}
