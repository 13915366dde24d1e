import { WsgiError } from '../wsgi/errors.ts';
import type { Input } from '../wsgi/input.ts';
import type { Environ } from '../wsgi/types.ts';

/** Bytes of content, or null when only its end will tell. */
export type ContentLength = number | null;

/** Content up to this size can be sent again, to another upstream. */
const REPLAYABLE = 64 * 1024;

const BLOCK = 64 * 1024;

/** The content of a request, to be sent on as it comes. */
export class RequestContent {
  readonly length: ContentLength;
  /** Called when `next` has something, after it had nothing. */
  onArrival: () => void = () => undefined;
  private readonly environ: Environ;
  private readonly input: Input | Environ['wsgi.input'];
  private stream: AsyncIterator<Uint8Array> | null = null;
  private readonly streamed: boolean;
  private arrived: Uint8Array | null = null;
  private pending = false;
  /** Nobody has looked yet whether all of the content is there. */
  private mayBeThere = true;
  private ended = false;
  private failure: unknown = null;
  /** What was given so far, to be given again; null when that is too much. */
  private kept: Uint8Array[] | null = [];
  private keptSize = 0;
  /** How much of what was kept has been given again. */
  private replayed = 0;

  constructor(environ: Environ, length: ContentLength, first: Uint8Array | null = null) {
    this.environ = environ;
    this.length = length;
    this.input = environ['wsgi.input'];
    this.streamed = environ['wizgi.streaming'] === true && environ['wizgi.input'] !== undefined;
    this.arrived = first;
  }

  /**
   * The next block, null at the end, undefined when it has not arrived: `onArrival` tells.
   *
   * @throws what the client's side failed with.
   */
  next(): Uint8Array | null | undefined {
    if (this.kept !== null && this.replayed < this.kept.length) return this.kept[this.replayed++];
    const block = this.read();
    if (block !== null && block !== undefined) this.keep(block);
    return block;
  }

  /** All of it can be sent again; false where its length is not known. */
  get isReplayable(): boolean {
    return this.length !== null && this.length <= REPLAYABLE;
  }

  /** Begins again; false when that cannot be. */
  rewind(): boolean {
    if (this.kept === null) return false;
    this.replayed = 0;
    return true;
  }

  /** No more of it is wanted. */
  close(): void {
    this.onArrival = () => undefined;
    this.kept = null;
    // What is being waited for ends with the request.
    if (!this.pending) this.stream?.return?.()?.catch(() => undefined);
  }

  private read(): Uint8Array | null | undefined {
    const { arrived } = this;
    if (arrived !== null) {
      this.arrived = null;
      return arrived;
    }
    if (this.failure !== null) throw this.failure;
    if (this.ended) return null;
    if (this.streamed) {
      if (!this.pending) this.request();
      return undefined;
    }
    const block = this.input.read(BLOCK);
    this.ended = block.length === 0;
    return this.ended ? null : block;
  }

  private request(): void {
    this.pending = true;
    if (this.mayBeThere && this.length !== null && this.length <= BLOCK) {
      this.mayBeThere = false;
      // Little content tends to come with its head, but the server looks at the head first.
      queueMicrotask(() => this.readWhole(this.length as number));
    } else {
      this.requestBlock();
    }
  }

  /** Reads all of the content, which takes no promise, or waits for what there is of it. */
  private readWhole(length: number): void {
    try {
      this.arrived = this.input.read(length);
      this.pending = false;
    } catch (error) {
      if (error instanceof WsgiError && error.code === 'input-not-arrived') {
        this.requestBlock();
        return;
      }
      this.pending = false;
      this.failure = error;
    }
    this.onArrival();
  }

  private requestBlock(): void {
    this.stream ??= this.environ['wizgi.input']?.[Symbol.asyncIterator]() ?? null;
    this.stream?.next().then(
      ({ done, value }) => {
        this.pending = false;
        if (done === true) this.ended = true;
        else this.arrived = value;
        this.onArrival();
      },
      (error: unknown) => {
        this.pending = false;
        this.failure = error;
        this.onArrival();
      },
    );
  }

  private keep(block: Uint8Array): void {
    if (this.kept === null) return;
    this.keptSize += block.length;
    if (this.keptSize > REPLAYABLE) {
      this.kept = null;
      return;
    }
    this.kept.push(block);
    this.replayed = this.kept.length;
  }
}

/** The content of a request; null when it has none. */
export function contentOf(environ: Environ): RequestContent | null {
  const declared = environ.CONTENT_LENGTH;
  if (declared !== undefined && declared !== '') {
    const length = /^\d{1,15}$/.test(declared) ? Number(declared) : Number.NaN;
    if (Number.isNaN(length)) {
      throw new WsgiError(
        'bad-content-length',
        'CONTENT_LENGTH of the request is no number of bytes',
      );
    }
    return length === 0 ? null : new RequestContent(environ, length);
  }
  // Whatever was received whole has a length.
  return environ['wizgi.streaming'] === true ? contentOfStream(environ) : null;
}

/** No length means no content, or chunks: only reading tells. */
function contentOfStream(environ: Environ): RequestContent | null {
  try {
    const first = environ['wsgi.input'].read(1);
    return first.length === 0 ? null : new RequestContent(environ, null, first);
  } catch (error) {
    if (!(error instanceof WsgiError) || error.code !== 'input-not-arrived') throw error;
    return new RequestContent(environ, null);
  }
}
