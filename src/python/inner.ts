import { BodySpool, BodyStream, type SpoolOptions } from '../gateways/body.ts';
import { AbortSource } from '../wsgi/abort.ts';
import { isStreaming } from '../wsgi/application.ts';
import { WsgiError } from '../wsgi/errors.ts';
import type { Exchange } from '../wsgi/exchange.ts';
import { fileWrapper } from '../wsgi/file-wrapper.ts';
import { AsyncInput, Input } from '../wsgi/input.ts';
import type { Log } from '../wsgi/log.ts';
import type { ResponseHead } from '../wsgi/response-head.ts';
import { type Run, run } from '../wsgi/run.ts';
import type { Application, Chunk, Environ, ErrorStream } from '../wsgi/types.ts';
import { InnerAnswer, type InnerChannel } from './inner-answer.ts';
import { int } from './marshal.ts';
import { ChannelError, TO } from './messages.ts';

/** What the inner applications of Python middleware have in common. */
export interface InnerOptions {
  readonly app: Application;
  readonly errors: ErrorStream;
  readonly log: Log;
  readonly spool: SpoolOptions;
}

/** How an inner call reaches the worker that made it. */
export interface InnerPeer extends InnerChannel {
  /** The environ of the request that the worker is at, as the middleware's gateway made it. */
  environOf(request: number): Environ | null;
}

/** The calls under way that Python middleware in one worker made to its inner application. */
export class InnerCalls {
  private readonly options: InnerOptions;
  private readonly peer: InnerPeer;
  private readonly calls = new Map<number, InnerCall>();

  constructor(options: InnerOptions, peer: InnerPeer) {
    this.options = options;
    this.peer = peer;
  }

  /**
   * @param text - as JSON: the request that the call belongs to, whether more content than this may
   *   follow, and the environ.
   */
  begin(id: number, text: string, content: Uint8Array): void {
    const [request, more, entries] = parseCall(text);
    const given = this.peer.environOf(request);
    const call = new InnerCall(this.options, this.peer, id, request, () => this.calls.delete(id));
    this.calls.set(id, call);
    const concurrent = given?.['wsgi.multithread'] ?? true;
    const own = { ...objectsOf(given), ...entries, 'wsgi.multithread': concurrent };
    call.start(own, content, more);
  }

  content(id: number, content: Uint8Array): void {
    this.calls.get(id)?.take(content);
  }

  /** @param incomplete - the rest of the content does not come. */
  contentEnd(id: number, incomplete: boolean): void {
    if (incomplete) this.calls.get(id)?.interrupt();
    else this.calls.get(id)?.end();
  }

  taken(id: number, size: number): void {
    this.calls.get(id)?.taken(size);
  }

  close(id: number): void {
    this.calls.get(id)?.abort(gone('the middleware closed the answer'));
  }

  /** The client of a request is gone, or the server has given it up. */
  leave(request: number): void {
    const signal = this.peer.environOf(request)?.['wizgi.signal'];
    const reason =
      signal?.reason instanceof Error
        ? signal.reason
        : gone('nobody waits for the answer any more');
    for (const call of [...this.calls.values()]) {
      if (call.request === request) call.abort(reason);
    }
  }

  /** The worker is gone. */
  abandon(): void {
    for (const call of [...this.calls.values()]) call.abort(gone('the worker is gone'));
  }
}

function gone(message: string): WsgiError {
  return new WsgiError('client-gone', message);
}

type CallText = [request: number, more: boolean, entries: Record<string, string | boolean>];

/** @throws {ChannelError} for what no worker says. */
function parseCall(text: string): CallText {
  try {
    const [request, more, entries] = JSON.parse(text) as CallText;
    return [request, more, entries];
  } catch {
    throw new ChannelError('the worker called its inner application with something else than JSON');
  }
}

/** What a request's environ has that cannot cross to Python, and so did not change there. */
function objectsOf(environ: Environ | null): Record<string, unknown> {
  const entries = Object.entries(environ ?? {});
  return Object.fromEntries(
    entries.filter(
      ([key, value]) =>
        typeof value !== 'string' && typeof value !== 'boolean' && !/^(?:wsgi|wizgi)\./.test(key),
    ),
  );
}

/** One call: the gateway between Python and an application of this process. */
class InnerCall implements Exchange {
  readonly request: number;
  private readonly options: InnerOptions;
  private readonly peer: InnerPeer;
  private readonly id: number;
  private readonly over: () => void;
  private readonly stream: BodyStream | null;
  private readonly spool: BodySpool | null;
  private input: Input | null = null;
  /** Content is being written to a file. */
  private storing = false;
  private environ: Environ | null = null;
  private run: Run | null = null;
  private entered = false;
  private readonly answer: InnerAnswer;
  /** The application is done. */
  private finished = false;

