import { Lender, LentStep, type Loan } from '../wsgi/loan.ts';
import type { Chunk, Environ, HeaderList, StartResponse } from '../wsgi/types.ts';
import { AnswerSpool } from './answer-spool.ts';
import type { RequestContent } from './content.ts';
import { WINDOW } from './messages.ts';
import type { Worker } from './worker.ts';

/** Where a call meets its pool. */
export interface CallOwner {
  /** The answer is over for whoever asked for it, whether the worker has ended it or not. */
  onClosed(call: Call): void;
  /** So much more of the answer was passed on. */
  onConsumed(call: Call, size: number): void;
  /** The client is slow, so that the worker has to wait; or not any more. */
  onStalled(call: Call, stalled: boolean): void;
}

/** What a call is made of. */
export interface CallRequest {
  /** The environ, as a dict in marshal's format. */
  readonly environ: string;
  /** The environ as it was, for the inner application of Python middleware. */
  readonly source: Environ;
  readonly content: RequestContent;
  readonly startResponse: StartResponse;
}

/** Bytes up to which blocks are joined. */
const JOINT = 16 * 1024;

/** Whoever asked for the next block: a promise, or a loan. */
interface Waiting {
  resolve(step: IteratorResult<Chunk> | Promise<IteratorResult<Chunk>>): void;
  reject(error: unknown): void;
}

/** How much of an answer is passed on before its worker hears of it. */
const CREDIT = WINDOW / 4;
/** Bytes held from which on the worker waits, or is about to. */
const STALLED = WINDOW / 2;
/** What may be put aside for one answer in a file: at a time, and in all. */
const ASIDE = 64 * 1024 * 1024;
const MOST_ASIDE = 1024 * 1024 * 1024;

/**
 * One request to a Python application: what is sent for it, and its answer as it comes.
 *
 * This is the body that an application of `python()` returns.
 */
export class Call extends Lender implements AsyncIterableIterator<Chunk> {
  readonly request: CallRequest;
  /** The worker that it was given to. */
  worker: Worker | null = null;
  /** The worker's number for it, once it was sent. */
  id = 0;
  /** When it was sent, or its worker was heard of, on the pool's clock. */
  active = 0;
  /** Its worker was seen to have begun it. */
  begun = false;
  /** Its content is still to come from the client. */
  feeding = false;
  /** Nobody asks for the answer any more. */
  closed = false;
  /** Its worker sends no more of the answer than it is asked for. */
  awaitsCredit = true;
  private readonly owner: CallOwner;
  private head: string | null = null;
  private readonly blocks: Buffer[] = [];
  /** Bytes in `blocks`. */
  private held = 0;
  private stalled = false;
  /** What comes behind `blocks`. */
  private spool: AnswerSpool | null = null;
  private aside = 0;
  /** A file that the whole answer is read from. */
  private file: AsyncIterator<Uint8Array> | null = null;
  private uncredited = 0;
  private outcome: 'open' | 'ended' | Error = 'open';
  private waiting: Waiting | null = null;
  /** A block was lent that is not done with. */
  private lent = false;

  constructor(request: CallRequest, owner: CallOwner) {
    super();
    this.request = request;
    this.owner = owner;
  }

  /** Method and path, for the log. */
  describe(): string {
    const { REQUEST_METHOD, SCRIPT_NAME, PATH_INFO } = this.request.source;
    return `${REQUEST_METHOD} ${SCRIPT_NAME}${PATH_INFO}`;
  }

  // --- from the worker -------------------------------------------------------------------------

  /** The answer begins; status and headers, a line each. */
  onHead(head: string): void {
    this.head = head;
  }

  /**
   * @param block - good for this call only.
   * @returns true when it has to be good for longer, as it was lent.
   */
  onContent(block: Buffer): boolean {
    if (this.closed) return false;
    const lends = this.waiting instanceof LentStep;
    const own = lends ? block : Buffer.from(block);
    if (this.spool !== null && (this.held >= STALLED || !this.spool.empty)) {
      this.spool.push(own);
    } else if (block.length > 0) {
      this.blocks.push(own);
      this.held += block.length;
      if (this.held >= STALLED && !this.stalled) this.stall(true);
    }
    this.lent = lends && block.length > 0;
    this.wake();
    return this.lent;
  }

  /** The last block, or an empty one; as `onContent`. */
  onLast(block: Buffer): boolean {
    this.outcome = 'ended';
    return this.onContent(block);
  }

  /** The answer is in a file. */
  onFile(blocks: AsyncIterator<Uint8Array>): void {
    if (this.closed) void blocks.return?.();
    else this.file = blocks;
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
    return this.feeding || this.stalled;
  }

