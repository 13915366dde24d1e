/** Workers that are forked from a process which has loaded the application: they share its memory. */
import { once } from 'node:events';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { constants, tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TextSink } from '../wsgi/error-stream.ts';
import type { Log } from '../wsgi/log.ts';
import { Channel } from './channel.ts';
import { explainExit } from './exit.ts';
import { Ledger } from './ledger.ts';
import { type Plain, plain, unicode } from './marshal.ts';
import {
  ChannelError,
  FROM,
  FrameReader,
  type FrameSink,
  FrameWriter,
  frameOf,
  TO,
} from './messages.ts';
import { OutputLines } from './output-lines.ts';
import {
  type Exit,
  type ProcessOptions,
  type Spawner,
  startProcess,
  type WorkerProcess,
} from './process.ts';
import { StartError } from './start-error.ts';

/** How long a fork's connections, or the news of its end, may take, in milliseconds. */
const PATIENCE = 10_000;
const LATE_NEWS = 1_000;

/** What a process that forks workers needs. */
export interface PreloadOptions extends ProcessOptions {
  readonly config: Plain;
  readonly log: Log;
  readonly errors: TextSink;
  modules(files: readonly string[], since: number): void;
}

/** Forks each process from one that has loaded the application, which is started when it is needed. */
export class PreloadSpawner implements Spawner {
  private readonly options: PreloadOptions;
  private current: Promise<Template> | null = null;

  constructor(options: PreloadOptions) {
    this.options = options;
  }

  async spawn(): Promise<WorkerProcess> {
    this.current ??= Template.load(this.options);
    const { current } = this;
    try {
      const template = await current;
      if (!template.over) return await template.fork();
    } catch (error) {
      if (this.current === current) this.current = null;
      throw error;
    }
    // It died since; its workers live on, but there must be another one for new ones.
    if (this.current === current) this.current = null;
    return this.spawn();
  }

  async renew(): Promise<void> {
    const next = await Template.load(this.options);
    const old = this.current;
    this.current = Promise.resolve(next);
    (await old?.catch(() => null))?.stop();
  }

  close(): void {
    void this.current?.then(
      (template) => template.stop(),
      () => undefined,
    );
  }
}

/** The process that has loaded the application. */
class Template implements FrameSink {
  over = false;
  private readonly options: PreloadOptions;
  private readonly process: WorkerProcess;
  private readonly channel: Channel;
  private readonly loaded: Promise<void>;
  private settle!: { resolve(): void; reject(error: Error): void };
  private forks = 0;
  private readonly forked = new Map<number, (pid: number) => void>();
  private readonly ends = new Map<number, (exit: Exit) => void>();

  static async load(options: PreloadOptions): Promise<Template> {
    const template = new Template(options, await startProcess(options));
    await template.loaded;
    return template;
  }

  private constructor(options: PreloadOptions, process: WorkerProcess) {
    this.options = options;
    this.process = process;
    const output = new OutputLines(process.output, options.errors, `[python ${process.pid}] `);
    this.loaded = new Promise((resolve, reject) => {
      this.settle = { resolve, reject };
    });
    const reader = new FrameReader(this);
    this.channel = new Channel(process.channel, (data) => this.onData(reader, data));
    this.channel.write([frameOf(plain(options.config))]);
    void process.exited.then((exit) => {
      this.over = true;
      process.ledger.close();
      const how = explainExit(exit, false);
      this.settle.reject(StartError.ofExit(how, output.last));
      if (this.ends.size > 0) {
        options.log.error('the process that workers are forked from died', {
          worker: process.pid,
          how,
        });
      }
    });
  }

  /** Forks a worker. */
  async fork(): Promise<WorkerProcess> {
    const number = ++this.forks;
    const folder = new Meeting();
    let ledger: Ledger | null = null;
    try {
      ledger = new Ledger(this.options.threads, join(folder.path, 'ledger'));
      const pid = new Promise<number>((resolve) => this.forked.set(number, resolve));
      await folder.open();
      this.control(TO.FORK, number, unicode(folder.path));
      const [channel, output, life] = await this.whileAlive(folder.connections(3));
      return this.worker(
        await this.whileAlive(pid),
        ledger,
        channel as Socket,
        output as Socket,
        life as Socket,
      );
    } catch (error) {
      // Whatever keeps it from forking, another one may do better.
      this.process.kill('SIGKILL');
      ledger?.close();
      throw error;
    } finally {
      folder.close();
    }
  }

