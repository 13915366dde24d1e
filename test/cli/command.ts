/** Runs the built command in a process of its own, as its users do. */
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const ROOT = fileURLToPath(new URL('../..', import.meta.url));
export const MAIN = join(ROOT, 'dist/cli/main.js');

/** How long anything may take before a test gives it up, in milliseconds. */
const PATIENCE = 30_000;

const running = new Set<Command>();
const directories: string[] = [];
/** Where the commands keep what they compile. */
const scratch = join(tmpdir(), `wizgi-cache-${process.pid}-${Date.now()}`);

/** How a process ended. */
export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** What differs from a plain start. */
export interface StartOptions {
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Leaves stdout or stderr unread. */
  readonly unread?: boolean;
}

/** Starts `wizgi` with arguments. */
export function start(args: readonly string[], options: StartOptions = {}): Command {
  if (!existsSync(MAIN)) throw new Error('dist is not built: npm run build');
  const command = new Command(args, options);
  running.add(command);
  return command;
}

/** Starts `wizgi serve` on a free port of the loopback. */
export function startServer(args: readonly string[], options: StartOptions = {}): Command {
  return start(['serve', ...args, '-b', '127.0.0.1:0'], options);
}

/** Makes a directory of files, in which `wizgi` can be imported. */
export function project(files: Readonly<Record<string, string>>): string {
  const directory = mkdtempSync(join(tmpdir(), 'wizgi-cli-'));
  directories.push(directory);
  mkdirSync(join(directory, 'node_modules'));
  symlinkSync(ROOT, join(directory, 'node_modules/wizgi'));
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(directory, name)), { recursive: true });
    writeFileSync(join(directory, name), content);
  }
  return directory;
}

/** Ends what the tests left running and removes what they made. */
export async function cleanUp(): Promise<void> {
  for (const command of running) command.kill('SIGKILL');
  await Promise.all([...running].map((command) => command.exited));
  running.clear();
  for (const directory of directories.splice(0)) rmSync(directory, { recursive: true });
  rmSync(scratch, { recursive: true, force: true });
}

/** A started command. */
export class Command {
  readonly child: ChildProcess;
  readonly exited: Promise<Exit>;
  stdout = '';
  stderr = '';
  private readonly watchers = new Set<() => void>();

  constructor(args: readonly string[], { cwd = ROOT, env = {}, unread = false }: StartOptions) {
    this.child = spawn(process.execPath, [MAIN, ...args], {
      cwd,
      env: { ...process.env, XDG_CACHE_HOME: scratch, NO_COLOR: '1', ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const collect = (stream: 'stdout' | 'stderr') => (data: Buffer) => {
      this[stream] += data.toString();
      for (const watcher of this.watchers) watcher();
    };
    if (!unread) this.child.stdout?.on('data', collect('stdout'));
    this.child.stderr?.on('data', collect('stderr'));
    this.exited = new Promise((resolve) => {
      this.child.on('close', (code, signal) => {
        resolve({ code, signal });
        for (const watcher of this.watchers) watcher();
      });
    });
  }

  /** Sends a signal to this very process. */
  kill(signal: NodeJS.Signals): void {
    this.child.kill(signal);
  }

  /** Resolves when the output fulfils the condition; rejects when the process ends before. */
  async until<T>(condition: (command: Command) => T | null | undefined | false): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      const settle = (act: () => void) => {
        clearTimeout(timer);
        this.watchers.delete(check);
        act();
      };
      const check = () => {
        const result = condition(this);
        if (result !== null && result !== undefined && result !== false) {
          settle(() => resolve(result));
        } else if (this.child.exitCode !== null || this.child.signalCode !== null) {
          settle(() => reject(new Error(`it ended: ${this.stderr}`)));
        }
      };
      const timer = setTimeout(() => {
        settle(() =>
          reject(new Error(`nothing came of it; stdout: ${this.stdout}; stderr: ${this.stderr}`)),
        );
      }, PATIENCE);
      this.watchers.add(check);
      check();
    });
  }

  /** The URL on which it listens. */
  listening(): Promise<string> {
    return this.until(({ stderr }) => /Listening at: ([a-z]+:\/\/\S+)\n/.exec(stderr)?.[1]);
  }

  /** Stops it as Ctrl+C does. */
  async stop(): Promise<Exit> {
    this.kill('SIGINT');
    return this.exited;
  }
}
