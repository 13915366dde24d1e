import { AbortPool, type AbortSource } from '../../wsgi/abort.ts';
import { WsgiError } from '../../wsgi/errors.ts';
import type { Exchange } from '../../wsgi/exchange.ts';
import type { Input } from '../../wsgi/input.ts';
import { type Run, run } from '../../wsgi/run.ts';
import type { Application, Environ } from '../../wsgi/types.ts';
import { beforeDeadline } from './deadline.ts';
import type { LambdaFacts } from './options.ts';
import type { AnswerForm } from './request.ts';
import type { LambdaContext } from './types.ts';

/** One request, and what it takes to answer it. */
export interface Call {
  readonly app: Application;
  readonly environ: Environ;
  readonly input: Input;
  readonly facts: LambdaFacts;
  readonly form: AnswerForm;
  readonly context: LambdaContext | undefined;
}

/** What answers the request. */
export interface LambdaExchange extends Exchange {
  /** The answer is whole. */
  readonly finished: boolean;
  /** Time is up: gives what there is, or an error in its place, and waits for nothing more. */
  expired(error: Error): void;
}

const aborts = new AbortPool();

/** The run of an application for one request, ended in time. */
export class Execution {
  private readonly call: Call;
  private readonly abortSource: AbortSource = aborts.take();
  private run: Run | null = null;
  private callOff: (() => void) | null = null;
  private isOver = false;

  constructor(call: Call) {
    this.call = call;
  }

  start(exchange: LambdaExchange): void {
    const { app, environ, facts, context } = this.call;
    this.run = run(app, environ, exchange, { log: facts.log, abort: this.abortSource });
    if (this.isOver) return;
    this.callOff = beforeDeadline(context, facts.margin, () => this.expire(exchange));
  }

  /** The request line, for the log. */
  describe(): string {
    const { environ } = this.call;
    return `${environ.REQUEST_METHOD} ${environ['REQUEST_URI']} ${environ.SERVER_PROTOCOL}`;
  }

  /** More can be taken. */
  resume(): void {
    this.run?.resume();
  }

  /** Stops the application, though not in the middle of what it is doing. */
  stop(reason: Error): void {
    queueMicrotask(() => this.run?.abort(reason));
  }

  /** The application is let go of. */
  over(): void {
    this.isOver = true;
    this.callOff?.();
    this.call.input.close();
    aborts.give(this.abortSource);
  }

  private expire(exchange: LambdaExchange): void {
    const { run: running } = this;
    if (running === null) return;
    const error = new WsgiError(
      'response-timeout',
      'the application did not end its response in time',
    );
    if (!running.begun) running.expire();
    else if (!exchange.finished) {
      this.call.facts.log.error(error.message, { request: this.describe() });
    }
    exchange.expired(error);
    running.abort(error);
  }
}
