import { isThenable } from '../../wsgi/iteration.ts';
import type { Body, Chunk } from '../../wsgi/types.ts';
import type { RackEnv, RackFinished, RackResponse } from './types.ts';

/** The end of a request: the body's `close()`, then `rack.response_finished`. */
export class Finish {
  private readonly env: RackEnv;
  private readonly callbacks: readonly RackFinished[];
  private response: RackResponse | null = null;
  private failure: { readonly error: unknown } | null = null;
  /** Blocks were asked for. */
  private watching = false;
  private over = false;

  constructor(env: RackEnv, callbacks: readonly RackFinished[]) {
    this.env = env;
    this.callbacks = callbacks;
  }

  /** Notes the answer, whose body is closed at the end from now on. */
  answered(response: RackResponse): void {
    this.response = response;
  }

  /** Does what comes before the server has a body to close; if that fails, the request ends here. */
  guard(action: () => Body | Promise<Body>): Body | Promise<Body> {
    let result: Body | Promise<Body>;
    try {
      result = action();
    } catch (error) {
      this.fail(error);
      throw error;
    }
    if (!isThenable(result)) return result;
    return (result as Promise<Body>).catch(async (error: unknown) => {
      await this.fail(error);
      throw error;
    });
  }

  /** Content whose `close()` is the end of the request: as it is, where that is so already. */
  around(content: Body): Body {
    const body = this.response?.[2];
    if (this.callbacks.length === 0 && (content === body || body?.close === undefined)) {
      return content;
    }
    if (Array.isArray(content)) {
      return Object.assign([...(content as Chunk[])], { close: () => this.close() });
    }
    const blocks = Symbol.asyncIterator in content ? this.watchLater(content) : this.watch(content);
    const close = () => {
      if (!this.watching) letGo(content);
      return this.close();
    };
    return Object.assign(blocks, { close });
  }

  /** Closes the body and calls what waits for that; once. */
  close(): void | Promise<void> {
    if (this.over) return undefined;
    this.over = true;
    let closing: void | PromiseLike<void>;
    try {
      closing = this.response?.[2].close?.();
    } catch (error) {
      this.callBack();
      throw error;
    }
    if (isThenable(closing)) return Promise.resolve(closing).finally(() => this.callBack());
    return this.callBack();
  }

  private async fail(error: unknown): Promise<void> {
    this.failure = { error };
    try {
      await this.close();
    } catch {
      // What closing throws after that is of no further interest.
    }
  }

  private callBack(): void {
    const { env, response, callbacks } = this;
    const signal = env['wizgi.signal'] as AbortSignal | undefined;
    const error = this.failure?.error ?? (signal?.aborted ? signal.reason : null);
    const [status, headers] = error === null && response !== null ? response : [null, null];
    for (const callback of [...callbacks].reverse()) callback(env, status, headers, error);
  }

  private *watch(content: Iterable<Chunk>): Generator<Chunk> {
    this.watching = true;
    try {
      yield* content;
    } catch (error) {
      this.failure = { error };
      throw error;
    }
  }

  private async *watchLater(content: AsyncIterable<Chunk>): AsyncGenerator<Chunk> {
    this.watching = true;
    try {
      yield* content;
    } catch (error) {
      this.failure = { error };
      throw error;
    }
  }
}

/** Ends what was never iterated, as a stream of Node.js has to be. */
function letGo(content: Body & { destroy?: () => unknown }): void {
  content.destroy?.();
}
