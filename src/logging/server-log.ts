import type { TextSink } from '../wsgi/error-stream.ts';
import type { Log } from '../wsgi/log.ts';
import type { LogLevel } from './levels.ts';
import { textLog } from './text-log.ts';

/** How the server's log is written. */
export interface LogOptions {
  readonly level: LogLevel;
  readonly format: 'text' | 'json';
}

/** The server's log. */
export interface ServerLog {
  readonly log: Log;
  /** Takes what applications write to `wsgi.errors`. */
  readonly errors: TextSink;
}

/** Opens a log on a sink. The library that writes JSON is loaded only where JSON is wanted. */
export async function serverLog(sink: TextSink, options: LogOptions): Promise<ServerLog> {
  if (options.format === 'text') return { log: textLog(sink, options.level), errors: sink };
  const { jsonLog } = await import('./json-log.ts');
  return jsonLog(sink, options.level);
}
