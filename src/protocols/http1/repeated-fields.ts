import { CHUNKED } from './body-decoder.ts';
import type { RequestFields } from './request-fields.ts';

/** Longest section that is remembered, because idle connections hold it. */
const MAX_SIZE = 2048;

/**
 * The header section that a connection keeps sending.
 *
 * Clients repeat it byte for byte on a connection, and then it was read before: comparing it takes a
 * fraction of the time. It is remembered when a second section of the same length arrives, so that
 * connections whose requests differ pay nothing.
 */
export class RepeatedFields {
  /** Length of the section in bytes, with its empty line. */
  size = 0;
  private bytes: Buffer | null = null;
  private minor = 0;
  private fields: RequestFields | null = null;
  private lastSize = 0;

  /** What the section at `start` says, if it is the one remembered. */
  find(bytes: Uint8Array, start: number, end: number, minor: number): RequestFields | null {
    const known = this.bytes;
    const { size } = this;
    if (known === null || end - start < size || minor !== this.minor) return null;
    return known.compare(bytes, start, start + size) === 0 ? this.fields : null;
  }

  learn(bytes: Uint8Array, start: number, end: number, minor: number, fields: RequestFields): void {
    const size = end - start;
    const repeated = size === this.lastSize;
    this.lastSize = size;
    // With chunks, trailers count with the fields of the head, which has to be read for that.
    if (!repeated || size > MAX_SIZE || fields.contentLength === CHUNKED) return;
    this.bytes = Buffer.from(bytes.subarray(start, end));
    this.size = size;
    this.minor = minor;
    this.fields = fields;
  }
}
