import { inspect } from 'node:util';
import type { TextSink } from '../wsgi/error-stream.ts';
import type { Log, LogFields } from '../wsgi/log.ts';
import { logDate } from './dates.ts';
import { escapeControls, escapeInput } from './escape.ts';
import { filteredLog, type Level, type LogLevel } from './levels.ts';
import { isSecret, REDACTED } from './secrets.ts';
import { errorText } from './stack.ts';

const NAMES: Record<Level, string> = {
  debug: 'DEBUG',
  info: 'INFO',
  warn: 'WARNING',
  error: 'ERROR',
};

/** The longest value of a field, in characters. */
const LONGEST = 1024;

/**
 * A log of text lines, like Gunicorn's:
 *
 *     [2026-11-20 23:00:00 +0000] [4711] [INFO] refused reason=bad-target peer=127.0.0.1:5000
 *
 * Fields follow as `key=value`, escaped; an error follows on lines of its own.
 */
export function textLog(sink: TextSink, from: LogLevel): Log {
  return filteredLog(from, (level, message, fields) => {
    sink.write(formatLine(level, message, fields, Date.now()));
  });
}

/** One entry of the log, with the line end. */
export function formatLine(
  level: Level,
  message: string,
  { error, ...fields }: LogFields,
  time: number,
): string {
  const head = `[${logDate(time)}] [${process.pid}] [${NAMES[level]}] ${escapeControls(message)}`;
  const tail = error === undefined ? '' : `\n${escapeControls(errorText(error))}`;
  return `${head}${Object.entries(fields).map(formatField).join('')}${tail}\n`;
}

function formatField([name, value]: [string, unknown]): string {
  if (value === undefined) return '';
  if (isSecret(name)) return ` ${name}=${REDACTED}`;
  const text = typeof value === 'string' ? value : inspect(value, { breakLength: Infinity });
  const escaped = escapeInput(text, LONGEST);
  return ` ${name}=${/^[^ =]+$/.test(escaped) ? escaped : `"${escaped}"`}`;
}
