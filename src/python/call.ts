import type { Body, Chunk, HeaderList, StartResponse } from '../wsgi/types.ts';
import type { RequestContent } from './content.ts';
import { WINDOW } from './messages.ts';
import type { Worker } from './worker.ts';

/** Where a call meets its pool. */
export interface CallOwner {
  /** The answer is over for whoever asked for it, whether the worker has ended it or not. */
  onClosed(call: Call): void;
  /** So much more of the answer was passed on. */
  onConsumed(call: Call, size: number): void;
}

/** What a call is made of. */
export interface CallRequest {
  /** The environ, as a dict in marshal's format. */
  readonly environ: string;
  readonly content: RequestContent;
  readonly startResponse: StartResponse;
  /** Method and path, for the log. */
  readonly line: string;
}

/** How much of an answer is passed on before its worker hears of it. */
const CREDIT = WINDOW / 2;

/**
 * One request to a Python application: what is sent for it, and its answer as it comes.
 *
 * This is the body that an application of `python()` returns.
 */
export class Call implements AsyncIterableIterator<Chunk> {
  readonly request: CallRequest;
  /** The worker's number for it, once it was sent. */
  id = 0;
  /** When it was sent, or its worker was heard of, on the pool's clock. */
  active = 0;
  /** The worker has begun to answer. */
  begun = false;
  /** Nobody asks for the answer any more. */
  closed = false;
  /** The worker that it was given to. */
  worker: Worker | null = null;
  /** Its content is still to come from the client. */
  feeding = false;
  /** Bytes that came and were not passed on. */
  held = 0;
  private readonly owner: CallOwner;
  private head: string | null = null;
  private readonly blocks: Buffer[] = [];
  /** A file that the rest of the answer is read from. */
  private file: AsyncIterator<Uint8Array> | null = null;
  private uncredited = 0;
  private outcome: 'open' | 'ended' | Error = 'open';
  private waiting: ((step: IteratorResult<Chunk> | Promise<IteratorResult<Chunk>>) => void) | null =
    null;

  constructor(request: CallRequest, owner: CallOwner) {
    this.request = request;
    this.owner = owner;
  }

  // --- from the worker -------------------------------------------------------------------------

  /** The answer begins; status and headers, a line each. */
  onHead(head: string): void {
    this.begun = true;
    this.head = head;
  }

  onContent(block: Buffer): void {
    if (this.closed) return;
    if (block.length > 0) {
      this.blocks.push(block);
      this.held += block.length;
    }
    this.wake();
  }

  /** The last block, or an empty one. */
  onLast(block: Buffer): void {
    this.outcome = 'ended';
    this.onContent(block);
  }

  /** The rest of the answer is in a file. */
  onFile(blocks: AsyncIterator<Uint8Array>): void {
    this.file = blocks;
    this.wake();
  }

  /** The answer ends, with an error or as it should. */
  onEnd(error?: Error): void {
    if (this.outcome !== 'open') return;
    this.outcome = error ?? 'ended';
    this.wake();
  }

  /** The client is slow to send, or to read: the application cannot go on. */
  get awaitsClient(): boolean {
    return this.feeding || this.held > 0;
  }

  // --- to the driver ---------------------------------------------------------------------------

  /** Neither answered nor given up. */
  get open(): boolean {
    return this.outcome === 'open' && !this.closed;
  }

  /** The request, for the log. */
  describe(): string {
    return this.request.line;
  }

  /** Has what nobody reads go to a file; gives how much more may come for that. */
  putAside(): number {
    return 0;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  next(): Promise<IteratorResult<Chunk>> {
    if (this.outcome === 'open' && this.blocks.length === 0 && this.file === null) {
      return new Promise((resolve) => {
        this.waiting = resolve;
      });
    }
    return this.step();
  }

  /** The request is over: what is not answered yet is not wanted any more. */
  close(): void {
    if (this.closed) return;
    this.closed = true;
    this.blocks.length = 0;
    this.held = 0;
    this.owner.onClosed(this);
    void this.file?.return?.();
  }

  private wake(): void {
    const { waiting } = this;
    if (waiting === null) return;
    this.waiting = null;
    waiting(this.step());
  }

  private async step(): Promise<IteratorResult<Chunk>> {
    const { head } = this;
    if (head !== null) {
      this.head = null;
      const [status, headers] = parseHead(head);
      this.request.startResponse(status, headers);
    }
    const block = this.blocks.shift();
    if (block !== undefined) {
      this.pass(block.length);
      return { value: block, done: false };
    }
    if (this.file !== null) return this.file.next();
    if (this.outcome === 'ended') return DONE;
    throw this.outcome;
  }

  private pass(size: number): void {
    this.held -= size;
    this.uncredited += size;
    if (this.uncredited < CREDIT) return;
    const passed = this.uncredited;
    this.uncredited = 0;
    if (this.outcome === 'open') this.owner.onConsumed(this, passed);
  }
}

const DONE: IteratorReturnResult<undefined> = { value: undefined, done: true };

/** Status and headers, each on a line of its own: the worker has seen to it that they have none. */
function parseHead(text: string): [status: string, headers: HeaderList] {
  const [status = '', ...rest] = text.split('\n');
  const headers: HeaderList = [];
  for (let index = 0; index + 1 < rest.length; index += 2) {
    headers.push([rest[index] as string, rest[index + 1] as string]);
  }
  return [status, headers];
}

/** A call, as an application returns it. */
export function asBody(call: Call): Body {
  return call as Body;
}
