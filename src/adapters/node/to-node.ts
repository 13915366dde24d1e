import type { ServerResponse } from 'node:http';
import { BodySpool, BodyStream, notStoredStatus } from '../../gateways/body.ts';
import { type OptionsOf, optionTable, resolveTable } from '../../gateways/options.ts';
import { Refusal } from '../../gateways/refusal.ts';
import { serverFacts } from '../../gateways/server-facts.ts';
import { stderrLog } from '../../gateways/stderr-log.ts';
import { unfailing } from '../../gateways/unfailing-log.ts';
import { AbortPool, type AbortSource } from '../../wsgi/abort.ts';
import { asApplication, isStreaming } from '../../wsgi/application.ts';
import { clientGone, WsgiError } from '../../wsgi/errors.ts';
import { Input } from '../../wsgi/input.ts';
import type { Log } from '../../wsgi/log.ts';
import { type Run, run } from '../../wsgi/run.ts';
import type { Application, ApplicationLike } from '../../wsgi/types.ts';
import { type HandlerFacts, type RoutedRequest, requestEnviron } from './environ.ts';
import { type ExchangeOwner, ResponseExchange } from './exchange.ts';
import type { NextFunction, ServerHandler } from './handler.ts';
import { environOf } from './request.ts';

const { maxBody, bodyInMemory, spoolDirectory, timeout } = optionTable;
const toNodeTable = { maxBody, bodyInMemory, spoolDirectory, timeout } as const;

/** Settings of {@link toNode}: those of the gateways, with the same defaults. */
export interface ToNodeOptions extends OptionsOf<typeof toNodeTable> {
  /** Entries to add to every environ. (PEP 3333, Application Configuration) */
  readonly environ?: Readonly<Record<string, string>>;
  /** Where `wsgi.errors` writes. Default: standard error. */
  readonly errors?: { write(text: string): unknown };
  /** Where errors of the application are logged. Default: standard error. */
  readonly log?: Log;
}

interface Settings extends Required<OptionsOf<typeof toNodeTable>> {
  readonly app: Application;
  readonly streaming: boolean;
  readonly facts: HandlerFacts;
  readonly log: Log;
  readonly aborts: AbortPool;
}

/**
 * A WSGI application as a handler for servers of node:http, node:https and node:http2 (compatibility
 * API), and as middleware of Express, Connect and their kin.
 *
 * Where a router has taken a prefix off `req.url`, that is SCRIPT_NAME. Bodies are received before the
 * application is entered, unless it is marked by `streaming`. Mount it ahead of middleware that reads
 * bodies, as `express.json()`: what was read already cannot be read again.
 *
 * @example
 * http.createServer(toNode(app)).listen(8000);
 * express().use('/legacy', toNode(python('legacy.wsgi')));
 * @throws {ConfigurationError} for an unusable option.
 */
export function toNode(app: ApplicationLike, options: ToNodeOptions = {}): ServerHandler {
  const { environ, errors, log = stderrLog, ...rest } = options;
  const application = asApplication(app);
  const settings: Settings = {
    ...resolveTable(toNodeTable, rest),
    app: application,
    streaming: isStreaming(application),
    facts: serverFacts({ scriptName: '', iisPathInfo: false, serial: false, environ, errors }),
    log: unfailing(log),
    aborts: new AbortPool(),
  };
  return (request, response, next) => {
    // HTTP/2's compatibility API has the same methods, where they are used here.
    const [incoming, outgoing] = [request as RoutedRequest, response as ServerResponse];
    new Handling(settings, incoming, outgoing).start(next);
  };
}

/** One request of a Node server in an application. */
class Handling implements ExchangeOwner {
  private readonly settings: Settings;
  private readonly request: RoutedRequest;
  private readonly response: ServerResponse;
  private readonly abortSource: AbortSource;
  private input: Input | null = null;
  private spool: BodySpool | null = null;
  private stream: BodyStream | null = null;
  private current: Run | null = null;
  private timer: NodeJS.Timeout | null = null;
  private received = 0;
  private receiving = false;
  private storing = false;
  private arrived = false;
  private done = false;

  constructor(settings: Settings, request: RoutedRequest, response: ServerResponse) {
    this.settings = settings;
    this.request = request;
    this.response = response;
    this.abortSource = settings.aborts.take();
  }

  start(next: NextFunction | undefined): void {
    const { request, settings } = this;
    const expected = contentLength(request);
    if (expected === 0) this.enter(new Input(), null);
    else if (wasRead(request)) this.refuseRead(next);
    else if (expected > settings.maxBody) this.refuse(413);
    else {
      this.receive(expected);
      if (this.stream !== null) this.enter(new Input(this.stream), null);
    }
  }

  // --- ExchangeOwner ---------------------------------------------------------------------------

  onBegun(): void {
    if (this.timer !== null) clearTimeout(this.timer);
    this.timer = null;
  }

  onTaken(): void {
    this.current?.resume();
  }

  onDone(): void {
    this.done = true;
    this.onBegun();
    this.input?.close();
    this.letGo();
    this.response.off('close', this.onClosed);
    this.settings.aborts.give(this.abortSource);
  }

  // --- content ---------------------------------------------------------------------------------

