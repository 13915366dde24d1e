/**
 * Keeps workers: starts them, explains how they ended, starts others in their place.
 *
 *     STARTING ──▶ SERVING ──▶ RETIRING (finishes what it has) ──▶ over
 *
 * A successor serves before its predecessor retires, and one worker is replaced at a time, so that
 * capacity never falls. Workers that cannot start are tried again ever more rarely.
 */
import { ConfigurationError } from '../gateways/options.ts';
import type { TextSink } from '../wsgi/error-stream.ts';
import { WsgiError } from '../wsgi/errors.ts';
import type { Log } from '../wsgi/log.ts';
import type { Call } from './call.ts';
import { explainExit, outOfMemoryKills } from './exit.ts';
import { OutputLines } from './output-lines.ts';
import type { Pool } from './pool.ts';
import type { Exit, Spawner } from './process.ts';
import { PythonError } from './python-error.ts';
import { StartError } from './start-error.ts';
import { MOST_REQUESTS } from './withdrawal.ts';
import { Worker, type WorkerOptions, type WorkerOwner } from './worker.ts';

/** What a crew is made of. */
export interface CrewOptions extends WorkerOptions {
  /** What is served, as in messages. */
  readonly target: string;
  readonly workers: number;
  /** Requests of a worker's life, or 0; and how many more at most. */
  readonly maxRequests: number;
  readonly maxRequestsJitter: number;
  /** Milliseconds for what a retiring worker has under way. */
  readonly gracefulTimeout: number;
  /** No two workers may ever run the application at once. */
  readonly exclusive: boolean;
  readonly log: Log;
  readonly errors: TextSink;
  readonly spawner: Spawner;
  /** Says what is wrong with the interpreter, if anything is. */
  diagnose(): Promise<Error | null>;
  /** Files that went into the application, and since when, as `Date.now()` counts. */
  modules(files: readonly string[], since: number): void;
  /** A worker's word of a broken rule. */
  finding(text: string): void;
}

/** Whoever serves for less, in milliseconds, dies early. */
const INFANCY = 1_000;
/** As many such deaths, or one of each worker, are taken for the doing of single requests. */
const EARLY_DEATHS = 3;
/** Seconds before the first new try, which double up to the last. */
const FIRST_DELAY = 1;
const LAST_DELAY = 60;

/** One worker in the crew's books. */
interface Member {
  readonly output: OutputLines;
  readonly settle: { resolve(worker: Worker): void; reject(error: Error): void };
  /** When it began to serve; 0 before. */
  since: number;
  /** Requests after which it is replaced. */
  readonly lifetime: number;
  /** Why it goes; null while it is to stay. */
  leaving: string | null;
  /** Told when it has nothing to do, or is over. */
  whenIdle: (() => void) | null;
}

export class Crew implements WorkerOwner {
  readonly log: Log;
  /** The time that counts, in milliseconds; it stands still while this process is held up. */
  now = 0;
  private readonly options: CrewOptions;
  private readonly pool: Pool;
  private readonly members = new Map<Worker, Member>();
  /** Those whose successors are to be started, and why. */
  private readonly outgoing = new Map<Worker, string>();
  private replacing: Promise<Error | null> | null = null;
  /** When workers may be renewed, after that has failed. */
  private nextRenewal = 0;
  private filling: Promise<void> | null = null;
  /** Starts in a row that came to nothing. */
  private failures = 0;
  /** Workers in a row that had hardly begun to serve when they died. */
  private earlyDeaths = 0;
  private everServed = false;
  private readyAsked = false;
  private closed = false;
  private closing: Promise<void> | null = null;
  private outOfMemory = outOfMemoryKills();
  private readonly whenServed: Promise<void>;
  private served!: { resolve(): void; reject(error: Error): void };
  private wakeUp: (() => void) | null = null;
  private whenEmpty: (() => void) | null = null;

  constructor(options: CrewOptions, pool: Pool) {
    this.options = options;
    this.log = options.log;
    this.pool = pool;
    this.whenServed = new Promise<void>((resolve, reject) => {
      this.served = { resolve, reject };
    });
    this.whenServed.catch(() => undefined);
    this.fill();
  }

