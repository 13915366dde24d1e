import { constants, fstatSync, openSync } from 'node:fs';
import sonicBoom from 'sonic-boom';
import type { TextSink } from '../wsgi/error-stream.ts';

/** What waits for a reader that does not read; beyond it lines are dropped and counted. */
const BACKLOG = 1024 * 1024;

/** Held lines are handed on when they come to this many characters. */
const BATCH = 8 * 1024;

/** Retries, 100 ms each, that the last lines get when the process ends. */
const LAST_RETRIES = 3;

/** Where a {@link LineSink} writes. */
export interface SinkOptions {
  /** A path, opened for appending, or a file descriptor. */
  readonly to: string | number;
  /** Milliseconds that a line may wait for others; 0: none. */
  readonly delay: number;
  /** Told once a stuck reader reads again how many lines it has missed. */
  readonly dropped?: (count: number) => void;
}

/**
 * A log file that never holds the server up.
 *
 * Lines are written by the system's own threads, many at once. When nobody reads them, or the disk is
 * full, they are dropped and counted.
 */
export class LineSink implements TextSink {
  private readonly boom: InstanceType<typeof sonicBoom.SonicBoom>;
  private readonly options: SinkOptions;
  private held = '';
  private lines = 0;
  private timer: NodeJS.Timeout | null = null;
  private missed = 0;
  private gone = false;
  private ending = false;
  private retries = 0;

  /** @throws the system's error when the file cannot be opened. */
  constructor(options: SinkOptions) {
    this.options = options;
    this.boom = new sonicBoom.SonicBoom({
      fd: descriptor(options.to),
      maxLength: BACKLOG,
      retryEAGAIN: () => !this.ending || this.retries++ < LAST_RETRIES,
    });
    this.boom.on('error', (error: NodeJS.ErrnoException) => this.failed(error));
    this.boom.on('drop', () => {
      this.missed += this.lines;
      // After a failure, and with no room for more, nothing else would make it try again.
      if (!this.gone) this.boom.flush();
    });
    this.boom.on('drain', () => this.report());
  }

  /** Takes whole lines. */
  write(text: string): void {
    this.held += text;
    this.lines += 1;
    if (this.options.delay === 0 || this.held.length >= BATCH) this.handOn();
    else this.timer ??= setTimeout(() => this.handOn(), this.options.delay).unref();
  }

  /** Writes out everything before it returns, unless the reader is stuck. */
  flushSync(): void {
    this.handOn();
    if (this.gone) return;
    try {
      this.boom.flushSync();
    } catch {
      // Nowhere is left to say so.
    }
  }

  /** The last flush, which gives a stuck reader up soon. */
  end(): void {
    this.ending = true;
    this.flushSync();
  }

  private handOn(): void {
    if (this.timer !== null) clearTimeout(this.timer);
    this.timer = null;
    const text = this.held;
    this.held = '';
    if (text !== '' && !this.gone) this.boom.write(text);
    this.lines = 0;
  }

  private failed(error: NodeJS.ErrnoException): void {
    // A closed pipe or terminal does not come back; a full disk does.
    if (error.code === 'EPIPE' || error.code === 'EIO' || error.code === 'EBADF') this.gone = true;
  }

  private report(): void {
    if (this.missed === 0) return;
    const count = this.missed;
    this.missed = 0;
    this.options.dropped?.(count);
  }
}

/**
 * Opens the file. A pipe is opened anew without blocking, because a thread that waits for a stuck
 * reader could not be had back, not even to exit.
 */
function descriptor(to: string | number): number {
  if (typeof to === 'string') return openSync(to, 'a');
  try {
    if (fstatSync(to).isFIFO()) {
      return openSync(`/dev/fd/${to}`, constants.O_WRONLY | constants.O_NONBLOCK);
    }
  } catch {
    // No such directory on this system, or not permitted: as it came, then.
  }
  return to;
}
