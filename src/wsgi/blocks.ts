import type { Chunk } from './types.ts';

/** Blocks of an array are sent together up to this many bytes. */
const BATCH = 64 * 1024;

/**
 * The number of bytes that a block puts on the wire.
 *
 * @throws {TypeError} when the value is no block: neither a byte array nor a string.
 */
export function byteLength(block: unknown): number {
  if (typeof block === 'string') return Buffer.byteLength(block);
  if (block instanceof Uint8Array) return block.byteLength;
  const what = block === null ? 'null' : typeof block;
  throw new TypeError(`the application gave ${what} as a block; expected a Uint8Array or a string`);
}

/** Bytes as text of Latin-1, an octet in each character, which V8 joins faster than buffers. */
export function octets(bytes: Uint8Array): string {
  const buffer = Buffer.isBuffer(bytes)
    ? bytes
    : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  return buffer.toString('latin1');
}

/** The bytes of a block; strings as UTF-8. */
export function encode(block: Chunk): Uint8Array {
  return typeof block === 'string' ? Buffer.from(block) : block;
}

/**
 * Joins the blocks of an array, between which no application code runs, into few larger ones.
 *
 * Something that is no block is given as it is, ahead of what was joined, so that it is refused
 * before anything was sent.
 */
export function* coalesce(blocks: readonly unknown[]): Generator<Chunk> {
  let batch: Uint8Array[] = [];
  let text = '';
  let size = 0;
  for (const block of blocks) {
    if (typeof block === 'string') {
      text += block;
      size += block.length;
    } else if (block instanceof Uint8Array) {
      if (text !== '') {
        batch.push(Buffer.from(text));
        text = '';
      }
      batch.push(block);
      size += block.byteLength;
    } else {
      yield block as Chunk;
    }
    if (size >= BATCH) {
      yield join(batch, text);
      batch = [];
      text = '';
      size = 0;
    }
  }
  if (size > 0) yield join(batch, text);
}

function join(batch: Uint8Array[], text: string): Chunk {
  if (batch.length === 0) return text;
  if (text !== '') batch.push(Buffer.from(text));
  return batch.length === 1 ? (batch[0] as Uint8Array) : Buffer.concat(batch);
}
