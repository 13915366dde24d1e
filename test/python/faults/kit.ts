/** Python applications under test, with what they log, print and leave behind. */
import { mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { onTestFinished, type TestContext } from 'vitest';
import type { ServeOptions } from '../../../src/gateways/serve.ts';
import type { PythonOptions } from '../../../src/python/options.ts';
import { type PythonApplication, python, pythonMiddleware } from '../../../src/python/python.ts';
import type { Application } from '../../../src/wsgi/types.ts';
import { get, start, type TestServer, until } from '../../http/kit.ts';
import { need } from '../../interop/components.ts';
import { type LogLine, LogRecorder } from '../../log-recorder.ts';

/** The folder of the applications that misbehave. */
export const FIXTURES = fileURLToPath(new URL('fixtures', import.meta.url));

/** How a scene differs from a plain start. */
export interface SceneOptions extends Omit<PythonOptions, 'log' | 'errors' | 'directory'> {
  /** Files of the application, beside those of the fixtures. */
  readonly files?: Readonly<Record<string, string>>;
  /** Options of the server. */
  readonly server?: ServeOptions;
  /** Goes on before the application is ready. */
  readonly impatient?: boolean;
  /** Asks for `ready` before the application can have failed, and goes on. */
  readonly asking?: boolean;
  /** What the application is put around, as middleware. */
  readonly around?: Application;
}

/** A served Python application. */
export class Scene {
  readonly directory: string;
  readonly app: PythonApplication;
  readonly log: LogRecorder;
  server!: TestServer;
  /** All that the workers printed. */
  printed = '';
  /** When lines of the log were written, as `performance.now()` counts. */
  readonly times = new Map<LogLine, number>();

  constructor(target: string, given: SceneOptions) {
    const { files = {}, server: _, impatient: __, asking = false, around, ...options } = given;
    const { times } = this;
    this.log = new (class extends LogRecorder {
      override readonly lines = new (class extends Array<LogLine> {
        override push(line: LogLine): number {
          times.set(line, performance.now());
          return super.push(line);
        }
      })();
    })();
    this.directory = mkdtempSync(join(tmpdir(), 'wizgi-faults-'));
    for (const [name, text] of Object.entries(files)) this.write(name, text);
    const all = {
      gracefulTimeout: 5,
      pythonpath: [FIXTURES],
      ...options,
      directory: this.directory,
      log: this.log,
      errors: { write: (text: string) => (this.printed += text) },
      env: { PYTHONDONTWRITEBYTECODE: '1', ...options.env },
    };
    this.app = around ? pythonMiddleware(target, all)(around) : python(target, all);
    if (asking) this.app.ready.catch(() => undefined);
  }

  /** Writes a file of the application, which is never seen half written. */
  write(name: string, text: string): void {
    const path = join(this.directory, name);
    writeFileSync(`${path}.new`, text);
    renameSync(`${path}.new`, path);
  }

  /** The lines of a file that the application writes. */
  lines(name: string): string[] {
    try {
      return readFileSync(join(this.directory, name), 'latin1').split('\n').slice(0, -1);
    } catch {
      return [];
    }
  }

  /** An answer, on a connection of its own. */
  async get(path: string): Promise<{ status: number; body: string; complete: boolean }> {
    const client = await this.server.client();
    client.send(get(path));
    const answer = await client.answer();
    client.reset();
    return answer;
  }

  /** Lines of the log by their message, and perhaps the worker that they are about. */
  logged(message: string, worker?: number): LogLine[] {
    return this.log.lines.filter(
      (line) =>
        line.message === message && (worker === undefined || line.fields['worker'] === worker),
    );
  }

  /** Waits for so many lines of a message. */
  untilLogged(message: string, count = 1): Promise<LogLine> {
    return until(`${count} × "${message}"`, () => this.logged(message)[count - 1]);
  }

  /** Workers that began to serve, in this order. */
  get served(): number[] {
    return this.logged('worker serves').map(({ fields }) => Number(fields['worker']));
  }

  /** Those that were not seen to end. */
  get living(): number[] {
    return this.served.filter((pid) => isAlive(pid));
  }

  /** Waits for the worker that serves after `count` others; gives its process id. */
  async worker(count = 0): Promise<number> {
    return until(`worker ${count + 1}`, () => this.served[count]);
  }

  /** Milliseconds from a moment until so many workers had begun to serve. */
  async replacedWithin(since: number, count: number): Promise<number> {
    await this.worker(count - 1);
    const line = this.logged('worker serves')[count - 1] as LogLine;
    return (this.times.get(line) as number) - since;
  }
}

/** Serves an application of the fixtures, or of `files`, until the test is over. */
export async function stage(
  context: TestContext,
  target: string,
  options: SceneOptions = {},
): Promise<Scene> {
  need('python3', context);
  const scene = new Scene(target, options);
  onTestFinished(async () => {
    for (const pid of scene.served) end(pid);
    await scene.app.close();
    rmSync(scene.directory, { recursive: true, force: true });
  });
  scene.server = await start(scene.app as Application, { log: scene.log, ...options.server });
  if (!options.impatient && !options.asking) await scene.app.ready;
  return scene;
}

/**
 * Whether no worker was replaced at once, within milliseconds so far. To be tried again until the
 * test's time is over, as other processes may hold up a start; what is put off comes after seconds.
 */
export function isSlow(times: readonly number[]): boolean {
  return Math.min(...times) >= 1_000;
}

/** The state of a process: `R`, `S`, `T` when stopped, `Z` when over; empty when it is not there. */
export function stateOf(pid: number): string {
  try {
    return /^State:\s+(\w)/m.exec(readFileSync(`/proc/${pid}/status`, 'latin1'))?.[1] ?? '';
  } catch {
    return '';
  }
}

export function isAlive(pid: number): boolean {
  // A zombie is there for signals, too.
  return !/^[ZX]?$/.test(stateOf(pid));
}

/** Ends a process, if it is there. */
export function end(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It ended by itself.
  }
}

/** Waits until none of the processes is there. */
export async function gone(pids: readonly number[], patience?: number): Promise<void> {
  await until(`processes ${pids.join()} to end`, () => !pids.some(isAlive), patience);
}

/** Descriptors that a process has open. */
export function descriptors(pid: number | 'self' = 'self'): number {
  return readdirSync(`/proc/${pid}/fd`).length;
}

/** Bytes of memory that a process has resident. */
export function residentMemory(pid: number): number {
  const line = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'latin1'));
  return Number(line?.[1] ?? 0) * 1024;
}
