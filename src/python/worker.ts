import { setImmediate as immediate } from 'node:timers/promises';
import { afterArrivals } from '../wsgi/arrivals.ts';
import { WsgiError } from '../wsgi/errors.ts';
import type { Log } from '../wsgi/log.ts';
import type { Environ } from '../wsgi/types.ts';
import { openAnswerFile } from './answer-file.ts';
import type { Call } from './call.ts';
import { Calls } from './calls.ts';
import { Channel } from './channel.ts';
import { InnerCalls, type InnerOptions, type InnerPeer } from './inner.ts';
import { FALSE, int, type Plain, plain, TRUE, unicode } from './marshal.ts';
import {
  ChannelError,
  FROM,
  FrameReader,
  type FrameSink,
  FrameWriter,
  frameOf,
  OPENING,
  type Operation,
  TO,
} from './messages.ts';
import { Pace } from './pace.ts';
import type { Exit, WorkerProcess } from './process.ts';
import { PythonError } from './python-error.ts';
import { Withdrawal } from './withdrawal.ts';

/** What a worker tells its pool. */
export interface WorkerOwner {
  readonly log: Log;
  /** The pool's clock, in milliseconds. */
  readonly now: number;
  /** The application is loaded. */
  onReady(worker: Worker): void;
  /** The application could not be loaded; the process ends by itself. */
  onFailed(worker: Worker, message: string, traceback: string): void;
  /** Something came: perhaps a request less is under way. */
  onRelieved(worker: Worker): void;
  /** A request comes back that was not begun. */
  onReturned(call: Call): void;
  /** Files that went into the application, and since when, as `Date.now()` counts. */
  onModules(files: readonly string[], since: number): void;
  /** A rule of the contract was broken, as `readFinding` reads it. */
  onFinding(text: string): void;
  /** The process is over, and nothing more comes from it. */
  onEnded(worker: Worker, exit: Exit): void;
}

/** What workers of one application have in common. */
export interface WorkerOptions {
  readonly threads: number;
  /** The first message to the worker. */
  readonly config: Plain;
  /** What the application is middleware for, if it is. */
  readonly inner: InnerOptions | null;
}

/** How long the channel's last words are waited for once the process is over, in milliseconds. */
const LAST_WORDS = 1_000;

/** One worker process: the requests under way in it, and what both sides say. */
export class Worker implements FrameSink, InnerPeer {
  readonly process: WorkerProcess;
  readonly threads: number;
  /** Sent and not ended, in the order in which they were sent. */
  readonly calls = new Calls();
  /** The signal that has it print its Python stacks; 0 until it is ready. */
  stackSignal = 0;
  /** As in `3.11.7`. */
  version = '';
  /** Requests that it was sent. */
  requests = 0;
  /** When something came from it last, or was awaited since, as `performance.now()` counts. */
  heard = 0;
  /** When one of its requests ended last, or the first was sent. */
  private moved = 0;
  /** When it reported times last, and whether it had something for each thread then. */
  private reported = 0;
  private saturated = false;
  private readonly owner: WorkerOwner;
  private readonly channel: Channel;
  private readonly inner: InnerCalls | null;
  private readonly reader = new FrameReader(this);
  private readonly writer = new FrameWriter();
  private readonly pace = new Pace();
  private prefetch = 0;
  private flushing = false;
  /** Some of what is being taken is still on its way to a client, and so needs its memory. */
  private lent = false;
  /** Requests among the messages that wait to be sent. */
  private unsent = 0;
  private stopped = false;
  private over = false;
  private readonly withdrawal: Withdrawal;

  constructor(process: WorkerProcess, options: WorkerOptions, owner: WorkerOwner) {
    const { threads, config, inner } = options;
    this.process = process;
    this.threads = threads;
    this.owner = owner;
    this.inner = inner === null ? null : new InnerCalls(inner, this);
    this.withdrawal = new Withdrawal(process.ledger, this.calls);
    this.channel = new Channel(process.channel, (data) => this.onData(data));
    this.channel.write([frameOf(plain(config))]);
    this.awaitEnd();
  }

  get pid(): number {
    return this.process.pid;
  }