  constructor(
    options: InnerOptions,
    peer: InnerPeer,
    id: number,
    request: number,
    over: () => void,
  ) {
    this.options = options;
    this.peer = peer;
    this.id = id;
    this.request = request;
    this.over = over;
    this.answer = new InnerAnswer(peer, id, () => {
      this.run?.resume();
      this.settle();
    });
    if (isStreaming(options.app)) {
      this.stream = new BodyStream({ wanted: () => this.want(), drained: () => undefined });
      this.spool = null;
    } else {
      this.stream = null;
      this.spool = new BodySpool(options.spool);
    }
  }

  start(entries: Record<string, unknown>, content: Uint8Array, more: boolean): void {
    this.environ = entries as Environ;
    if (content.length > 0 || (more && this.stream === null)) this.take(content);
    if (!more) this.end();
    else if (this.stream !== null) this.enter();
  }

  /** A block of the request's content, which is copied. */
  take(content: Uint8Array): void {
    if (this.finished) return;
    if (this.stream !== null) {
      this.stream.push(Buffer.from(content));
      return;
    }
    const stored = this.spool?.add(Buffer.from(content), 0);
    if (stored === undefined) this.want();
    else this.awaitStored(stored);
  }

  /** No content follows. */
  end(): void {
    this.stream?.end();
    this.enter();
  }

  /** The worker has taken so much of the answer. */
  taken(size: number): void {
    this.answer.taken(size);
  }

  /** The rest of the content does not come. */
  interrupt(): void {
    const error = new WsgiError('input-incomplete', 'the request body is incomplete');
    if (this.stream !== null) this.stream.end(error);
    else this.abort(error);
  }

  abort(reason: Error): void {
    this.answer.drop(reason.message);
    this.stream?.end(reason);
    if (this.run !== null) this.run.abort(reason);
    else this.done();
    this.settle();
  }

  // --- Exchange --------------------------------------------------------------------------------

  describe(): string {
    const { REQUEST_METHOD, SCRIPT_NAME, PATH_INFO, SERVER_PROTOCOL } = this.environ as Environ;
    return `${REQUEST_METHOD} ${SCRIPT_NAME}${PATH_INFO} ${SERVER_PROTOCOL}`;
  }

  respond(head: ResponseHead, content: Chunk | null): boolean {
    this.answer.head(head);
    if (content !== null) this.answer.block(content);
    this.answer.end();
    return this.answer.flows;
  }

  begin(head: ResponseHead, first: Chunk): boolean {
    this.answer.head(head);
    return this.send(first);
  }

  send(block: Chunk): boolean {
    this.answer.block(block);
    return this.answer.flows;
  }

  finish(): void {
    this.answer.end();
  }

  cut(): void {
    this.answer.end('the inner application broke off its answer');
  }

  done(): void {
    this.answer.end('the inner application ended without an answer');
    this.finished = true;
    this.input?.close();
    // A file that is being written to is let go of when that is done.
    if (!this.storing) this.spool?.dispose();
    this.settle();
  }

  // ---------------------------------------------------------------------------------------------

  private enter(): void {
    if (this.entered || this.finished) return;
    this.entered = true;
    const { app, errors, log } = this.options;
    const input = new Input(this.stream ?? this.spool?.source());
    this.input = input;
    const environ = Object.assign(this.environ as Environ, {
      'wsgi.version': [1, 0],
      'wsgi.input': input,
      'wsgi.errors': errors,
      'wsgi.multiprocess': false,
      'wsgi.run_once': false,
      'wsgi.input_terminated': true,
      'wsgi.file_wrapper': fileWrapper,
      'wizgi.input': new AsyncInput(input),
      'wizgi.streaming': this.stream !== null,
    });
    this.run = run(app, environ, this, { log, abort: new AbortSource() });
  }

  private want(): void {
    this.peer.control(TO.CALL_WANT_INPUT, this.id, int(1));
  }

  private awaitStored(stored: Promise<void>): void {
    this.storing = true;
    stored
      .then(
        () => this.want(),
        (error: unknown) => {
          this.options.log.error('the request body could not be stored', { error });
          this.abort(new WsgiError('no-answer', 'the request body could not be stored'));
        },
      )
      .finally(() => {
        this.storing = false;
        if (this.finished) this.spool?.dispose();
      });
  }

  private settle(): void {
    if (this.finished && this.answer.over) this.over();
  }
}
