import { readSync } from 'node:fs';
import { WsgiError } from './errors.ts';
import type { AsyncInputStream, InputStream } from './types.ts';

/** Where a request body's blocks come from. */
export interface InputSource {
  /**
   * The next non-empty block, null at the end of the body, undefined when it has not arrived yet.
   *
   * @throws the error that ended the body early.
   */
  next(): Uint8Array | null | undefined;
  /** Resolves when `next` would give something other than undefined. */
  arrival(): Promise<void>;
}

const EMPTY: InputSource = {
  next: () => null,
  arrival: () => Promise.resolve(),
};

const LF = 0x0a;

/**
 * The cursor that `wsgi.input` and `wizgi.input` share.
 *
 * Every array handed out is the caller's own copy.
 */
export class Input implements InputStream {
  private readonly source: InputSource;
  private readonly blocks: Uint8Array[] = [];
  /** Bytes of the first block already handed out. */
  private offset = 0;
  private buffered = 0;
  private closed = false;

  constructor(source: InputSource = EMPTY) {
    this.source = source;
  }

  /** An input over bytes that are all there. */
  static of(...blocks: Uint8Array[]): Input {
    return new Input(new MemorySource(blocks));
  }

  read(size?: number | null): Uint8Array {
    const wanted = bound(size);
    while (this.buffered < wanted && this.pull());
    return this.take(Math.min(wanted, this.buffered));
  }

  readline(size?: number | null): Uint8Array {
    const wanted = bound(size);
    let scanned = 0;
    for (;;) {
      const found = this.lineEnd(scanned, wanted);
      if (found !== -1) return this.take(found);
      scanned = this.buffered;
      if (!this.pull()) return this.take(Math.min(wanted, this.buffered));
    }
  }

  readlines(hint?: number | null): Uint8Array[] {
    const lines: Uint8Array[] = [];
    const enough = hint != null && hint > 0 ? hint : Number.POSITIVE_INFINITY;
    for (let total = 0; total < enough; ) {
      const line = this.readline();
      if (line.byteLength === 0) break;
      total += line.byteLength;
      lines.push(line);
    }
    return lines;
  }

  *[Symbol.iterator](): Generator<Uint8Array> {
    for (;;) {
      const line = this.readline();
      if (line.byteLength === 0) return;
      yield line;
    }
  }

  /** Ends the input with the request: every later read throws. */
  close(): void {
    this.closed = true;
    this.blocks.length = 0;
    this.buffered = 0;
  }

  /** Resolves once at least `wanted` bytes, a line of at most `wanted`, or the end are buffered. */
  async gather(wanted: number, line: boolean): Promise<void> {
    let scanned = 0;
    for (;;) {
      if (line ? this.lineEnd(scanned, wanted) !== -1 : this.buffered >= wanted) return;
      scanned = this.buffered;
      const state = this.poll();
      if (state === null) return;
      if (state === undefined) await this.source.arrival();
    }
  }

  /** Hands out the buffered bytes of the first block, or all of it. */
  takeBlock(): Uint8Array {
    const first = this.blocks[0];
    return first === undefined ? new Uint8Array() : this.take(first.byteLength - this.offset);
  }

  private pull(): boolean {
    const state = this.poll();
    if (state === undefined) {
      throw new WsgiError(
        'input-not-arrived',
        "wsgi.input cannot wait for bytes that have not arrived; await environ['wizgi.input'] instead",
      );
    }
    return state !== null;
  }

  private poll(): Uint8Array | null | undefined {
    if (this.closed)
      throw new WsgiError('input-closed', 'wsgi.input was read after the request ended');
    const block = this.source.next();
    if (block !== null && block !== undefined) {
      this.blocks.push(block);
      this.buffered += block.byteLength;
    }
    return block;
  }

  /** How many bytes a line of at most `wanted` takes, or -1 if that cannot be told yet. */
  private lineEnd(scanned: number, wanted: number): number {
    let base = -this.offset;
    for (const block of this.blocks) {
      const end = base + block.byteLength;
      if (end > scanned) {
        const found = block.indexOf(LF, Math.max(0, scanned - base));
        if (found !== -1) return Math.min(base + found + 1, wanted);
      }
      base = end;
    }
    return this.buffered >= wanted ? wanted : -1;
  }

  private take(size: number): Uint8Array {
    if (this.closed)
      throw new WsgiError('input-closed', 'wsgi.input was read after the request ended');
    const result = Buffer.allocUnsafe(size);
    let filled = 0;
    let consumed = 0;
    while (filled < size) {
      const block = this.blocks[consumed] as Uint8Array;
      const end = Math.min(block.byteLength, this.offset + size - filled);
      result.set(block.subarray(this.offset, end), filled);
      filled += end - this.offset;
      if (end === block.byteLength) {
        consumed++;
        this.offset = 0;
      } else {
        this.offset = end;
      }
    }
    if (consumed > 0) this.blocks.splice(0, consumed);
    this.buffered -= size;
    return result;
  }
}

/** `wizgi.input`: awaits what {@link Input} would refuse to wait for. */
export class AsyncInput implements AsyncInputStream {
  private readonly input: Input;

  constructor(input: Input) {
    this.input = input;
  }

  async read(size?: number | null): Promise<Uint8Array> {
    await this.input.gather(bound(size), false);
    return this.input.read(size);
  }

  async readline(size?: number | null): Promise<Uint8Array> {
    await this.input.gather(bound(size), true);
    return this.input.readline(size);
  }

  async readlines(hint?: number | null): Promise<Uint8Array[]> {
    const lines: Uint8Array[] = [];
    const enough = hint != null && hint > 0 ? hint : Number.POSITIVE_INFINITY;
    for (let total = 0; total < enough; ) {
      const line = await this.readline();
      if (line.byteLength === 0) break;
      total += line.byteLength;
      lines.push(line);
    }
    return lines;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array> {
    for (;;) {
      await this.input.gather(1, false);
      const block = this.input.takeBlock();
      if (block.byteLength === 0) return;
      yield block;
    }
  }
}

/** A body held in memory. */
export class MemorySource implements InputSource {
  private readonly blocks: readonly Uint8Array[];
  private index = 0;

  constructor(blocks: readonly Uint8Array[]) {
    this.blocks = blocks;
  }

  next(): Uint8Array | null {
    while (this.index < this.blocks.length) {
      const block = this.blocks[this.index++] as Uint8Array;
      if (block.byteLength > 0) return block;
    }
    return null;
  }

  arrival(): Promise<void> {
    return Promise.resolve();
  }
}

/** A body held in a file, read from its start with a descriptor that stays the owner's to close. */
export class FileSource implements InputSource {
  private readonly fd: number;
  private readonly length: number;
  private position = 0;

  constructor(fd: number, length: number) {
    this.fd = fd;
    this.length = length;
  }

  next(): Uint8Array | null {
    const size = Math.min(64 * 1024, this.length - this.position);
    if (size <= 0) return null;
    const block = Buffer.allocUnsafeSlow(size);
    const got = readSync(this.fd, block, 0, size, this.position);
    if (got === 0)
      throw new WsgiError('input-incomplete', 'the spooled request body is incomplete');
    this.position += got;
    return block.subarray(0, got);
  }

  arrival(): Promise<void> {
    return Promise.resolve();
  }
}

function bound(size: number | null | undefined): number {
  return size == null || size < 0 ? Number.POSITIVE_INFINITY : Math.trunc(size);
}
