import { type ChildProcess, spawn } from 'node:child_process';
import type { Socket } from 'node:net';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { ConfigurationError } from '../gateways/options.ts';
import { Ledger } from './ledger.ts';

/** How a process ended. */
export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** A worker's process, as its server holds it. */
export interface WorkerProcess {
  readonly pid: number;
  /** Messages, both ways; for a `Channel`. */
  readonly channel: Socket;
  /** All that is printed. */
  readonly output: Readable;
  readonly ledger: Ledger;
  /** Resolves when the process is over. */
  readonly exited: Promise<Exit>;
  kill(signal: NodeJS.Signals | number): void;
  /** Whether this process waits for that one before it ends; it does at first. */
  hold(wait: boolean): void;
}

/** Where worker processes come from. */
export interface Spawner {
  /** @throws (as a rejection) with what kept the process from starting. */
  spawn(): Promise<WorkerProcess>;
  /**
   * Has the processes that follow see the application's files as they are now.
   *
   * @throws (as a rejection) when they cannot be loaded; then nothing changes.
   */
  renew(): Promise<void>;
  /** No process follows. */
  close(): void;
}

/** What a worker process is started with. */
export interface ProcessOptions {
  readonly interpreter: string;
  readonly directory: string;
  readonly environment: NodeJS.ProcessEnv;
  readonly threads: number;
}

/** Starts each process on its own. */
export function directSpawner(options: ProcessOptions): Spawner {
  return {
    spawn: () => startProcess(options),
    renew: () => Promise.resolve(),
    close: () => undefined,
  };
}

const ENTRY = fileURLToPath(new URL('../../python/wizgi_worker/__main__.py', import.meta.url));

/**
 * Starts a worker process; it waits for its configuration, which is the channel's first message.
 *
 * @throws {ConfigurationError} (as a rejection) when the interpreter cannot be started.
 */
export async function startProcess(options: ProcessOptions): Promise<WorkerProcess> {
  const ledger = new Ledger(options.threads);
  const child = spawn(options.interpreter, [ENTRY], {
    cwd: options.directory,
    env: options.environment,
    stdio: ['pipe', 'ignore', 'pipe', 'pipe', ledger.fd],
    // A session of its own: Ctrl+C at a terminal is for the server, which then ends its workers.
    detached: true,
  });
  const exited = new Promise<Exit>((resolve) => {
    child.once('exit', (code, signal) => resolve({ code, signal }));
  });
  await started(child, options.interpreter).catch((error: unknown) => {
    ledger.close();
    throw error;
  });
  const [life, , output, channel] = child.stdio as unknown as [Socket, null, Socket, Socket];
  // What breaks there is seen in that the process ends.
  for (const stream of [life, output, channel]) stream.on('error', () => undefined);
  for (const stream of [life, output, channel]) stream.unref();
  return {
    pid: child.pid as number,
    channel,
    output,
    ledger,
    exited,
    kill: (signal) => {
      // Not child.kill(), which does not know the signals that have a number only.
      if (child.exitCode === null && child.signalCode === null)
        process.kill(child.pid as number, signal);
    },
    hold: (wait) => {
      if (wait) child.ref();
      else child.unref();
    },
  };
}

function started(child: ChildProcess, interpreter: string): Promise<void> {
  return new Promise((resolve, reject) => {
    child.once('spawn', () => resolve());
    child.once('error', (error: NodeJS.ErrnoException) =>
      reject(new ConfigurationError(`${interpreter} cannot be started (${error.code})`)),
    );
  });
}
