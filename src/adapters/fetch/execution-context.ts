import type { ErrorStream } from '../../wsgi/types.ts';

/**
 * The third argument of handlers written for Cloudflare: `waitUntil` takes what goes on behind the answer.
 *
 * The process lives on by itself; what fails is reported to `wsgi.errors`.
 */
export class ExecutionContext {
  readonly props: Readonly<Record<string, unknown>> = {};
  readonly #errors: ErrorStream;

  constructor(errors: ErrorStream) {
    this.#errors = errors;
  }

  waitUntil(promise: unknown): void {
    Promise.resolve(promise).catch((error: unknown) => {
      const text = error instanceof Error ? (error.stack ?? String(error)) : String(error);
      this.#errors.write(`waitUntil: ${text}\n`);
    });
  }

  /** There is nothing behind this server that could answer instead. */
  passThroughOnException(): void {}
}
