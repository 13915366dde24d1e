/** Servers in processes of their own. */
import { type StdioOptions, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';
import { Client } from './kit.ts';

const script = fileURLToPath(new URL('child.mjs', import.meta.url));

export interface Child {
  readonly pid: number;
  /** Where it listens. */
  readonly addresses: readonly string[];
  /** Resolves with the exit code, or null after a signal. */
  readonly ended: Promise<number | null>;
  /** What it wrote to standard error. */
  readonly errors: () => string;
  client(): Promise<Client>;
}

/** Starts `child.mjs` with one of its applications; it ends with the test at the latest. */
export async function startChild(
  app: string,
  options: Readonly<Record<string, unknown>>,
  { wrapper = [], descriptors = [] }: { wrapper?: string[]; descriptors?: number[] } = {},
): Promise<Child> {
  const [command = '', ...args] = [
    ...wrapper,
    process.execPath,
    script,
    app,
    JSON.stringify(options),
  ];
  const stdio: StdioOptions = ['pipe', 'pipe', 'pipe', ...descriptors];
  const child = spawn(command, args, { stdio });
  onTestFinished(() => {
    child.kill('SIGKILL');
  });
  let errors = '';
  child.stderr?.on('data', (data) => {
    errors += data;
  });
  const ended = once(child, 'exit').then(([code]) => code as number | null);
  const addresses = await Promise.race([
    once(child.stdout as NodeJS.ReadableStream, 'data').then(
      ([line]) => JSON.parse(String(line)) as string[],
    ),
    ended.then((code) => {
      throw new Error(`the server ended with ${code}: ${errors}`);
    }),
  ]);
  return {
    pid: child.pid as number,
    addresses,
    ended,
    errors: () => errors,
    client: () => Client.open(addresses[0] as string),
  };
}
