const NOTHING = Buffer.alloc(0);

/**
 * The bytes that a parser was given and has not used up.
 *
 * A read that arrives when nothing is left over is used in place; only leftovers are copied.
 */
export class InputBuffer {
  bytes: Uint8Array = NOTHING;
  start = 0;
  end = 0;
  /** True while `bytes` is a buffer of our own, with room to append to. */
  private owned = false;

  get length(): number {
    return this.end - this.start;
  }

  push(chunk: Uint8Array): void {
    const size = this.end - this.start;
    if (size === 0) {
      this.bytes = chunk;
      this.start = 0;
      this.end = chunk.length;
      this.owned = false;
      return;
    }
    if (!this.owned || this.bytes.length - this.end < chunk.length) {
      const grown = Buffer.alloc(Math.max(1024, 2 * (size + chunk.length)));
      grown.set(this.bytes.subarray(this.start, this.end));
      this.bytes = grown;
      this.start = 0;
      this.end = size;
      this.owned = true;
    }
    this.bytes.set(chunk, this.end);
    this.end += chunk.length;
  }

  /** Uses up to `size` bytes, without copying them. */
  take(size: number): Uint8Array {
    const taken = this.bytes.subarray(this.start, Math.min(this.end, this.start + size));
    this.start += taken.length;
    return taken;
  }

  /** Lets go of what was used up, which an idle connection would hold until its next read. */
  forget(): void {
    if (this.start < this.end) return;
    this.bytes = NOTHING;
    this.start = this.end = 0;
    this.owned = false;
  }
}
