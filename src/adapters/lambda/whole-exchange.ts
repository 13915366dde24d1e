import { encode } from '../../wsgi/blocks.ts';
import { WsgiError } from '../../wsgi/errors.ts';
import { checkResponseHead, type ResponseHead } from '../../wsgi/response-head.ts';
import type { Chunk } from '../../wsgi/types.ts';
import { type Call, Execution, type LambdaExchange } from './execution.ts';
import { resultOf } from './result.ts';
import type { LambdaResult } from './types.ts';

/** What Lambda returns of a synchronous invocation. (Lambda quotas: 6 MB, and 100 bytes more) */
const MAX_ANSWER = 6 * 1024 ** 2 + 100;
/** What load balancers take of a function. (Lambda functions as targets: 1 MB) */
const MAX_BALANCER_ANSWER = 1024 ** 2;
/** A byte of content takes at most this many in JSON, as `\u0000` does. */
const MOST_ESCAPED = 6;

/** An answer that Lambda is given whole. */
export class WholeExchange implements LambdaExchange {
  private readonly call: Call;
  private readonly execution: Execution;
  private readonly limit: number;
  private head: ResponseHead | null = null;
  private blocks: Uint8Array[] | null = [];
  private size = 0;
  finished = false;
  private result: LambdaResult | null = null;
  private settle: ((result: LambdaResult) => void) | null = null;

  constructor(call: Call) {
    this.call = call;
    this.execution = new Execution(call);
    const usual = call.form.startsWith('balancer') ? MAX_BALANCER_ANSWER : MAX_ANSWER;
    this.limit = call.facts.maxAnswer ?? usual;
  }

  /** Runs the application to its end. */
  answer(): Promise<LambdaResult> {
    return new Promise((resolve) => {
      this.settle = resolve;
      this.execution.start(this);
    });
  }

  describe(): string {
    return this.execution.describe();
  }

  respond(head: ResponseHead, content: Chunk | null): boolean {
    this.finished = true;
    this.result = this.resultFor(head, content === null ? null : encode(content));
    return true;
  }

  begin(head: ResponseHead, first: Chunk): boolean {
    this.head = head;
    return this.take(first);
  }

  send(block: Chunk): boolean {
    return this.take(block);
  }

  finish(): void {
    this.finished = true;
    if (this.head === null || this.blocks === null) return;
    this.result = this.resultFor(this.head, Buffer.concat(this.blocks, this.size));
  }

  cut(): void {
    // Nothing was sent yet, so that a broken answer need not look like one.
    if (!this.finished) this.result = this.page('500 Internal Server Error');
  }

  done(): void {
    this.execution.over();
    this.settle?.(this.result ?? this.page('500 Internal Server Error'));
  }

  expired(): void {
    this.settle?.(this.result ?? this.page('504 Gateway Timeout'));
  }

  private take(block: Chunk): boolean {
    if (this.blocks === null) return false;
    // A copy, as the application goes on.
    const copy = Buffer.from(block as Uint8Array);
    this.size += copy.byteLength;
    this.blocks.push(copy);
    if (this.size <= this.limit) return true;
    this.blocks = null;
    this.result = this.tooLarge(this.size);
    this.execution.stop(new WsgiError('client-gone', 'the answer is too large for Lambda'));
    return false;
  }

  private resultFor(head: ResponseHead, content: Uint8Array | null): LambdaResult {
    const { form, facts } = this.call;
    const result = resultOf(head, content, form, facts.isText);
    const size = content?.byteLength ?? 0;
    if (size * MOST_ESCAPED < this.limit / 2) return result;
    const encoded = Buffer.byteLength(JSON.stringify(result));
    return encoded > this.limit ? this.tooLarge(encoded) : result;
  }

  private tooLarge(size: number): LambdaResult {
    const { log } = this.call.facts;
    log.error('the answer is too large for Lambda', {
      request: this.describe(),
      bytes: size,
      limit: this.limit,
      remedy: 'stream it from a function URL with toLambdaStream(), or answer with a link to it',
    });
    return this.page('502 Bad Gateway');
  }

  private page(status: string): LambdaResult {
    const head = checkResponseHead(status, [['Content-Type', 'text/plain; charset=utf-8']]);
    const { environ, form, facts } = this.call;
    const text = environ.REQUEST_METHOD === 'HEAD' ? null : Buffer.from(`${status.slice(4)}\n`);
    return resultOf(head, text, form, facts.isText);
  }
}
