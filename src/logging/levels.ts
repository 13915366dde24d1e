import type { Log, LogFields } from '../wsgi/log.ts';

/** From which level on lines are written; Gunicorn's names. */
export type LogLevel = 'debug' | 'info' | 'warning' | 'error';

const RANK = { debug: 0, info: 1, warn: 2, error: 3 } as const;

/** The levels of a {@link Log}. */
export type Level = keyof typeof RANK;

/** A log that passes on what is at least as grave as `from`. */
export function filteredLog(
  from: LogLevel,
  write: (level: Level, message: string, fields: LogFields) => void,
): Log {
  const lowest = RANK[from === 'warning' ? 'warn' : from];
  const at = (level: Level) =>
    RANK[level] < lowest
      ? () => {}
      : (message: string, fields: LogFields = {}) => write(level, message, fields);
  return { error: at('error'), warn: at('warn'), info: at('info'), debug: at('debug') };
}
