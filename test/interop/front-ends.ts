/**
 * Real web servers in front of wizgi, each in a folder of its own, with the configurations that people
 * copy.
 *
 * The files of docs/front-ends are taken as they stand: only the port that the front end listens on
 * (80), the address of wizgi (127.0.0.1:8000) and further texts that a test names are replaced.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { chmodSync, closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Component, find } from './components.ts';
import { freePort } from './free-port.ts';
import { type FrontEndName, frontEndKinds, type Replacement } from './front-end-kinds.ts';

/** A front end that runs. */
export interface FrontEnd {
  /** Where it listens, on 127.0.0.1. */
  readonly port: number;
  /** What it has said. */
  readonly output: string;
  close(): Promise<void>;
}

/** The configuration for a front end and a protocol, as in `nginx-fastcgi.conf`. */
export function documented(file: string): string {
  return readFileSync(new URL(`../../docs/front-ends/${file}`, import.meta.url), 'utf8');
}

/** The flags that a configuration of docs/front-ends has wizgi started with. */
export function commandOf(file: string): string {
  const flags = /^# +(?:[A-Z_]+=\S+ )?wizgi serve app\.ts (.*)$/m.exec(documented(file))?.[1];
  if (flags === undefined) throw new Error(`${file} does not say how the application is started`);
  return flags;
}

/** What has to be installed for a configuration of docs/front-ends. */
export function componentOf(file: string): Component {
  if (file === 'apache-jk.conf') return 'mod_jk.so';
  if (file === 'apache-fcgid.conf') return 'mod_fcgid.so';
  return frontEndKinds[nameOf(file)].component;
}

/** Starts the front end that a file of docs/front-ends is for, as the file has it. */
export function startDocumented(
  file: string,
  upstream: number,
  replacements: readonly Replacement[] = [],
): Promise<FrontEnd> {
  return startFrontEnd(nameOf(file), documented(file), [
    ...upstreamAt(documented(file), upstream),
    ...replacements,
  ]);
}

/** Starts a front end, and waits until it answers. */
export async function startFrontEnd(
  name: FrontEndName,
  configuration: string,
  replacements: readonly Replacement[] = [],
): Promise<FrontEnd> {
  const { component, listening, prepare } = frontEndKinds[name];
  const program = find(component);
  if (program === null) throw new Error(`${component} is not installed`);
  const port = await freePort();
  const folder = mkdtempSync(join(tmpdir(), 'wizgi-test-'));
  // Apache's processes are another user's.
  chmodSync(folder, 0o755);
  const text = replaced(configuration, [listening(port), ...replacements]);
  const running = new Running(program, prepare(folder, text, port), folder, port);
  try {
    await running.answering();
  } catch (error) {
    await running.close();
    throw error;
  }
  return running;
}

function nameOf(file: string): FrontEndName {
  return file.slice(0, file.indexOf('-')) as FrontEndName;
}

/** Wizgi's address: most write it in one, some its port alone. */
function upstreamAt(configuration: string, port: number): Replacement[] {
  const known: readonly Replacement[] = [
    ['127.0.0.1:8000', `127.0.0.1:${port}`],
    ['"port" => 8000', `"port" => ${port}`],
    ['.port=8000', `.port=${port}`],
  ];
  return known.filter(([text]) => configuration.includes(text));
}

function replaced(configuration: string, replacements: readonly Replacement[]): string {
  let text = configuration;
  for (const [from, to] of replacements) {
    if (!text.includes(from)) throw new Error(`the configuration lacks ${JSON.stringify(from)}`);
    text = text.replaceAll(from, to);
  }
  return text;
}

class Running implements FrontEnd {
  readonly port: number;
  private readonly folder: string;
  private readonly log: string;
  private readonly child: ChildProcess;
  private readonly ended: Promise<void>;
  private over = false;

  constructor(program: string, args: readonly string[], folder: string, port: number) {
    this.port = port;
    this.folder = folder;
    this.log = join(folder, 'output.log');
    const log = openSync(this.log, 'a');
    // A group of its own, to reach the processes of a server that does not end them.
    this.child = spawn(program, args, { cwd: folder, detached: true, stdio: ['ignore', log, log] });
    closeSync(log);
    process.once('exit', this.kill);
    this.ended = new Promise<void>((resolve) => {
      this.child.once('error', () => resolve());
      this.child.once('close', () => resolve());
    }).then(() => {
      this.over = true;
      process.off('exit', this.kill);
    });
  }

  get output(): string {
    return readFileSync(this.log, 'utf8');
  }

  async answering(): Promise<void> {
    const deadline = performance.now() + 15_000;
    while (!(await refuses(this.port))) {
      if (this.over) throw new Error(`the front end ended: ${this.output}`);
      if (performance.now() > deadline) throw new Error(`no front end: ${this.output}`);
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }

  async close(): Promise<void> {
    if (!this.over) this.child.kill('SIGTERM');
    const timer = setTimeout(this.kill, 3_000);
    await this.ended;
    clearTimeout(timer);
    rmSync(this.folder, { recursive: true, force: true });
  }

  private readonly kill = (): void => {
    const { pid } = this.child;
    try {
      if (pid !== undefined && !this.over) process.kill(-pid, 'SIGKILL');
    } catch {
      // It ended by itself.
    }
  };
}

/** Whether something answers what is no request, which no server behind it hears of. */
function refuses(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1' }, () => socket.write('none\r\n\r\n'));
    socket.once('data', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
    socket.once('close', () => resolve(false));
  });
}