  /** How many more requests it may be sent. */
  get room(): number {
    return this.withdrawal.active ? 0 : this.threads + this.prefetch - this.calls.size;
  }

  /** A request would begin at once. */
  get free(): boolean {
    return !this.withdrawal.active && this.calls.size < this.threads;
  }

  /** A write to it is pending that has room for a request more, without keeping that waiting for long. */
  get gathers(): boolean {
    return this.unsent > 0 && this.unsent < this.pace.together && this.room > 0;
  }

  /** Requests wait in it behind others. */
  get prefetched(): boolean {
    return this.calls.size > this.threads;
  }

  send(call: Call): void {
    const id = ++this.requests;
    call.id = id;
    call.active = this.owner.now;
    call.begun = false;
    if (this.calls.size === 0) {
      this.heard = this.moved = performance.now();
      // A request under way keeps this process from ending.
      this.channel.hold(true);
    }
    this.calls.add(call);
    const { environ, content } = call.request;
    this.writer.request(id, environ, content.first, content.more !== null);
    this.unsent++;
    this.flushSoon();
  }

  /** Nobody asks for an answer any more: unless it is whole, its worker ends it when it can. */
  cancel(call: Call): void {
    if (!this.calls.has(call)) return;
    // Not now: the end of an answer stands right behind its last block.
    queueMicrotask(() => {
      if (!this.calls.has(call)) return;
      this.control(TO.CANCEL, call.id);
      this.inner?.leave(call.id);
    });
  }

  /** More of an answer may come. */
  credit(call: Call, size: number): void {
    call.active = this.owner.now;
    if (this.calls.has(call)) this.control(TO.CREDIT, call.id, int(size));
  }

  /** Has it end when it has nothing left to do. */
  stop(): void {
    if (this.stopped) return;
    this.stopped = true;
    this.control(TO.STOP, 0);
  }

  /** Has it print its Python stacks. */
  dumpStacks(): void {
    if (this.stackSignal > 0) this.kill(this.stackSignal);
  }

  kill(signal: NodeJS.Signals | number = 'SIGKILL'): void {
    if (!this.over) this.process.kill(signal);
  }

  get idle(): boolean {
    return this.calls.size === 0;
  }

  /** Requests under way whose answer somebody waits for. */
  get awaited(): number {
    return this.calls.all().filter((call) => call.open).length;
  }

  /** Whether none of its requests ended for so many milliseconds. */
  heldUpFor(milliseconds: number): boolean {
    return this.calls.size > 0 && performance.now() - this.moved > milliseconds;
  }

  /** Has the time of requests count from when they were seen to have begun. */
  noteBegun(): void {
    const { begun } = this.process.ledger;
    for (const call of this.calls.all()) {
      if (call.id > begun || call.begun) continue;
      call.begun = true;
      call.active = this.owner.now;
    }
  }

  /** Begun requests without any progress for so long, in milliseconds, for which no client is to blame. */
  overdue(timeout: number): Call[] {
    const { now } = this.owner;
    const { begun } = this.process.ledger;
    return this.calls
      .all()
      .filter((call) => call.id <= begun && !call.awaitsClient && now - call.active > timeout);
  }

  /** Whether it did not begin for so long, in milliseconds, what it had a thread for, nor say anything. */
  hangs(timeout: number): boolean {
    if (performance.now() - this.heard <= timeout) return false;
    const { begun } = this.process.ledger;
    const calls = this.calls.all();
    const since = calls.find(({ id }) => id > begun)?.active ?? this.withdrawal.since;
    const running = calls.filter(({ id }) => id <= begun).length;
    return since !== null && this.owner.now - since > timeout && running < this.threads;
  }

  /** Takes back what the worker has not begun, which it then will not begin. Takes a moment. */
  async withdraw(): Promise<Call[]> {
    if (this.withdrawal.active || this.over) return [];
    // Only what has reached the worker can come back from it.
    this.unsent = 0;
    this.flushSoon();
    return this.withdrawal.begin(
      () => this.owner.now,
      () => this.over,
    );
  }

  /** What was under way when the process ended. */
  remains(): { lost: Call[]; unbegun: Call[] } {
    const { begun } = this.process.ledger;
    const calls = this.calls.all();
    for (const { id } of calls) this.calls.delete(id);
    return {
      lost: calls.filter(({ id }) => id <= begun),
      unbegun: calls.filter(({ id }) => id > begun),
    };
  }

