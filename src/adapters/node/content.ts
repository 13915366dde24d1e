import type { IncomingMessage } from 'node:http';
import { AsyncInput } from '../../wsgi/input.ts';
import type { Environ } from '../../wsgi/types.ts';

/** The size of blocks where a reader has to name one. */
const BLOCK = 64 * 1024;

/** A request body that can be read without a promise for each block. */
interface Arrivals {
  /** The next block, null at the end, undefined when it has not arrived yet. */
  arrived(): Uint8Array | null | undefined;
  /** Resolves when `arrived` would give something other than undefined. */
  arrival(): Promise<void>;
}

/** The body of a request, on its way from environ into an IncomingMessage. */
export class Content {
  /** False when it is known that there is no body. */
  readonly present: boolean;
  /** The length of a body is not known. */
  readonly chunked: boolean;
  /** The answer is out; the rest of the body is of no use to anybody. */
  dropped = false;
  private readonly arrivals: Arrivals;
  /** What was read to learn whether there is a body at all. */
  private first: Uint8Array | null = null;
  private waiting = false;

  constructor(environ: Environ) {
    const { CONTENT_LENGTH } = environ;
    this.arrivals = arrivalsOf(environ);
    const known = CONTENT_LENGTH !== undefined && CONTENT_LENGTH !== '';
    this.present = known ? Number(CONTENT_LENGTH) !== 0 : this.probe(environ);
    this.chunked = this.present && !known;
  }

  /** Pushes what is there into the request; goes on when more comes, as long as the request asks. */
  read(request: IncomingMessage): void {
    if (this.waiting || request.destroyed) return;
    if (request.complete) {
      request.push(null);
      return;
    }
    try {
      for (;;) {
        const block = this.first ?? this.arrivals.arrived();
        this.first = null;
        if (block === undefined) {
          this.wait(request);
          return;
        }
        if (block === null) {
          request.complete = true;
          request.push(null);
          return;
        }
        if (!request.push(block)) return;
      }
    } catch (error) {
      request.destroy(connectionReset(error));
    }
  }

  /** Drops what is there, of a body that nobody reads. */
  skip(request: IncomingMessage): void {
    try {
      let block = this.arrivals.arrived();
      while (block !== null && block !== undefined) block = this.arrivals.arrived();
      if (block === null) request.complete = true;
    } catch {
      // That the rest does not come concerns nobody.
    }
  }

  private wait(request: IncomingMessage): void {
    this.waiting = true;
    const next = () => {
      this.waiting = false;
      this.read(request);
    };
    // An error is what reading on will throw.
    this.arrivals.arrival().then(next, next);
  }

  /** Without a Content-Length, only the input itself tells whether there is a body. */
  private probe(environ: Environ): boolean {
    if (environ['wsgi.input_terminated'] !== true) return false;
    try {
      const block =
        this.arrivals instanceof Iterated
          ? firstOctet(environ['wsgi.input'])
          : this.arrivals.arrived();
      if (block !== null && block !== undefined) this.first = block;
      return block !== null;
    } catch {
      return true;
    }
  }
}

/** What a request that a client broke off is destroyed with, as under node:http. */
export function connectionReset(cause?: unknown): Error {
  return Object.assign(new Error('aborted', { cause }), { code: 'ECONNRESET' });
}

/** Throws where nothing has arrived. */
function firstOctet(input: Environ['wsgi.input']): Uint8Array | null {
  const octet = input.read(1);
  return octet.byteLength === 0 ? null : octet;
}

function arrivalsOf(environ: Environ): Arrivals {
  const reader = environ['wizgi.input'];
  if (reader instanceof AsyncInput) return reader.input;
  if (reader !== undefined && environ['wizgi.streaming'] === true) return new Iterated(reader);
  return new Received(environ['wsgi.input']);
}

/** A body that is all there. */
class Received implements Arrivals {
  private readonly input: Environ['wsgi.input'];

  constructor(input: Environ['wsgi.input']) {
    this.input = input;
  }

  arrived(): Uint8Array | null {
    const block = this.input.read(BLOCK);
    return block.byteLength === 0 ? null : block;
  }

  arrival(): Promise<void> {
    return Promise.resolve();
  }
}

/** A body behind somebody else's reader, as middleware may put one into environ. */
class Iterated implements Arrivals {
  private readonly iterator: AsyncIterator<Uint8Array>;
  private step: IteratorResult<Uint8Array> | undefined = undefined;
  private failure: { readonly error: unknown } | null = null;

  constructor(body: AsyncIterable<Uint8Array>) {
    this.iterator = body[Symbol.asyncIterator]();
  }

  arrived(): Uint8Array | null | undefined {
    if (this.failure !== null) throw this.failure.error;
    const { step } = this;
    this.step = undefined;
    if (step === undefined) return undefined;
    return step.done ? null : step.value;
  }

  async arrival(): Promise<void> {
    try {
      this.step = await this.iterator.next();
    } catch (error) {
      this.failure = { error };
    }
  }
}
