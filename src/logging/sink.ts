import { constants, fstatSync, openSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { TextSink } from '../wsgi/error-stream.ts';

// import would search the whole of a CommonJS module for exports first, at every start.
const { SonicBoom } = createRequire(import.meta.url)('sonic-boom') as typeof import('sonic-boom');

/** What waits for a reader that does not read; beyond it lines are dropped and counted. */
const BACKLOG = 1024 * 1024;

/** Held lines are handed on when they come to this many characters. */
const BATCH = 8 * 1024;

/** Retries, 100 ms each, that the last lines get when the process ends. */
const LAST_RETRIES = 3;

/** The most that one write hands over; one write is under way at a time. */
const MAX_WRITE = 64 * 1024;

/** Milliseconds until a stuck reader is tried again. */
const RETRY = 100;

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
 * Lines that may wait are written many at once, on another thread; lines that may not are written
 * before `write` returns, so that a crash loses none. When nobody reads them, or the disk is full,
 * they are dropped and counted.
 */
export class LineSink implements TextSink {
  private readonly boom: InstanceType<typeof SonicBoom>;
  private readonly options: SinkOptions;
  private held = '';
  private lines = 0;
  private timer: NodeJS.Timeout | null = null;
  private retry: NodeJS.Timeout | null = null;
  private missed = 0;
  private stuck = false;
  private gone = false;
  private ending = false;
  private retries = 0;

  /** @throws the system's error when the file cannot be opened. */
  constructor(options: SinkOptions) {
    this.options = options;
    const { fd, blocks } = descriptor(options.to);
    const sync = options.delay === 0 && !blocks;
    this.boom = new SonicBoom({
      fd,
      sync,
      maxLength: BACKLOG,
      maxWrite: MAX_WRITE,
      retryEAGAIN: () => (this.ending ? this.retries++ < LAST_RETRIES : !sync),
    });
    this.boom.on('error', (error: NodeJS.ErrnoException) => this.failed(error));
    this.boom.on('drop', () => {
      this.missed += this.lines;
    });
    this.boom.on('write', () => {
      this.stuck = false;
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
    // A closed pipe or terminal does not come back; a stuck reader or a full disk does.
    this.gone = error.code === 'EPIPE' || error.code === 'EIO' || error.code === 'EBADF';
    if (this.gone || this.ending) return;
    this.stuck = true;
    this.retry ??= setTimeout(() => {
      this.retry = null;
      this.boom.flush();
    }, RETRY).unref();
  }

  private report(): void {
    if (this.missed === 0 || this.stuck) return;
    const count = this.missed;
    this.missed = 0;
    this.options.dropped?.(count);
  }
}

/**
 * Opens the file, and tells whether writing to it could wait for a reader.
 *
 * A pipe is opened anew, without waiting: a thread that waits for a stuck reader could not be had
 * back, not even to exit.
 */
function descriptor(to: string | number): { fd: number; blocks: boolean } {
  const fd = typeof to === 'string' ? openSync(to, 'a') : to;
  const stat = fstatSync(fd);
  if (stat.isFIFO()) {
    try {
      const flags = constants.O_WRONLY | constants.O_NONBLOCK;
      return { fd: openSync(`/dev/fd/${fd}`, flags), blocks: false };
    } catch {
      // No such directory on this system, or not permitted.
    }
  }
  return { fd, blocks: stat.isFIFO() || stat.isSocket() };
}