  // --- FrameSink -------------------------------------------------------------------------------

  frame(type: number, id: number, data: Buffer, text: number, content: number, end: number): void {
    switch (type) {
      case FROM.ANSWER:
        this.onAnswer(this.finished(id), data, text, content, end);
        break;
      case OPENING:
      case FROM.BEGIN: {
        const call = this.running(id);
        call.awaitsCredit = type === FROM.BEGIN;
        this.onBegin(call, data, text, content, end);
        break;
      }
      case FROM.BLOCK: {
        const call = this.running(id);
        call.active = this.owner.now;
        this.onContent(call, data.subarray(content, end));
        break;
      }
      case FROM.FILE:
        this.onFile(this.running(id), data, text, content, end);
        break;
      case FROM.ERROR:
        this.finished(id).onEnd(pythonError(data, text, content, end));
        break;
      case FROM.LATE_ERROR:
        this.owner.log.error('application error after its response', {
          worker: this.pid,
          error: pythonError(data, text, content, end),
        });
        break;
      case FROM.READY: {
        const [version = '', signal] = data.toString('latin1', text, content).split('\n');
        this.version = version;
        this.stackSignal = Number(signal);
        this.owner.onReady(this);
        break;
      }
      case FROM.FAILED:
        this.owner.onFailed(
          this,
          data.toString('utf8', text, content),
          data.toString('utf8', content, end),
        );
        break;
      case FROM.CALL:
        if (this.inner === null) throw new ChannelError('the worker is not run as middleware');
        this.inner.begin(id, data.toString('utf8', text, content), data.subarray(content, end));
        break;
      case FROM.CALL_INPUT:
        this.inner?.content(id, data.subarray(content, end));
        break;
      case FROM.FINDING:
        this.owner.onFinding(data.toString('utf8', text, content));
        break;
      case FROM.MODULES:
        this.owner.onModules(
          data.toString('utf8', content, end).split('\n'),
          Number(data.toString('latin1', text, content)),
        );
        break;
      default:
        throw new ChannelError(`the worker sent a message of type ${type}, which there is not`);
    }
  }

  numbers(type: number, id: number, first: number, second: number): void {
    switch (type) {
      case FROM.END:
        // A request that was given up, and taken back as well, ends before it began.
        if (!this.withdrawal.handedBack(id)) this.finished(id).onEnd();
        break;
      case FROM.TIME:
        this.onTime(id, first, second);
        break;
      case FROM.WANT:
        this.feed(this.running(id), first);
        break;
      case FROM.RETURNED:
        // Given to another worker already, if this one had clearly not begun it.
        if (!this.withdrawal.handedBack(id)) this.owner.onReturned(this.finished(id));
        break;
      case FROM.CALL_INPUT_END:
        this.inner?.contentEnd(id, first === 1);
        break;
      case FROM.CALL_TAKEN:
        this.inner?.taken(id, first);
        break;
      case FROM.CALL_CLOSE:
        this.inner?.close(id);
        break;
      default:
        throw new ChannelError(`the worker sent a message of type ${type}, which there is not`);
    }
  }

  /** What ended since the last report: the longest of `count` requests, and all, in microseconds. */
  private onTime(longest: number, total: number, count: number): void {
    const { pace } = this;
    pace.measured(longest, total, count);
    if (this.saturated) pace.busy((this.heard - this.reported) * 1000, count);
    this.reported = this.heard;
    // Those that ended have left their threads just now.
    this.saturated = this.calls.size + count >= this.threads;
    this.prefetch = pace.prefetch;
  }

  private onAnswer(call: Call, data: Buffer, text: number, content: number, end: number): void {
    call.onHead(data.toString('latin1', text, content));
    // The block and the end in one, so that whoever waits is told once.
    if (call.onLast(data.subarray(content, end))) this.lent = true;
  }

  private onBegin(call: Call, data: Buffer, text: number, content: number, end: number): void {
    call.active = this.owner.now;
    call.onHead(data.toString('latin1', text, content));
    this.onContent(call, data.subarray(content, end));
  }

