import { readSync } from 'node:fs';
import { WsgiError } from './errors.ts';
import type { AsyncInputStream, InputStream } from './types.ts';

/** Where a request body's blocks come from. */
export interface InputSource {
  /** A block is nobody else's: one that is read whole is handed out without a copy. */
  readonly exclusive?: boolean;
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
const NOTHING = Buffer.alloc(0);

/**
 * The cursor that `wsgi.input` and `wizgi.input` share.
 *
 * Every array handed out is the caller's own.
 */
export class Input implements InputStream {
  private readonly source: InputSource;
  private readonly blocks: Uint8Array[] = [];
  /** Bytes of the first block already handed out. */
  private offset = 0;
  private buffered = 0;
  /** Bytes of the body handed out. */
  private position = 0;
  private closed = false;
  /** Ends the wait for the source. */
  private interrupt: (() => void) | null = null;

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
    try {
      for (let total = 0; total < enough; ) {
        const line = this.readline();
        if (line.byteLength === 0) break;
        total += line.byteLength;
        lines.push(line);
      }
    } catch (error) {
      // Who meets a line that has not arrived can still read all of them asynchronously.
      this.putBack(lines);
      throw error;
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
    if (this.blocks.length > 0) this.blocks.length = 0;
    this.buffered = 0;
    this.interrupt?.();
  }

  /**
   * Calls `take` once at least `wanted` bytes, a line of at most `wanted`, or the end are buffered.
   *
   * In the same turn, so that no other reader can come between. One caller at a time.
   */
  async gather<T>(wanted: number, line: boolean, take: () => T): Promise<T> {
    let scanned = this.position;
    for (;;) {
      // A synchronous reader may have moved the cursor meanwhile.
      const from = Math.max(0, scanned - this.position);
      if (line ? this.lineEnd(from, wanted) !== -1 : this.buffered >= wanted) return take();
      scanned = this.position + this.buffered;
      const state = this.poll();
      if (state === null) return take();
      if (state === undefined) await this.arrival();
    }
  }

  /**
   * The next block that is here already, null at the end, undefined when it has not arrived yet.
   *
   * For who passes the body on: such a reader makes no promise for each block.
   *
   * @throws the error that ended the body early.
   */
  arrived(): Uint8Array | null | undefined {
    if (this.buffered > 0) return this.takeBlock();
    const block = this.poll();
    return block === null || block === undefined ? block : this.takeBlock();
  }

  /** Resolves when {@link arrived} would give something other than undefined. */
  arrival(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.interrupt = resolve;
      this.source.arrival().then(resolve, reject);
    });
  }

  /** Hands out the buffered bytes of the first block, or all of it. */
  takeBlock(): Uint8Array {
    const first = this.blocks[0];
    return first === undefined ? NOTHING : this.take(first.byteLength - this.offset);
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
    let index = 0;
    let base = -this.offset;
    // Back from the end, or a long line that comes in small blocks would take quadratic time.
    if (scanned > 0) {
      index = this.blocks.length;
      base = this.buffered;
      while (base > scanned) base -= this.blocks[--index]?.byteLength ?? 0;
    }
    for (; index < this.blocks.length; index++) {
      const block = this.blocks[index] as Uint8Array;
      const found = block.indexOf(LF, Math.max(0, scanned - base));
      if (found !== -1) return Math.min(base + found + 1, wanted);
      base += block.byteLength;
    }
    return this.buffered >= wanted ? wanted : -1;
  }

  private take(size: number): Uint8Array {
    if (this.closed)
      throw new WsgiError('input-closed', 'wsgi.input was read after the request ended');
    if (size === 0) return NOTHING;
    const [first] = this.blocks;
    if (this.offset === 0 && first?.byteLength === size && this.isToGiveAway(first)) {
      this.blocks.shift();
      this.buffered -= size;
      this.position += size;
      return first;
    }
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
    this.position += size;
    return result;
  }

  /** Not a small part of a large memory, all of which is kept by whoever keeps the part. */
  private isToGiveAway(block: Uint8Array): boolean {
    return this.source.exclusive === true && 2 * block.byteLength >= block.buffer.byteLength;
  }

  private putBack(taken: readonly Uint8Array[]): void {
    const size = taken.reduce((total, block) => total + block.byteLength, 0);
    const first = this.blocks[0];
    if (first !== undefined) this.blocks[0] = first.subarray(this.offset);
    this.offset = 0;
    this.blocks.unshift(...taken);
    this.buffered += size;
    this.position -= size;
  }
}

/**
 * `wizgi.input`: awaits what {@link Input} would refuse to wait for.
 *
 * Reads that overlap are served one after the other, in the order of their calls.
 */
export class AsyncInput implements AsyncInputStream {
  /** The cursor; for who passes the body on, and reads nothing here beside. */
  readonly input: Input;
  /** The end of the reads so far; null before there is one, as most requests have none. */
  private last: Promise<void> | null = null;

  constructor(input: Input) {
    this.input = input;
  }

  read(size?: number | null): Promise<Uint8Array> {
    return this.inTurn(() => this.input.gather(bound(size), false, () => this.input.read(size)));
  }

  readline(size?: number | null): Promise<Uint8Array> {
    return this.inTurn(() => this.line(size));
  }

  readlines(hint?: number | null): Promise<Uint8Array[]> {
    return this.inTurn(() => this.lines(hint));
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array> {
    for (;;) {
      const block = await this.inTurn(() =>
        this.input.gather(1, false, () => this.input.takeBlock()),
      );
      if (block.byteLength === 0) return;
      yield block;
    }
  }

  private line(size?: number | null): Promise<Uint8Array> {
    return this.input.gather(bound(size), true, () => this.input.readline(size));
  }

  private async lines(hint?: number | null): Promise<Uint8Array[]> {
    const lines: Uint8Array[] = [];
    const enough = hint != null && hint > 0 ? hint : Number.POSITIVE_INFINITY;
    for (let total = 0; total < enough; ) {
      const line = await this.line();
      if (line.byteLength === 0) break;
      total += line.byteLength;
      lines.push(line);
    }
    return lines;
  }

  private inTurn<T>(action: () => Promise<T>): Promise<T> {
    const result = this.last === null ? action() : this.last.then(action);
    const settled = () => undefined;
    this.last = result.then(settled, settled);
    return result;
  }
}

/** A body held in memory. */
export class MemorySource implements InputSource {
  readonly exclusive: boolean;
  private readonly blocks: readonly Uint8Array[];
  private index = 0;

  /** @param exclusive - the blocks are given away with it. */
  constructor(blocks: readonly Uint8Array[], exclusive = false) {
    this.blocks = blocks;
    this.exclusive = exclusive;
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
  readonly exclusive = true;
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
