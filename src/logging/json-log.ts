import { type Level as PinoLevel, pino } from 'pino';
import type { TextSink } from '../wsgi/error-stream.ts';
import type { LogFields } from '../wsgi/log.ts';
import { asciiOnly } from './escape.ts';
import { filteredLog, type LogLevel } from './levels.ts';
import { isSecret, REDACTED } from './secrets.ts';
import type { ServerLog } from './server-log.ts';
import { errorText } from './stack.ts';

/** The longest text in a field, in characters. */
const LONGEST = 8192;

/** A log of JSON objects, one a line. What applications write to `wsgi.errors` is in `text`. */
export function jsonLog(sink: TextSink, from: LogLevel): ServerLog {
  const out = pino(
    {
      level: 'debug',
      base: { pid: process.pid },
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (level: string) => ({ level: level === 'warn' ? 'warning' : level }) },
    },
    { write: (line: string) => sink.write(asciiOnly(line)) },
  );
  const log = filteredLog(from, (level, message, fields) => {
    out[level satisfies PinoLevel](plain(fields), cut(message));
  });
  return {
    log,
    errors: new LinesToJson((text) => out.error({ text: cut(text) }, 'wsgi.errors'), sink),
  };
}

function plain({ error, ...fields }: LogFields): Record<string, unknown> {
  const entries = Object.entries(fields).map(([name, value]): [string, unknown] => [
    name,
    isSecret(name) ? REDACTED : typeof value === 'string' ? cut(value) : value,
  ]);
  if (error !== undefined) entries.push(['error', cut(errorText(error))]);
  return Object.fromEntries(entries);
}

function cut(text: string): string {
  return text.length > LONGEST ? `${text.slice(0, LONGEST)}...` : text;
}

/** Makes an entry of each line of a text stream. */
class LinesToJson implements TextSink {
  private readonly entry: (line: string) => void;
  private readonly sink: TextSink;
  private rest = '';

  constructor(entry: (line: string) => void, sink: TextSink) {
    this.entry = entry;
    this.sink = sink;
  }

  write(text: string): void {
    const lines = (this.rest + text).split('\n');
    this.rest = lines.pop() ?? '';
    for (const line of lines) this.entry(line);
    if (this.rest.length > LONGEST) this.emitRest();
  }

  flushSync(): void {
    if (this.rest !== '') this.emitRest();
    this.sink.flushSync?.();
  }

  private emitRest(): void {
    const line = this.rest;
    this.rest = '';
    this.entry(line);
  }
}
