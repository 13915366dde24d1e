import { constants } from 'node:os';
import type { Server } from '../gateways/serve.ts';
import type { HostedApplication } from '../wsgi/hosted.ts';
import type { Log } from '../wsgi/log.ts';

/**
 * Stops on SIGINT and SIGTERM, at once on the second one: first the server, then the processes of
 * applications. SIGHUP reloads those.
 *
 * Resolves with the exit code when all has stopped.
 */
export function untilStopped(
  server: Server,
  hosted: readonly HostedApplication[],
  log: Log,
): Promise<number> {
  process.on('SIGHUP', () => reload(hosted, log));
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
      ignoreOwnSignals();
      log.info('stopping: running requests may finish', { signal });
      stopAll(server, hosted).then(
        () => resolve(0),
        (error: unknown) => {
          log.error('the server did not stop in order', { error });
          resolve(1);
        },
      );
    };
    process.on('SIGINT', stop);
    process.on('SIGTERM', stop);
  });
}

/**
 * Libraries that end what an application holds send the signal again when they have done so, which would
 * pass for a second one.
 */
function ignoreOwnSignals(): void {
  const { kill } = process;
  process.kill = (pid, signal) => {
    const isOwn = pid === process.pid && (signal === 'SIGTERM' || signal === 'SIGINT');
    return isOwn || kill.call(process, pid, signal);
  };
}

async function stopAll(server: Server, hosted: readonly HostedApplication[]): Promise<void> {
  try {
    await server.close();
  } finally {
    await Promise.all(hosted.map((app) => app.close()));
  }
}

function reload(hosted: readonly HostedApplication[], log: Log): void {
  const reloading = hosted.filter((app) => app.reload !== null);
  if (reloading.length === 0) {
    log.info('SIGHUP is ignored: only Python applications can be reloaded');
    return;
  }
  log.info('SIGHUP: reloading');
  Promise.all(reloading.map((app) => app.reload?.())).then(
    () => log.info('reloaded'),
    (error: unknown) => log.error('reloading failed; the application serves as before', { error }),
  );
}
