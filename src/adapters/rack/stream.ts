import type { Chunk, Write } from '../../wsgi/types.ts';
import type { RackInput, RackStream } from './types.ts';

/** What a streaming body is called with. */
export class ResponseStream implements RackStream {
  /** Resolves when the body closes the stream. */
  readonly whenClosed: Promise<void>;
  closed = false;
  private readonly input: RackInput | undefined;
  private readonly send: Write;
  private onClose!: () => void;

  constructor(input: RackInput | undefined, send: Write) {
    this.input = input;
    this.send = send;
    this.whenClosed = new Promise((resolve) => {
      this.onClose = resolve;
    });
  }

  read(length?: number | null): Uint8Array | null {
    return this.input?.read(length) ?? null;
  }

  write(block: Chunk): void | Promise<void> {
    if (this.closed) throw new Error('the stream was written to after it was closed');
    return this.send(block);
  }

  /** Every block is sent at once. */
  flush(): void {}

  close(): void {
    this.closed = true;
    this.onClose();
  }

  close_read(): void {
    this.input?.close?.();
  }

  close_write(): void {
    this.close();
  }
}
