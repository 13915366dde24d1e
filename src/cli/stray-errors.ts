import type { Log } from '../wsgi/log.ts';

/**
 * Logs what the application throws where nobody catches it, and goes on: one request's mistake must
 * not end those of everybody else.
 */
export function logStrayErrors(log: Log): void {
  process.on('uncaughtException', (error) => {
    if (!isBrokenPipe(error)) log.error('uncaught exception', { error });
  });
  process.on('unhandledRejection', (error) => log.error('unhandled rejection', { error }));
}

/** Survives that whoever read our output is gone; what the application prints is lost then. */
export function ignoreBrokenPipes(): void {
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);
}

function isBrokenPipe(error: unknown): boolean {
  const { code, syscall } = (error ?? {}) as NodeJS.ErrnoException;
  return (code === 'EPIPE' || code === 'EIO') && syscall === 'write';
}