  /** Resolves when the first worker serves; rejects when the first one could not start. */
  get ready(): Promise<void> {
    this.readyAsked = true;
    return this.whenServed;
  }

  get workers(): Iterable<Worker> {
    return this.members.keys();
  }

  /** Whether this worker serves, and is to go on. */
  serves(worker: Worker): boolean {
    const member = this.members.get(worker);
    return member !== undefined && member.since > 0 && member.leaving === null;
  }

  /** Starts a successor, then has this one retire; gives what kept it from doing so. */
  replace(worker: Worker, reason: string): Promise<Error | null> {
    if (this.serves(worker)) this.outgoing.set(worker, reason);
    this.replacing ??= this.replaceAll().finally(() => {
      this.replacing = null;
    });
    return this.replacing;
  }

  /**
   * Replaces a worker that has had its time. When its successor cannot start, it serves on, and the
   * next try has to wait.
   *
   * @returns whether that begins now.
   */
  renew(worker: Worker, reason: string): boolean {
    if (this.outgoing.has(worker) || performance.now() < this.nextRenewal) return false;
    void this.replace(worker, reason).then((error) => {
      // One failure may concern several workers.
      if (error === null || this.closed || performance.now() < this.nextRenewal) return;
      this.onStartFailed(error);
      this.nextRenewal = performance.now() + this.delay() * 1000;
    });
    return true;
  }

  /**
   * Replaces every worker.
   *
   * @throws (as a rejection) when a new one cannot start; those that are left serve on.
   */
  async reload(): Promise<void> {
    await this.replacing;
    await this.options.spawner.renew().catch((error: Error) => {
      throw this.unloadable(error);
    });
    const old = [...this.members.keys()].filter((worker) => this.serves(worker));
    if (old.length === 0) this.hurry();
    const replaced = await Promise.all(old.map((worker) => this.replace(worker, 'reload')));
    const error = replaced.find((outcome) => outcome !== null);
    if (error) throw this.unloadable(error);
  }

  /** Takes a worker out of service for a fault: another one is started at once. */
  condemn(worker: Worker, reason: string): void {
    const member = this.members.get(worker);
    if (member === undefined) return;
    this.pool.remove(worker);
    this.outgoing.delete(worker);
    member.leaving = reason;
    this.pool.reclaim(worker);
    this.fill();
  }

  /** Ends all workers when they have done what they have begun; all else is answered 503. */
  close(): Promise<void> {
    this.closing ??= this.endAll();
    return this.closing;
  }

  private async endAll(): Promise<void> {
    this.closed = true;
    this.options.spawner.close();
    this.hurry();
    this.outgoing.clear();
    this.pool.giveUp(`${this.options.target} is being stopped`);
    const gone = new Promise<void>((resolve) => {
      this.whenEmpty = resolve;
    });
    for (const [worker, member] of this.members) {
      if (member.since === 0 || member.leaving === 'timeout') {
        member.leaving ??= 'close';
        worker.kill();
      } else if (member.leaving === null) {
        this.retire(worker, 'close');
      }
    }
    if (this.members.size > 0) await gone;
  }

  // --- WorkerOwner -----------------------------------------------------------------------------

  onReady(worker: Worker): void {
    const member = this.members.get(worker);
    if (member === undefined) return;
    member.since = performance.now();
    // Waiting for requests, it does not keep this process from ending.
    worker.process.hold(false);
    member.settle.resolve(worker);
  }

  onFailed(worker: Worker, message: string, traceback: string): void {
    const member = this.members.get(worker);
    if (member === undefined) return;
    member.leaving = 'start';
    member.settle.reject(StartError.ofLoading(message, traceback));
  }

  onRelieved(worker: Worker): void {
    this.pool.relieved(worker);
    const member = this.members.get(worker);
    if (member === undefined) return;
    if (worker.idle) member.whenIdle?.();
    if (member.leaving !== null) {
      if (worker.idle) worker.stop();
    } else if (worker.requests >= member.lifetime) {
      this.renew(worker, 'max-requests');
    }
  }

  onReturned(call: Call): void {
    this.pool.putBack([call]);
  }