  /** Neither answered nor given up. */
  get open(): boolean {
    return this.outcome === 'open' && !this.closed;
  }

  /**
   * Has what comes go to a file, because the worker is needed for other requests.
   *
   * @returns bytes that may come for that.
   */
  putAside(directory: string): number {
    if (!this.open || this.aside >= MOST_ASIDE) return 0;
    try {
      this.spool ??= new AnswerSpool(directory);
    } catch {
      // No file, no help: the worker waits for the client.
      return 0;
    }
    this.aside += ASIDE;
    return ASIDE;
  }

  // --- to the driver ---------------------------------------------------------------------------

  [Symbol.asyncIterator](): this {
    return this;
  }

  next(): Promise<IteratorResult<Chunk>> {
    return new Promise((resolve, reject) => {
      this.waiting = { resolve, reject };
      this.wake();
    });
  }

  lend(): Loan {
    const pending = new LentStep();
    const next = () => {
      this.lent = false;
      if (this.hasNext) return this.step();
      this.waiting = pending;
      return pending;
    };
    return { next };
  }

  /** The request is over: what is not answered yet is not wanted any more. */
  close(): void {
    if (this.closed) return;
    this.closed = true;
    // What was broken off may still be on its way out.
    if (this.request.source['wizgi.signal']?.aborted !== true) this.lent = false;
    this.blocks.length = 0;
    if (this.stalled) this.stall(false);
    this.owner.onClosed(this);
    this.spool?.dispose();
    void this.file?.return?.();
  }

  private get hasNext(): boolean {
    return (
      this.blocks.length > 0 ||
      this.file !== null ||
      this.outcome !== 'open' ||
      this.spool?.empty === false
    );
  }

  private wake(): void {
    const { waiting } = this;
    if (waiting === null || !this.hasNext) return;
    this.waiting = null;
    try {
      waiting.resolve(this.step());
    } catch (error) {
      waiting.reject(error);
    }
  }

  private step(): Promise<IteratorResult<Chunk>> | IteratorResult<Chunk> {
    this.begin();
    if (this.blocks.length > 0) {
      const block = this.takeBlocks();
      this.held -= block.length;
      if (this.stalled && this.held < STALLED) this.stall(false);
      return this.pass(block);
    }
    if (this.spool?.empty === false) return this.spool.take().then((taken) => this.pass(taken));
    if (this.file !== null) return this.file.next();
    if (this.outcome === 'ended') return DONE;
    throw this.outcome;
  }

  /** What is there, as one block where it is little: it came together and can go together. */
  private takeBlocks(): Buffer {
    const { blocks } = this;
    if (blocks.length === 1 || this.held > JOINT) return blocks.shift() as Buffer;
    return Buffer.concat(blocks.splice(0));
  }

  private begin(): void {
    const { head } = this;
    if (head === null) return;
    this.head = null;
    const [status, headers] = parseHead(head);
    this.request.startResponse(status, headers);
  }

  private pass(block: Buffer): IteratorResult<Chunk> {
    this.uncredited += block.length;
    if (this.uncredited >= CREDIT && this.open && this.awaitsCredit) {
      this.owner.onConsumed(this, this.uncredited);
      this.uncredited = 0;
    }
    return { value: block, done: false };
  }

  private stall(stalled: boolean): void {
    this.stalled = stalled;
    this.owner.onStalled(this, stalled);
  }
}

const DONE: IteratorReturnResult<undefined> = { value: undefined, done: true };

// Many answers have the same head. The bound keeps those that have not from growing the table for ever.
const MOST_HEADS = 256;
const LONGEST_HEAD = 1024;
const heads = new Map<string, readonly [status: string, headers: HeaderList]>();

/** Status and headers, each on a line of its own: the worker has seen to it that they have none. */
function parseHead(text: string): readonly [status: string, headers: HeaderList] {
  const known = heads.get(text);
  // Copied, because middleware may change what it is given.
  if (known !== undefined) return [known[0], known[1].map(([name, value]) => [name, value])];
  const [status = '', ...rest] = text.split('\n');
  const headers: HeaderList = [];
  for (let index = 0; index + 1 < rest.length; index += 2) {
    headers.push([rest[index] as string, rest[index + 1] as string]);
  }
  if (text.length > LONGEST_HEAD) return [status, headers];
  if (heads.size >= MOST_HEADS) heads.clear();
  heads.set(text, [status, headers.map(([name, value]) => [name, value])]);
  return [status, headers];
}
