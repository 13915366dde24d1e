import { inspect } from 'node:util';
import { TextErrorStream } from '../wsgi/error-stream.ts';
import type { Log, LogFields } from '../wsgi/log.ts';
import type { ErrorStream } from '../wsgi/types.ts';
import type { LoggedLine } from './response.ts';

/** Keeps what one request logged, and what it wrote to `wsgi.errors`. */
export class Recorder implements Log {
  readonly lines: LoggedLine[] = [];
  text = '';
  readonly stream: ErrorStream = new TextErrorStream({
    write: (text) => {
      this.text += text;
    },
  });
  /** The first error that the driver reported. */
  failure: unknown = undefined;
  private failed = false;

  error(message: string, fields: LogFields = {}): void {
    this.lines.push({ level: 'error', message, fields });
    this.text += `${message}: ${describe(fields.error)}\n`;
    if (!this.failed && 'error' in fields) {
      this.failed = true;
      this.failure = fields.error;
    }
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
}

function describe(error: unknown): string {
  return error instanceof Error ? (error.stack ?? String(error)) : inspect(error);
}
