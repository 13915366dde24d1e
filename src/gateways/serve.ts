import { asApplication } from '../wsgi/application.ts';
import type { Log } from '../wsgi/log.ts';
import type { ApplicationLike } from '../wsgi/types.ts';
import type { AccessLog } from './access.ts';
import { parseBind } from './bind.ts';
import { Gateway } from './gateway.ts';
import { type Listener, type ListenOptions, listen } from './listener.ts';
import { resolveOptions, type ServerOptions } from './options.ts';
import { protocols } from './protocol.ts';
import { serverFacts } from './server-facts.ts';
import { stderrLog } from './stderr-log.ts';
import { unfailing } from './unfailing-log.ts';

/** Options of {@link serve}. */
export interface ServeOptions extends ServerOptions {
  /** Entries to add to every environ. (PEP 3333, Application Configuration) */
  readonly environ?: Readonly<Record<string, string>>;
  /** Where `wsgi.errors` writes. Default: standard error. */
  readonly errors?: { write(text: string): unknown };
  /** Where the server logs. Default: warnings and errors to standard error. */
  readonly log?: Log;
  /** Receives an entry for every answer. Default: none. */
  readonly accessLog?: AccessLog;
}

/** A server that {@link serve} started. */
export interface Server {
  /** Where it listens: `http://127.0.0.1:8000`, `unix:/run/app.sock`. */
  readonly addresses: readonly string[];
  /**
   * Stops: takes no more connections, lets running requests finish within `gracefulTimeout`, ends
   * what is left. Resolves when all is over.
   */
  close(): Promise<void>;
  /** Ends every connection at once. */
  terminate(): void;
}

/**
 * Serves an application.
 *
 * @example
 * const server = await serve(app, { bind: ['127.0.0.1:8000', 'unix:/run/app.sock'] });
 *
 * @throws {ConfigurationError} (as a rejection) for an unusable option or address.
 */
export async function serve(app: ApplicationLike, options: ServeOptions = {}): Promise<Server> {
  const { environ, errors, accessLog = null, log: given = stderrLog, ...rest } = options;
  const log = unfailing(given);
  const resolved = resolveOptions(rest);
  const gateway = new Gateway(resolved, {
    app: asApplication(app),
    log,
    accessLog,
    facts: serverFacts({ ...resolved, environ, errors }),
  });
  const binds = resolved.bind.map(parseBind);
  const listening: Omit<ListenOptions, 'accept'> = {
    ...resolved,
    failed: atMostEverySecond((error) =>
      log.error('a connection could not be accepted', { error: error.message }),
    ),
  };
  const listeners: Listener[] = [];
  const stop = () => {
    for (const listener of listeners) listener.close();
  };
  try {
    for (const bind of binds) {
      const protocol = await protocols[bind.protocol]();
      protocol.check?.(bind, resolved);
      const entrance = { protocol, peers: protocol.peers?.() ?? null };
      const accept: ListenOptions['accept'] = (socket, local) =>
        gateway.accept(socket, entrance, local);
      listeners.push(await listen(bind, { ...listening, accept }));
    }
  } catch (error) {
    stop();
    throw error;
  }
  return {
    addresses: listeners.map((listener) => listener.address),
    close: () => {
      stop();
      return gateway.drain(resolved.gracefulTimeout * 1000);
    },
    terminate: () => {
      stop();
      gateway.terminate();
    },
  };
}

/** Out of descriptors, each attempt to accept fails; one line a second says enough. */
function atMostEverySecond(report: (error: Error) => void): (error: Error) => void {
  let last = Number.NEGATIVE_INFINITY;
  return (error) => {
    const now = performance.now();
    if (now - last < 1_000) return;
    last = now;
    report(error);
  };
}
