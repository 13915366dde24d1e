/** How a Request's body becomes input. */
import { WsgiError } from '../../wsgi/errors.ts';
import type { InputSource } from '../../wsgi/input.ts';

/** A body that exceeds the limit. */
export class BodyTooLarge extends Error {
  override readonly name = 'BodyTooLarge';
}

/** The length that the request declares, or null. */
export function declaredLength(request: Request): number | null {
  const text = request.headers.get('content-length');
  return text !== null && /^\d{1,15}$/.test(text) ? Number(text) : null;
}

/**
 * Receives a whole body, whose length the request declares, into memory.
 *
 * @throws {BodyTooLarge} when it exceeds `limit` bytes, as one can that no runtime held to what it said;
 *   and what the runtime throws for one that breaks off.
 */
export async function receiveDeclared(request: Request, limit: number): Promise<Uint8Array> {
  const bytes = Buffer.from(await request.arrayBuffer());
  if (bytes.length > limit) throw new BodyTooLarge();
  return bytes;
}

/** The same for a body of unknown length. */
export async function receiveStream(
  body: ReadableStream<Uint8Array>,
  limit: number,
): Promise<Uint8Array> {
  const blocks: Uint8Array[] = [];
  let size = 0;
  const reader = body.getReader();
  for (let step = await reader.read(); !step.done; step = await reader.read()) {
    size += step.value.length;
    if (size > limit) {
      reader.cancel().catch(() => undefined);
      throw new BodyTooLarge();
    }
    blocks.push(step.value);
  }
  return Buffer.concat(blocks, size);
}

/** A body that is read while the application runs, a block at a time and only when it is wanted. */
export class StreamSource implements InputSource {
  private readonly reader: ReadableStreamDefaultReader<Uint8Array>;
  private readonly limit: number;
  private size = 0;
  private block: Uint8Array | null = null;
  private ended = false;
  private failure: Error | null = null;
  private pending: Promise<void> | null = null;
  /** Ends a wait that the runtime would leave open. */
  private interrupt: (() => void) | null = null;

  constructor(body: ReadableStream<Uint8Array>, limit: number) {
    this.reader = body.getReader();
    this.limit = limit;
  }

  next(): Uint8Array | null | undefined {
    const { block } = this;
    if (block !== null) {
      this.block = null;
      return block;
    }
    if (this.failure !== null) throw this.failure;
    if (this.ended) return null;
    this.pending ??= this.pull();
    return undefined;
  }

  arrival(): Promise<void> {
    if (this.block !== null || this.ended || this.failure !== null) return Promise.resolve();
    this.pending ??= this.pull();
    return this.pending;
  }

  /** Ends the body early: reads that wait, and later ones, throw `error`. */
  fail(error: Error): void {
    if (this.ended || this.failure !== null) return;
    this.failure = error;
    this.interrupt?.();
    this.reader.cancel(error).catch(() => undefined);
  }

  private async pull(): Promise<void> {
    const interrupted = new Promise<null>((resolve) => {
      this.interrupt = () => resolve(null);
    });
    try {
      while (this.block === null && !this.ended && this.failure === null) {
        const step = await Promise.race([this.reader.read(), interrupted]);
        if (step === null) break;
        if (step.done) this.ended = true;
        else this.accept(step.value);
      }
    } catch (error) {
      this.failure ??= incomplete(error);
    }
    this.pending = this.interrupt = null;
  }

  private accept(block: Uint8Array): void {
    this.size += block.length;
    if (this.size > this.limit) {
      this.fail(new WsgiError('input-too-large', `the request body exceeds ${this.limit} bytes`));
    } else if (block.length > 0) {
      this.block = block;
    }
  }
}

function incomplete(error: unknown): WsgiError {
  const why = error instanceof Error ? error.message : String(error);
  return new WsgiError('input-incomplete', `the request body is incomplete: ${why}`);
}
