import type { Readable } from 'node:stream';
import { StringDecoder } from 'node:string_decoder';
import { escapeControls } from '../logging/escape.ts';
import type { TextSink } from '../wsgi/error-stream.ts';

/** A longer line is cut into several. */
const LONGEST = 8192;
/** Bytes that are taken in a tenth of a second; beyond that, whoever prints waits. */
const BURST = 1024 * 1024;
const PAUSE = 100;
/** Lines that are remembered, to explain an exit. */
const LAST = 5;
/** Frames in a stack of which the application's user has written none. */
const OWN_FRAME = /^ +File "(?:<frozen importlib|.*[/\\](?:importlib|wizgi_worker)[/\\])/;

/** Passes on what a worker prints, line by line, each with the worker's name before it. */
export class OutputLines {
  /** The last lines, oldest first. */
  readonly last: string[] = [];
  private readonly source: Readable;
  private readonly sink: TextSink;
  private readonly prefix: string;
  private readonly decoder = new StringDecoder('utf8');
  private rest = '';
  private taken = 0;
  private since = 0;

  constructor(source: Readable, sink: TextSink, prefix: string) {
    this.source = source;
    this.sink = sink;
    this.prefix = prefix;
    source.on('data', (data: Buffer) => this.onData(data));
    source.on('end', () => this.onEnd());
  }

  private onData(data: Buffer): void {
    const lines = (this.rest + this.decoder.write(data)).split('\n');
    this.rest = lines.pop() ?? '';
    this.emit(lines);
    if (this.rest.length > LONGEST) {
      this.emit([this.rest]);
      this.rest = '';
    }
    this.regulate(data.length);
  }

  private onEnd(): void {
    const rest = this.rest + this.decoder.end();
    if (rest !== '') this.emit([rest]);
  }

  private emit(lines: readonly string[]): void {
    let text = '';
    for (const line of lines) {
      for (let start = 0; start === 0 || start < line.length; start += LONGEST) {
        const part = escapeControls(line.slice(start, start + LONGEST).replace(/\r$/, ''));
        text += `${this.prefix}${part}\n`;
        if (!OWN_FRAME.test(part)) this.last.push(part);
      }
    }
    this.last.splice(0, this.last.length - LAST);
    if (text !== '') this.sink.write(text);
  }

  private regulate(size: number): void {
    const now = performance.now();
    if (now - this.since > PAUSE) {
      this.since = now;
      this.taken = 0;
    }
    this.taken += size;
    if (this.taken < BURST) return;
    this.source.pause();
    setTimeout(() => this.source.resume(), PAUSE);
  }
}