  onModules(files: readonly string[], since: number): void {
    this.options.modules(files, since);
  }

  onFinding(text: string): void {
    this.options.finding(text);
  }

  onEnded(worker: Worker, exit: Exit): void {
    const member = this.members.get(worker);
    if (member === undefined) return;
    this.members.delete(worker);
    this.pool.remove(worker);
    this.outgoing.delete(worker);
    const { lost, unbegun } = worker.remains();
    for (const call of lost) {
      call.onEnd(new WsgiError('no-answer', 'the worker that ran the application died'));
    }
    this.report(worker, member, exit, lost.length);
    this.pool.putBack(unbegun);
    member.whenIdle?.();
    if (this.members.size === 0) this.whenEmpty?.();
    this.fill();
  }

  private report(worker: Worker, member: Member, exit: Exit, lost: number): void {
    const kills = outOfMemoryKills();
    const how = explainExit(exit, kills > this.outOfMemory);
    this.outOfMemory = kills;
    if (member.since === 0) {
      const error = StartError.ofExit(how, member.output.last);
      void this.options.diagnose().then((found) => member.settle.reject(found ?? error));
    }
    if (member.leaving !== null) {
      const level = member.since === 0 ? 'debug' : 'info';
      this.log[level]('worker ended', { worker: worker.pid, reason: member.leaving, how });
    } else if (member.since > 0) {
      this.log.error('worker died', {
        worker: worker.pid,
        how,
        ...(lost === 0 ? {} : { requestsLost: lost }),
        lastOutput: member.output.last.at(-1),
      });
      this.countDeath(performance.now() - member.since);
    }
  }

  /** Requests that crash their worker are one thing, an application that cannot live another. */
  private countDeath(lived: number): void {
    this.earlyDeaths = lived < INFANCY ? this.earlyDeaths + 1 : 0;
    // Many may die at once, of one cause.
    if (!this.crashes || this.wakeUp !== null) return;
    this.failures++;
    this.giveUpAlone('dies as soon as it serves');
  }

  private get crashes(): boolean {
    return this.earlyDeaths > Math.max(EARLY_DEATHS, this.options.workers);
  }

  // --- starting --------------------------------------------------------------------------------

  private async hire(): Promise<Worker> {
    const { options } = this;
    const process = await options.spawner.spawn();
    const worker = new Worker(process, options, this);
    const output = new OutputLines(process.output, options.errors, `[python ${process.pid}] `);
    return new Promise((resolve, reject) => {
      this.members.set(worker, {
        output,
        settle: { resolve, reject },
        since: 0,
        lifetime: this.lifetime(),
        leaving: null,
        whenIdle: null,
      });
    });
  }

  /** Hires one; where there may be no two, it serves when those that have to go are over. */
  private async recruit(): Promise<Worker> {
    const worker = await this.hire();
    if (!this.options.exclusive) return worker;
    const leaving = [...this.members].filter(([, member]) => member.leaving !== null);
    await Promise.all(leaving.map(([other]) => other.process.exited));
    return worker;
  }

  private lifetime(): number {
    const { maxRequests, maxRequestsJitter } = this.options;
    if (maxRequests === 0) return MOST_REQUESTS / 2;
    return maxRequests + Math.floor(Math.random() * (maxRequestsJitter + 1));
  }

  /** Fills vacancies, if nobody is at it. */
  private fill(): void {
    if (this.closed) return;
    this.filling ??= this.fillAll().finally(() => {
      this.filling = null;
      if (this.vacancies() > 0) this.fill();
    });
  }

  private async fillAll(): Promise<void> {
    while (!this.closed && this.vacancies() > 0) {
      if (this.failures > 0) await this.pause();
      if (this.closed) return;
      // One at a time until one has shown that it works.
      const count = this.everServed && this.failures === 0 ? this.vacancies() : 1;
      const enlisted = Array.from({ length: count }, () =>
        this.recruit().then(
          (worker) => this.enlist(worker),
          (error: unknown) => this.onStartFailed(error),
        ),
      );
      await Promise.all(enlisted);
    }
  }

  private vacancies(): number {
    return this.closed ? 0 : Math.max(0, this.options.workers - this.serving);
  }

