import { type FileHandle, open } from 'node:fs/promises';

const BLOCK = 64 * 1024;

/**
 * Opens a file that a worker has open, through the system's list of its descriptors.
 *
 * @returns its bytes from `position` on, `size` at most.
 * @throws (as a rejection) where there is no such list, or it may not be read.
 */
export async function openAnswerFile(
  pid: number,
  descriptor: number,
  position: number,
  size: number,
): Promise<AsyncIterator<Uint8Array>> {
  return new AnswerFile(await open(`/proc/${pid}/fd/${descriptor}`, 'r'), position, size);
}

// Not a generator, because one that was never asked for a block would not close its file.
class AnswerFile implements AsyncIterator<Uint8Array> {
  private readonly handle: FileHandle;
  private position: number;
  private left: number;

  constructor(handle: FileHandle, position: number, size: number) {
    this.handle = handle;
    this.position = position;
    this.left = size;
  }

  async next(): Promise<IteratorResult<Uint8Array>> {
    if (this.left === 0) return this.return();
    const block = Buffer.allocUnsafeSlow(Math.min(BLOCK, this.left));
    const { bytesRead } = await this.handle.read(block, 0, block.length, this.position);
    if (bytesRead === 0) return this.return();
    this.position += bytesRead;
    this.left -= bytesRead;
    return { value: block.subarray(0, bytesRead), done: false };
  }

  async return(): Promise<IteratorResult<Uint8Array>> {
    await this.handle.close();
    return { value: undefined, done: true };
  }
}
