import type { Log, LogFields } from '../wsgi/log.ts';

/**
 * The same log, whose own failures are dropped: a full disk must not end the requests that it would
 * have told of, and there is nowhere left to report it.
 */
export function unfailing(log: Log): Log {
  const guard = (level: keyof Log) => (message: string, fields?: LogFields) => {
    try {
      log[level](message, fields);
    } catch {}
  };
  return {
    error: guard('error'),
    warn: guard('warn'),
    info: guard('info'),
    debug: guard('debug'),
  };
}
