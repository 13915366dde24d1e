import { constants } from 'node:os';
import type { Server } from '../gateways/serve.ts';
import type { Log } from '../wsgi/log.ts';

/**
 * Stops the server on SIGINT and SIGTERM, at once on the second one, and leaves SIGHUP alone.
 *
 * Resolves with the exit code when the server has stopped.
 */
export function stopOnSignals(server: Server, log: Log): Promise<number> {
  return new Promise((resolve) => {
    let stopping = false;
    const stop = (signal: NodeJS.Signals) => {
      if (stopping) {
        log.warn('second signal: ending every connection at once', { signal });
        server.terminate();
        resolve(128 + constants.signals[signal]);
        return;
      }
      stopping = true;
      log.info('stopping: running requests may finish', { signal });
      server.close().then(
        () => resolve(0),
        (error: unknown) => {
          log.error('the server did not stop in order', { error });
          resolve(1);
        },
      );
    };
    process.on('SIGINT', stop);
    process.on('SIGTERM', stop);
    process.on('SIGHUP', () => log.info('SIGHUP is ignored: reloading is not available yet'));
  });
}
