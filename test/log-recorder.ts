import type { Log, LogFields } from '../src/wsgi/log.ts';

export interface LogLine {
  readonly level: keyof Log;
  readonly message: string;
  readonly fields: LogFields;
}

/** The log of a server under test. */
export class LogRecorder implements Log {
  readonly lines: LogLine[] = [];
  private readonly broken: boolean;

  /** @param broken - fails whenever it is to log an error. */
  constructor(broken = false) {
    this.broken = broken;
  }

  error(message: string, fields: LogFields = {}): void {
    if (this.broken) throw new Error('the log is broken');
    this.lines.push({ level: 'error', message, fields });
  }

  warn(message: string, fields: LogFields = {}): void {
    this.lines.push({ level: 'warn', message, fields });
  }

  info(message: string, fields: LogFields = {}): void {
    this.lines.push({ level: 'info', message, fields });
  }

  debug(message: string, fields: LogFields = {}): void {
    this.lines.push({ level: 'debug', message, fields });
  }

  /** Everything above debug, shortly. */
  get loud(): string[] {
    return this.lines
      .filter((line) => line.level !== 'debug')
      .map(({ level, message, fields }) =>
        message === 'refused' ? `refused ${String(fields.reason)}` : `${level}: ${message}`,
      );
  }
}
