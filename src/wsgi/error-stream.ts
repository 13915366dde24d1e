import type { ErrorStream } from './types.ts';

/** Where an error stream's text goes: a Node stream, a sonic-boom, anything that takes text. */
export interface TextSink {
  write(text: string): unknown;
  /** Writes out what the sink holds back; leave it out where `write` holds nothing back. */
  flushSync?(): void;
}

/**
 * `wsgi.errors` over a sink of the server's choice.
 *
 * Text is passed on at once and as it is, so that lines end where the application ends them. There
 * is nothing to close: the sink is the server's. (PEP 3333, Input and Error Streams)
 */
export class TextErrorStream implements ErrorStream {
  private readonly sink: TextSink;

  /** @param sink - default `process.stderr`. */
  constructor(sink: TextSink = process.stderr) {
    this.sink = sink;
  }

  /**
   * Takes any text; half a surrogate pair, which has no encoding, is written as U+FFFD.
   *
   * @throws {TypeError} for anything but a string.
   */
  write(text: string): void {
    this.sink.write(wellFormed(text));
  }

  /** Writes the strings one after the other and adds no line ends, all in one write to the sink. */
  writelines(lines: Iterable<string>): void {
    let text = '';
    for (const line of lines) text += wellFormed(line);
    if (text !== '') this.sink.write(text);
  }

  flush(): void {
    this.sink.flushSync?.();
  }
}

function wellFormed(text: string): string {
  if (typeof text !== 'string') {
    throw new TypeError(
      `wsgi.errors takes text; it was given ${text === null ? 'null' : typeof text}`,
    );
  }
  return text.replace(/\p{Surrogate}/gu, '\ufffd');
}