  private onContent(call: Call, block: Buffer): void {
    if (call.onContent(block)) this.lent = true;
  }

  private onFile(call: Call, data: Buffer, text: number, content: number, end: number): void {
    const [descriptor, position, size] = data
      .toString('latin1', content, end)
      .split(' ')
      .map(Number);
    const head = data.toString('latin1', text, content);
    openAnswerFile(this.pid, descriptor as number, position as number, size as number).then(
      (blocks) => {
        call.onHead(head);
        call.onFile(blocks);
        this.control(TO.FILE_TAKEN, call.id, TRUE);
      },
      // The worker reads it itself.
      () => this.control(TO.FILE_TAKEN, call.id, FALSE),
    );
  }

  // --- requests --------------------------------------------------------------------------------

  private running(id: number): Call {
    return this.calls.get(id) ?? unasked();
  }

  private finished(id: number): Call {
    this.moved = this.heard;
    return this.calls.delete(id) ?? unasked();
  }

  /** Sends content of a request as far as its worker asked for it. */
  private feed(call: Call, wanted: number): void {
    const { more } = call.request.content;
    const give = async () => {
      call.feeding = true;
      // What came before this goes out first: who has begun to answer asks for no content any more.
      // (RFC 9110 §10.1.1, 100 Continue)
      await immediate();
      for (let given = 0; given < wanted; ) {
        const block = await more?.();
        if (!this.calls.has(call)) return;
        call.active = this.owner.now;
        if (block === undefined || block.length === 0) {
          this.control(TO.INPUT_END, call.id);
          return;
        }
        this.control(TO.INPUT, call.id, block);
        given += block.length;
      }
    };
    const done = give().finally(() => {
      call.feeding = false;
    });
    done.catch((error: unknown) => {
      const message = error instanceof Error ? error.message : String(error);
      if (this.calls.has(call)) this.control(TO.INPUT_END, call.id, unicode(message));
    });
  }

  // --- the channel -----------------------------------------------------------------------------

  private onData(data: Buffer): boolean {
    this.heard = performance.now();
    this.lent = false;
    try {
      this.reader.push(data);
    } catch (error) {
      // Whatever it is, it comes from what the worker said.
      this.owner.log.error('worker out of step', { worker: this.pid, error });
      this.channel.destroy();
      this.kill();
      return true;
    }
    this.withdrawal.settle();
    if (this.unsent > 0) this.flushSoon();
    if (this.calls.size === 0) this.channel.hold(false);
    this.owner.onRelieved(this);
    return !this.lent;
  }

  // --- InnerPeer -------------------------------------------------------------------------------

  environOf(request: number): Environ | null {
    return this.calls.get(request)?.request.source ?? null;
  }

  control(operation: Operation, id: number, argument?: string | Uint8Array): void {
    this.writer.control(operation, id, argument);
    this.flushSoon();
  }

  private flushSoon(): void {
    if (this.flushing) return;
    this.flushing = true;
    setImmediate(() => this.flush());
  }

  private flush(): void {
    this.flushing = false;
    const { count } = this.writer;
    if (count === 0) return;
    // While the worker has enough to do, requests wait for one another: a write costs more than any
    // of them. The next answer is the occasion to look again.
    if (count === this.unsent && this.calls.size - count >= this.threads + this.pace.ahead) return;
    this.unsent = 0;
    this.channel.write(this.writer.take());
  }

  private awaitEnd(): void {
    const { channel } = this;
    void this.process.exited.then(async (exit) => {
      // What it had said before is still heard. A child of its own may hold the channel open.
      const stopTimer = afterArrivals(LAST_WORDS, () => channel.destroy());
      await channel.closed;
      stopTimer();
      this.over = true;
      this.inner?.abandon();
      this.owner.onEnded(this, exit);
      this.process.ledger.close();
    });
  }
}

function unasked(): never {
  throw new ChannelError('the worker answered what it was not asked');
}

function pythonError(data: Buffer, text: number, content: number, end: number): Error {
  const message = data.toString('utf8', text, content);
  // Without a traceback it is no error in Python: an inner application broke off its answer.
  if (content === end) return new WsgiError('no-answer', message);
  return new PythonError(message, data.toString('utf8', content, end));
}