  private receive(expected: number): void {
    const { request, settings } = this;
    this.receiving = true;
    if (settings.streaming) {
      this.stream = new BodyStream({
        wanted: () => request.resume(),
        drained: () => request.resume(),
      });
    } else {
      this.spool = new BodySpool(settings);
    }
    request.on('data', (data: Uint8Array) => this.take(data, Math.max(0, expected)));
    // A streaming application says when it wants to read; only then is a client to continue.
    if (this.stream !== null) request.pause();
    request.once('end', () => this.onContentEnd());
    request.once('error', (error) => this.onContentLost(error));
    request.once('close', () => this.onContentLost());
  }

  private take(data: Uint8Array, expected: number): void {
    if (!this.receiving) return;
    this.received += data.length;
    if (this.received > this.settings.maxBody) {
      this.onTooLarge();
    } else if (this.stream !== null) {
      if (!this.stream.push(data)) this.request.pause();
    } else {
      this.store(this.spool?.add(data, expected));
    }
  }

  private store(stored: Promise<void> | undefined): void {
    if (stored === undefined) return;
    this.storing = true;
    this.request.pause();
    const next = (error?: unknown) => {
      this.storing = false;
      if (error !== undefined) this.onNotStored(error);
      else if (this.done) this.letGo();
      else if (this.arrived) this.onContentEnd();
      else this.request.resume();
    };
    stored.then(() => next(), next);
  }

  private onContentEnd(): void {
    this.arrived = true;
    // A stream can end while it is paused, if nothing is left in it.
    if (!this.receiving || this.storing) return;
    this.receiving = false;
    this.stream?.end();
    if (this.spool !== null) this.enter(new Input(this.spool.source()), this.spool.size);
  }

  /** The request ended before its content did. */
  private onContentLost(error?: Error): void {
    if (!this.receiving || this.arrived) return;
    this.receiving = false;
    this.stream?.end(error?.cause instanceof WsgiError ? error.cause : clientGone());
    if (this.current === null) this.onDone();
  }

  private onTooLarge(): void {
    this.receiving = false;
    if (this.current === null) this.refuse(413);
    const error = new WsgiError('input-too-large', 'the request body is too large');
    this.stream?.end(error);
  }

  private onNotStored(error: unknown): void {
    this.settings.log.error('the request body could not be stored', { error });
    this.receiving = false;
    this.refuse(notStoredStatus(error));
  }

  /** Lets go of the content; what is still to come of it is dropped. */
  private letGo(): void {
    if (this.receiving) {
      this.receiving = false;
      this.stream?.end(new WsgiError('input-closed', 'the request is over'));
      this.request.resume();
    }
    if (!this.storing) this.spool?.dispose();
  }

  // --- the application -------------------------------------------------------------------------

  private enter(input: Input, size: number | null): void {
    const { settings, request, response } = this;
    this.input = input;
    const environ = requestEnviron(request, settings.facts, input, settings.streaming, size);
    const exchange = new ResponseExchange(request, response, this);
    const current = run(settings.app, environ, exchange, {
      log: settings.log,
      abort: this.abortSource,
    });
    if (this.done) return;
    this.current = current;
    response.on('close', this.onClosed);
    if (!current.begun && settings.timeout > 0) {
      this.timer = setTimeout(() => current.expire(), settings.timeout * 1000);
      this.timer.unref();
    }
    if (response.destroyed) this.onClosed();
  }

  private readonly onClosed = () => {
    const reason = environOf(this.request)?.['wizgi.signal']?.reason;
    this.current?.abort(reason instanceof Error ? reason : clientGone());
  };

  // --- refusals --------------------------------------------------------------------------------

  private refuseRead(next: NextFunction | undefined): void {
    const error = new Error(
      'the request body was read before toNode() saw the request; mount toNode() ahead of ' +
        'middleware that reads bodies, as express.json() does',
    );
    if (next !== undefined) {
      this.onDone();
      next(error);
      return;
    }
    this.settings.log.error('application error', { error });
    this.refuse(500);
  }

  /** Answers in the application's place. */
  private refuse(code: number): void {
    const { request, response } = this;
    const { head, content } = new Refusal(code, request.method === 'HEAD');
    if (!response.headersSent) {
      response.statusCode = code;
      if (request.httpVersionMajor < 2) response.statusMessage = head.status.slice(4);
      for (const [name, value] of head.headers) response.setHeader(name, value);
      response.setHeader('Content-Length', head.contentLength);
      if (request.httpVersionMajor < 2) response.setHeader('Connection', 'close');
      response.end(content);
    }
    this.onDone();
  }
}

/** Bytes of content, or a negative number where only its end tells. */
function contentLength(request: RoutedRequest): number {
  const { headers, httpVersionMajor } = request;
  const declared = headers['content-length'];
  if (declared !== undefined) return Number(declared);
  if (httpVersionMajor >= 2) return endsWithHead(request) ? 0 : -1;
  return headers['transfer-encoding'] === undefined ? 0 : -1;
}

function endsWithHead(request: RoutedRequest): boolean {
  const { stream } = request as unknown as { stream?: { endAfterHeaders?: boolean } };
  return stream?.endAfterHeaders === true;
}

/** Tells whether somebody has read of the body, or reads it. */
function wasRead(request: RoutedRequest): boolean {
  return request.readableDidRead || request.readableEnded || request.readableFlowing === true;
}
