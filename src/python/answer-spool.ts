import { close, read, write } from 'node:fs';
import { promisify } from 'node:util';
import { openUnnamed } from '../gateways/unnamed-file.ts';

const readAt = promisify(read);
const writeAt = promisify(write);
const BLOCK = 64 * 1024;

/** The part of an answer that its client is too slow to take now: first in, first out, in a file. */
export class AnswerSpool {
  private readonly fd: number;
  private written = 0;
  private taken = 0;
  /** Settles when everything so far is in the file. */
  private writing: Promise<void> = Promise.resolve();
  private disposed = false;

  /** @throws the error of the file system. */
  constructor(directory: string) {
    this.fd = openUnnamed(directory, 'answer');
  }

  get empty(): boolean {
    return this.taken === this.written;
  }

  push(block: Uint8Array): void {
    const position = this.written;
    this.written += block.length;
    this.writing = this.writing.then(() => this.write(block, position));
    // Told to whoever takes from here.
    this.writing.catch(() => undefined);
  }

  /**
   * The next block; one caller at a time, and not when empty.
   *
   * @throws (as a rejection) the error of the file system.
   */
  async take(): Promise<Buffer> {
    // What is pushed while this waits is not in the file yet.
    const { written } = this;
    await this.writing;
    const block = Buffer.allocUnsafeSlow(Math.min(BLOCK, written - this.taken));
    const { bytesRead } = await readAt(this.fd, block, 0, block.length, this.taken);
    if (bytesRead === 0)
      throw new Error('the file of an answer that waits for its client is incomplete');
    this.taken += bytesRead;
    if (this.empty) this.taken = this.written = 0;
    return block.subarray(0, bytesRead);
  }

  dispose(): void {
    if (this.disposed) return;
    this.disposed = true;
    const done = () => close(this.fd);
    this.writing.then(done, done);
  }

  private async write(block: Uint8Array, position: number): Promise<void> {
    for (let at = 0; at < block.length && !this.disposed; ) {
      const { bytesWritten } = await writeAt(this.fd, block, at, block.length - at, position + at);
      at += bytesWritten;
    }
  }
}