  /** How many workers serve. */
  private get serving(): number {
    return [...this.members.keys()].filter((worker) => this.serves(worker)).length;
  }

  /** A worker that has started serves from now on. */
  private enlist(worker: Worker): void {
    // It can have died since, which has been reported.
    if (!this.members.has(worker)) return;
    if (this.closed || this.serving > this.options.workers) {
      // The one that it was to succeed died meanwhile, and has a successor.
      this.retire(worker, this.closed ? 'close' : 'surplus');
      return;
    }
    if (!this.crashes) this.failures = 0;
    this.everServed = true;
    this.log.info('worker serves', { worker: worker.pid, python: worker.version });
    this.pool.add(worker);
    this.served.resolve();
  }

  private onStartFailed(error: unknown): void {
    this.served.reject(this.unloadable(error));
    if (this.closed) return;
    this.failures++;
    const reason = error instanceof Error ? error.message : String(error);
    if (this.everServed || !this.readyAsked) {
      this.log.error('the application could not be loaded', {
        target: this.options.target,
        again: `in ${this.delay()} s`,
        error: new PythonError(reason, reason),
      });
    }
    this.giveUpAlone('could not be loaded');
  }

  /** Where there is no worker, has nobody wait for one. */
  private giveUpAlone(why: string): void {
    if (this.serving === 0) this.pool.giveUp(`${this.options.target} ${why}`);
  }

  private unloadable(error: unknown): ConfigurationError {
    if (error instanceof ConfigurationError) return error;
    const reason = error instanceof Error ? error.message : String(error);
    return new ConfigurationError(`${this.options.target} could not be loaded: ${reason}`);
  }

  private delay(): number {
    return Math.min(LAST_DELAY, FIRST_DELAY * 2 ** (this.failures - 1));
  }

  private pause(): Promise<void> {
    return new Promise((resolve) => {
      this.wakeUp = () => {
        clearTimeout(timer);
        this.wakeUp = null;
        resolve();
      };
      const timer = setTimeout(this.wakeUp, this.delay() * 1000);
      timer.unref();
    });
  }

  /** Tries now what was to be tried later. */
  private hurry(): void {
    this.failures = 0;
    this.wakeUp?.();
  }

  // --- replacing -------------------------------------------------------------------------------

  /** Replaces what is outgoing, one after the other; gives what kept it from doing so. */
  private async replaceAll(): Promise<Error | null> {
    for (const [worker, reason] of this.outgoing) {
      if (this.closed) return null;
      try {
        if (this.serves(worker)) await this.succeed(worker, reason);
      } catch (error) {
        this.outgoing.clear();
        return error as Error;
      }
      this.outgoing.delete(worker);
    }
    return null;
  }

  private async succeed(worker: Worker, reason: string): Promise<void> {
    const successor = await this.hire();
    if (this.options.exclusive) await this.release(worker, reason);
    this.retire(worker, reason);
    this.enlist(successor);
  }

  /** Gives a worker nothing more, and waits until it has nothing to do; kills it when that takes long. */
  private async release(worker: Worker, reason: string): Promise<void> {
    const member = this.members.get(worker);
    this.pool.remove(worker);
    if (member === undefined || worker.idle) return;
    await new Promise<void>((resolve) => {
      member.whenIdle = resolve;
      const timer = setTimeout(() => {
        member.leaving = reason;
        this.killLate(worker, reason);
      }, this.options.gracefulTimeout);
      void worker.process.exited.then(() => clearTimeout(timer));
    });
  }

  /** Has a worker finish what it has begun, and end. */
  private retire(worker: Worker, reason: string): void {
    const member = this.members.get(worker);
    if (member === undefined) return;
    this.pool.remove(worker);
    member.leaving = reason;
    worker.process.hold(true);
    if (worker.idle) worker.stop();
    else this.pool.reclaim(worker);
    const timer = setTimeout(() => this.killLate(worker, reason), this.options.gracefulTimeout);
    void worker.process.exited.then(() => clearTimeout(timer));
  }

  private killLate(worker: Worker, reason: string): void {
    this.log.warn('worker did not finish in time', { worker: worker.pid, reason });
    worker.kill();
  }
}
