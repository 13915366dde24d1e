/** How gateways receive request bodies: whole, or as a stream. */
import { closeSync, openSync, unlinkSync, write } from 'node:fs';
import { join } from 'node:path';
import { FileSource, type InputSource, MemorySource } from '../wsgi/input.ts';

/** Where a body goes that is received before the application is entered. */
export interface SpoolOptions {
  /** Bytes kept in memory before a temporary file is used. */
  readonly bodyInMemory: number;
  readonly spoolDirectory: string;
}

let spoolCount = 0;

/**
 * Receives a whole body: into memory, and beyond the threshold into a temporary file.
 *
 * The file loses its name as soon as it is open, so that nothing is left of it whatever happens to
 * the process.
 */
export class BodySpool {
  private readonly options: SpoolOptions;
  private memory: Uint8Array | null = null;
  private fd: number | null = null;
  size = 0;

  constructor(options: SpoolOptions) {
    this.options = options;
  }

  /**
   * Takes the next piece; `expected` is what is known of the whole size, or 0.
   *
   * @returns a promise when the piece has to be waited for; nothing may be added until it settles. It
   *   rejects with the error of the file system.
   */
  add(data: Uint8Array, expected: number): Promise<void> | undefined {
    const position = this.size;
    this.size += data.length;
    if (this.fd === null && Math.max(this.size, expected) <= this.options.bodyInMemory) {
      this.keep(data, position, expected);
      return undefined;
    }
    return this.spool(data, position);
  }

  /** The body, to be read from its start. */
  source(): InputSource {
    if (this.fd !== null) return new FileSource(this.fd, this.size);
    return new MemorySource(this.memory === null ? [] : [this.memory.subarray(0, this.size)]);
  }

  /** Lets go of the body. */
  dispose(): void {
    if (this.fd !== null) closeSync(this.fd);
    this.fd = null;
    this.memory = null;
  }

  private keep(data: Uint8Array, position: number, expected: number): void {
    if (position === 0 && data.length === expected) {
      this.memory = data;
      return;
    }
    if (this.memory === null || this.memory.length < this.size) {
      const capacity = Math.max(expected, Math.min(2 * this.size, this.options.bodyInMemory));
      const grown = new Uint8Array(capacity);
      if (this.memory !== null) grown.set(this.memory.subarray(0, position));
      this.memory = grown;
    }
    this.memory.set(data, position);
  }

  private async spool(data: Uint8Array, position: number): Promise<void> {
    if (this.fd === null) {
      this.fd = openUnnamed(this.options.spoolDirectory);
      const kept = this.memory;
      this.memory = null;
      if (kept !== null) await writeAll(this.fd, kept.subarray(0, position), 0);
    }
    await writeAll(this.fd, data, position);
  }
}

function openUnnamed(directory: string): number {
  const path = join(directory, `wizgi-body-${process.pid}-${++spoolCount}-${Date.now()}`);
  const fd = openSync(path, 'wx+', 0o600);
  unlinkSync(path);
  return fd;
}

function writeAll(fd: number, data: Uint8Array, position: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const step = (offset: number) => {
      write(fd, data, offset, data.length - offset, position + offset, (error, written) => {
        if (error !== null) reject(error);
        else if (offset + written < data.length) step(offset + written);
        else resolve();
      });
    };
    step(0);
  });
}

/** Bytes a stream holds before its sender is made to wait. */
const STREAM_HIGH_WATER = 64 * 1024;

/** How a {@link BodyStream} acts on its connection. */
export interface BodyStreamHooks {
  /** The application waits for bytes: the moment for `100 Continue`. */
  wanted(): void;
  /** There is room again after `push` returned false. */
  drained(): void;
}

/** A body that is handed over as it arrives. */
export class BodyStream implements InputSource {
  private readonly hooks: BodyStreamHooks;
  private readonly queue: Uint8Array[] = [];
  private size = 0;
  private full = false;
  private outcome: 'open' | 'ended' | Error = 'open';
  private waiting: (() => void)[] = [];

  constructor(hooks: BodyStreamHooks) {
    this.hooks = hooks;
  }

  /** Adds a piece; false when the sender should wait for `drained`. */
  push(data: Uint8Array): boolean {
    this.queue.push(data);
    this.size += data.length;
    this.full = this.size >= STREAM_HIGH_WATER;
    this.wake();
    return !this.full;
  }

  /** The body is complete, or ended early with an error that reads will throw. */
  end(error?: Error): void {
    if (this.outcome !== 'open') return;
    this.outcome = error ?? 'ended';
    this.wake();
  }

  next(): Uint8Array | null | undefined {
    const block = this.queue.shift();
    if (block === undefined) {
      if (this.outcome === 'open') return undefined;
      if (this.outcome === 'ended') return null;
      throw this.outcome;
    }
    this.size -= block.length;
    if (this.full && this.size < STREAM_HIGH_WATER) {
      this.full = false;
      this.hooks.drained();
    }
    return block;
  }

  arrival(): Promise<void> {
    if (this.queue.length > 0 || this.outcome !== 'open') return Promise.resolve();
    this.hooks.wanted();
    return new Promise((resolve) => this.waiting.push(resolve));
  }

  private wake(): void {
    const { waiting } = this;
    this.waiting = [];
    for (const resolve of waiting) resolve();
  }
}
