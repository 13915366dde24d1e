/** How gateways receive request bodies: whole, or as a stream. */
import { closeSync, writev } from 'node:fs';
import type { ProtocolError } from '../protocols/protocol-error.ts';
import { WsgiError } from '../wsgi/errors.ts';
import { FileSource, type InputSource, MemorySource } from '../wsgi/input.ts';
import { openUnnamed } from './unnamed-file.ts';

/** Where a body goes that is received before the application is entered. */
export interface SpoolOptions {
  /** Bytes kept in memory before a temporary file is used. */
  readonly bodyInMemory: number;
  readonly spoolDirectory: string;
}

const NOTHING = Buffer.alloc(0);

/**
 * Receives a whole body: into memory, which is emptied into a temporary file each time it is full.
 */
export class BodySpool {
  private readonly options: SpoolOptions;
  private memory: Uint8Array = NOTHING;
  /** Bytes in memory, behind those in the file. */
  private kept = 0;
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
    this.size += data.length;
    if (this.kept + data.length > this.options.bodyInMemory) return this.spill(data);
    this.keep(data, expected);
    return undefined;
  }

  /** The body, to be read from its start. */
  source(): InputSource {
    const tail = new MemorySource([this.memory.subarray(0, this.kept)], true);
    if (this.fd === null) return tail;
    return new Sequence(new FileSource(this.fd, this.size - this.kept), tail);
  }

  /** Lets go of the body. */
  dispose(): void {
    if (this.fd !== null) closeSync(this.fd);
    this.fd = null;
    this.memory = NOTHING;
    this.kept = 0;
  }

  private keep(data: Uint8Array, expected: number): void {
    if (data.length === expected) {
      this.memory = data;
    } else {
      const needed = this.kept + data.length;
      if (this.memory.length < needed) this.grow(needed, expected);
      this.memory.set(data, this.kept);
    }
    this.kept += data.length;
  }

  private grow(needed: number, expected: number): void {
    const { bodyInMemory } = this.options;
    const likely = expected <= bodyInMemory ? expected : 0;
    const grown = Buffer.alloc(Math.max(likely, Math.min(2 * needed, bodyInMemory)));
    grown.set(this.memory.subarray(0, this.kept));
    this.memory = grown;
  }

  private async spill(data: Uint8Array): Promise<void> {
    const { kept } = this;
    this.fd ??= openUnnamed(this.options.spoolDirectory, 'body');
    await writeAll(this.fd, [this.memory.subarray(0, kept), data], this.size - kept - data.length);
    this.kept = 0;
  }
}

/** One source after another. */
class Sequence implements InputSource {
  readonly exclusive = true;
  private readonly first: InputSource;
  private readonly second: InputSource;

  constructor(first: InputSource, second: InputSource) {
    this.first = first;
    this.second = second;
  }

  next(): Uint8Array | null | undefined {
    const block = this.first.next();
    return block === null ? this.second.next() : block;
  }

  arrival(): Promise<void> {
    return Promise.resolve();
  }
}

function writeAll(fd: number, blocks: Uint8Array[], position: number): Promise<void> {
  return new Promise((resolve, reject) => {
    writev(fd, blocks, position, (error, written) => {
      if (error !== null) {
        reject(error);
        return;
      }
      const rest = without(blocks, written);
      if (rest.length === 0) resolve();
      else resolve(writeAll(fd, rest, position + written));
    });
  });
}

/** What is left of blocks without their first `size` bytes. */
function without(blocks: readonly Uint8Array[], size: number): Uint8Array[] {
  let gone = size;
  return blocks.flatMap((block) => {
    const skipped = Math.min(gone, block.length);
    gone -= skipped;
    return skipped === block.length ? [] : [block.subarray(skipped)];
  });
}

/** Bytes a stream holds before its sender is made to wait. */
const STREAM_HIGH_WATER = 64 * 1024;
/** Pieces below this size are joined: a client chooses how small its chunks are. */
const SMALL = 1024;
const JOINT = 16 * 1024;

/** The status where a body could not be stored: whether there is no room for it. (RFC 4918 §11.5) */
export function notStoredStatus(error: unknown): 500 | 507 {
  const { code } = error as NodeJS.ErrnoException;
  return code === 'ENOSPC' || code === 'EDQUOT' ? 507 : 500;
}

/** What an application hears that reads content which was refused meanwhile. */
export function contentFailure({ status, message }: ProtocolError): WsgiError {
  return new WsgiError(
    status === 408 ? 'input-too-slow' : status === 413 ? 'input-too-large' : 'input-incomplete',
    `the request body is incomplete: ${message}`,
  );
}

/** How a {@link BodyStream} acts on its connection. */
export interface BodyStreamHooks {
  /** The application waits for bytes: the moment for `100 Continue`. */
  wanted(): void;
  /** There is room again after `push` returned false. */
  drained(): void;
}

/** A body that is handed over as it arrives. */
export class BodyStream implements InputSource {
  readonly exclusive = true;
  private readonly hooks: BodyStreamHooks;
  private readonly queue: Uint8Array[] = [];
  private size = 0;
  private full = false;
  /** The last block of the queue, where it has room for small pieces, and what is in it. */
  private joint: Uint8Array | null = null;
  private joined = 0;
  private outcome: 'open' | 'ended' | Error = 'open';
  private waiting: (() => void)[] = [];

  constructor(hooks: BodyStreamHooks) {
    this.hooks = hooks;
  }

  /** Adds a piece; false when the sender should wait for `drained`. */
  push(data: Uint8Array): boolean {
    if (data.length >= SMALL) {
      this.joint = null;
      this.queue.push(data);
    } else {
      this.join(data);
    }
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
    if (this.queue.length === 0) this.joint = null;
    this.size -= block.length;
    if (this.full && this.size < STREAM_HIGH_WATER) {
      this.full = false;
      this.hooks.drained();
    }
    return block;
  }

  arrival(): Promise<void> {
    if (this.queue.length > 0 || this.outcome !== 'open') return Promise.resolve();
    const arrived = new Promise<void>((resolve) => this.waiting.push(resolve));
    // Which may bring it at once.
    this.hooks.wanted();
    return arrived;
  }

  private join(data: Uint8Array): void {
    if (this.joint === null || this.joint.length - this.joined < data.length) {
      // Nothing to join a first piece to yet, and often no more comes.
      if (this.joint === null && this.queue.length === 0) {
        this.queue.push(data);
        return;
      }
      this.joint = Buffer.alloc(JOINT);
      this.joined = 0;
      this.queue.push(this.joint);
    }
    this.joint.set(data, this.joined);
    this.joined += data.length;
    this.queue[this.queue.length - 1] = this.joint.subarray(0, this.joined);
  }

  private wake(): void {
    const { waiting } = this;
    this.waiting = [];
    for (const resolve of waiting) resolve();
  }
}
