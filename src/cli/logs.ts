import { isatty } from 'node:tty';
import type { AccessLog } from '../gateways/access.ts';
import { accessLog } from '../logging/access-format.ts';
import { type ServerLog, serverLog } from '../logging/server-log.ts';
import { LineSink, type SinkOptions } from '../logging/sink.ts';
import type { Settings } from './settings.ts';
import { UserError } from './user-error.ts';

/** The logs of a running command. */
export interface Logs extends ServerLog {
  readonly access: AccessLog | null;
  /** Writes out what is held; the last act of the process. */
  end(): void;
}

/** How long lines of the access log wait for others: a person watches a terminal. */
const DELAY = { terminal: 20, file: 1000 } as const;

/**
 * Opens the logs.
 *
 * @throws {UserError | ConfigurationError} (as a rejection) for a file that cannot be opened, or a
 *   format that cannot be read.
 */
export async function openLogs(settings: Settings): Promise<Logs> {
  const { errorLogfile, accessLogfile } = settings;
  const errors = openSink(errorLogfile, {
    to: errorLogfile === '-' ? 2 : errorLogfile,
    delay: 0,
    dropped: (lines) => log.warn('log: lines were dropped, nobody read them', { lines }),
  });
  const { log, errors: wsgiErrors } = await serverLog(errors, {
    level: settings.logLevel,
    format: settings.logFormat,
  });
  const sinks = [errors];
  let access: AccessLog | null = null;
  if (accessLogfile !== null) {
    const toTerminal = accessLogfile === '-' && isatty(1);
    const sink = openSink(accessLogfile, {
      to: accessLogfile === '-' ? 1 : accessLogfile,
      delay: toTerminal ? DELAY.terminal : DELAY.file,
      dropped: (lines) => log.warn('access log: lines were dropped, nobody read them', { lines }),
    });
    sinks.push(sink);
    access = accessLog(settings.accessLogformat, sink);
  }
  return {
    log,
    errors: wsgiErrors,
    access,
    end: () => {
      wsgiErrors.flushSync?.();
      for (const sink of sinks) sink.end();
    },
  };
}

function openSink(file: string, options: SinkOptions): LineSink {
  try {
    return new LineSink(options);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new UserError(`cannot write the log file ${file} (${code})`);
  }
}
