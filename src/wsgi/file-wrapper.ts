import { read, readSync } from 'node:fs';
import { promisify } from 'node:util';
import type { FileLike, FileWrapperFactory, OpenFile } from './types.ts';

const readDescriptor = promisify(read);

/** Blocks of this many bytes keep the number of system calls low; PEP 3333's size is only a hint. */
const DESCRIPTOR_BLOCK = 64 * 1024;

/**
 * Sends a file: `return environ['wsgi.file_wrapper'](file)`.
 *
 * An object with an open descriptor in `fd` (a `FileHandle` of `node:fs/promises` is one) is read
 * from its current position, the next block while the one before is on its way; anything else is
 * read with its `read(size)` until that gives nothing. Returned bare, the server stops at the
 * declared Content-Length; behind middleware it is an ordinary iterable.
 * (PEP 3333, Optional Platform-Specific File Handling; wsgiref.util.FileWrapper)
 *
 * @param blockSize - bytes per `read(size)`, a hint; default 8192.
 * @throws {TypeError} when the file has neither `fd` nor `read`, and for a stream, whose `read`
 *   gives nothing before its end.
 */
export class FileWrapper implements Iterable<Uint8Array> {
  readonly file: FileLike;
  readonly blockSize: number;
  /** Present only when the file has something to close. */
  declare readonly close?: () => void | PromiseLike<void>;
  /** Present only for descriptors, which are best read asynchronously. */
  declare readonly [Symbol.asyncIterator]?: () => AsyncIterator<Uint8Array>;

  constructor(file: FileLike, blockSize = 8192) {
    if (!isObject(file) || !(isOpenFile(file) || typeof file.read === 'function')) {
      throw new TypeError(
        'wsgi.file_wrapper needs an object with an open fd or a read(size) method',
      );
    }
    if (!isOpenFile(file) && Symbol.asyncIterator in file) {
      throw new TypeError(
        'wsgi.file_wrapper cannot read from a stream; return the stream itself as the body',
      );
    }
    this.file = file;
    this.blockSize = blockSize > 0 ? blockSize : 8192;
    if (typeof file.close === 'function') this.close = () => file.close?.();
    if (isOpenFile(file)) {
      this[Symbol.asyncIterator] = () => readAhead(file, Number.POSITIVE_INFINITY);
    }
  }

  [Symbol.iterator](): Generator<Uint8Array> {
    return this.readUpTo(Number.POSITIVE_INFINITY);
  }

  /** The blocks up to `limit` bytes, for the driver; null when it may as well iterate this. */
  blocks(
    limit: number | null,
  ): AsyncIterableIterator<Uint8Array> | IterableIterator<Uint8Array> | null {
    const { file } = this;
    if (isOpenFile(file)) return readAhead(file, limit ?? Number.POSITIVE_INFINITY);
    return limit === null ? null : this.readUpTo(limit);
  }

  private *readUpTo(limit: number): Generator<Uint8Array> {
    for (let remaining = limit; remaining > 0; ) {
      const block = this.readBlock(Math.min(this.blockSize, remaining));
      if (block.byteLength === 0) return;
      remaining -= block.byteLength;
      yield block;
    }
  }

  private readBlock(size: number): Uint8Array {
    const { file } = this;
    if (!isOpenFile(file)) return file.read(size) ?? new Uint8Array();
    const block = Buffer.allocUnsafeSlow(size);
    return block.subarray(0, readSync(file.fd, block, 0, size, null));
  }
}

/** `wsgi.file_wrapper`, as every gateway gives it. */
export const fileWrapper: FileWrapperFactory = (file, blockSize) =>
  new FileWrapper(file, blockSize);

function isObject(value: unknown): boolean {
  return typeof value === 'object' && value !== null;
}

function isOpenFile(file: FileLike): file is OpenFile {
  return 'fd' in file && typeof file.fd === 'number';
}

/** Reads from the current position, one block ahead of the consumer, `limit` bytes at most. */
async function* readAhead(file: OpenFile, limit: number): AsyncGenerator<Uint8Array> {
  let remaining = limit;
  const request = async (): Promise<Uint8Array> => {
    const block = Buffer.allocUnsafeSlow(Math.min(DESCRIPTOR_BLOCK, remaining));
    // Asked for anew each time: a handle that was closed has none, and its number may be another's.
    const { bytesRead } = await readDescriptor(file.fd, block, 0, block.length, null);
    remaining -= bytesRead;
    return block.subarray(0, bytesRead);
  };
  let pending: Promise<Uint8Array> | null = remaining > 0 ? request() : null;
  try {
    while (pending !== null) {
      const block: Uint8Array = await pending;
      if (block.byteLength === 0) return;
      pending = remaining > 0 ? request() : null;
      // It can fail while nobody asks for it; who asks next hears of it then.
      pending?.catch(() => undefined);
      yield block;
    }
  } finally {
    // The descriptor may be closed once this ends, so no read may be under way then.
    await pending?.catch(() => undefined);
  }
}