  /** @throws {StartError} (as a rejection) when this process ends first. */
  private whileAlive<T>(promise: Promise<T>): Promise<T> {
    const death = this.process.exited.then((): never => {
      throw new StartError('the process that it was to be forked from died');
    });
    return Promise.race([promise, death]);
  }

  private onData(reader: FrameReader, data: Buffer): boolean {
    try {
      reader.push(data);
    } catch (error) {
      if (!(error instanceof ChannelError)) throw error;
      this.settle.reject(new StartError(error.message));
      this.channel.destroy();
      this.process.kill('SIGKILL');
    }
    return true;
  }

  /** Has it end when its workers have. */
  stop(): void {
    if (!this.over) this.control(TO.STOP, 0);
  }

  frame(type: number, _id: number, data: Buffer, text: number, content: number, end: number): void {
    switch (type) {
      case FROM.READY:
        this.process.hold(false);
        this.settle.resolve();
        break;
      case FROM.FAILED: {
        const message = data.toString('utf8', text, content);
        const traceback = data.toString('utf8', content, end);
        this.settle.reject(StartError.ofLoading(message, traceback));
        break;
      }
      case FROM.MODULES:
        this.options.modules(
          data.toString('utf8', content, end).split('\n'),
          Number(data.toString('latin1', text, content)),
        );
        break;
    }
  }

  numbers(type: number, id: number, first: number): void {
    if (type === FROM.FORKED) {
      this.forked.get(id)?.(first);
      this.forked.delete(id);
    } else if (type === FROM.EXITED) {
      this.ends.get(id)?.(exitOf(first));
      this.ends.delete(id);
    }
  }

  private worker(
    pid: number,
    ledger: Ledger,
    channel: Socket,
    output: Socket,
    life: Socket,
  ): WorkerProcess {
    const exited = new Promise<Exit>((resolve) => {
      this.ends.set(pid, resolve);
      // Whoever could tell how it ended may be gone.
      life.once('close', () => {
        setTimeout(() => {
          this.ends.delete(pid);
          resolve({ code: null, signal: null });
        }, LATE_NEWS).unref();
      });
    });
    let ended = false;
    void exited.then(() => {
      ended = true;
    });
    for (const stream of [channel, output, life]) stream.on('error', () => undefined);
    output.unref();
    life.resume();
    return {
      pid,
      channel,
      output,
      ledger,
      exited,
      kill: (signal) => {
        if (!ended) killIfThere(pid, signal);
      },
      hold: (wait) => {
        if (wait) life.ref();
        else life.unref();
      },
    };
  }

  private control(operation: typeof TO.FORK | typeof TO.STOP, id: number, argument?: string): void {
    const writer = new FrameWriter();
    writer.control(operation, id, argument);
    this.channel.write(writer.take());
  }
}

/** A folder of ours alone, in which a forked worker finds its connections. */
class Meeting {
  readonly path: string;
  private readonly server: Server = createServer();
  private readonly sockets: Socket[] = [];

  constructor() {
    this.path = mkdtempSync(join(tmpdir(), 'wizgi-'));
    chmodSync(this.path, 0o700);
  }

  async open(): Promise<void> {
    this.server.on('connection', (socket) => this.sockets.push(socket));
    this.server.listen(join(this.path, 'socket'));
    await once(this.server, 'listening');
  }

  /** Waits for so many connections, in their order. */
  async connections(count: number): Promise<Socket[]> {
    const signal = AbortSignal.timeout(PATIENCE);
    try {
      while (this.sockets.length < count) await once(this.server, 'connection', { signal });
    } catch {
      throw new StartError(`a forked worker did not connect within ${PATIENCE / 1000} s`);
    }
    return this.sockets;
  }

  close(): void {
    this.server.close();
    rmSync(this.path, { recursive: true, force: true });
  }
}

/** From 256 on, a signal's number is in it. */
function exitOf(code: number): Exit {
  if (code < 256) return { code, signal: null };
  const entry = Object.entries(constants.signals).find(([, number]) => number === code - 256);
  return { code: null, signal: (entry?.[0] ?? null) as NodeJS.Signals | null };
}

/** The news of its end may still be on its way. */
function killIfThere(pid: number, signal: NodeJS.Signals | number): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}
