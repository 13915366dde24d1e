/** Chromium without a window, driven through the pipe of its DevTools protocol. */
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable, Writable } from 'node:stream';
import { onTestFinished, vi } from 'vitest';
import { HEADLESS, launch } from '../../interop/components.ts';

type Result = Readonly<Record<string, unknown>>;

/** One tab of a Chromium that ends with the test. */
export class Tab {
  private readonly pipe: Pipe;
  private readonly session: string;

  private constructor(pipe: Pipe, session: string) {
    this.pipe = pipe;
    this.session = session;
  }

  static async open(chromium: string): Promise<Tab> {
    const profile = mkdtempSync(join(tmpdir(), 'wizgi-chromium-'));
    const pipe = new Pipe(chromium, profile);
    onTestFinished(async () => {
      await pipe.close();
      // Its processes write to the profile to their last moment.
      rmSync(profile, { recursive: true, force: true, maxRetries: 20 });
    });
    const { targetId } = await pipe.call('Target.createTarget', { url: 'about:blank' });
    const { sessionId } = await pipe.call('Target.attachToTarget', { targetId, flatten: true });
    return new Tab(pipe, sessionId as string);
  }

  /** Goes to an address. */
  async go(url: string): Promise<void> {
    await this.pipe.call('Page.navigate', { url }, this.session);
  }

  /** The value of an expression of JavaScript in the page. */
  async evaluate(expression: string): Promise<unknown> {
    const parameters = { expression, returnByValue: true };
    const { result } = await this.pipe.call('Runtime.evaluate', parameters, this.session);
    return (result as Result | undefined)?.['value'];
  }

  /** Waits for the expression to be true in a page, whichever it is by then. */
  async until(expression: string): Promise<void> {
    await vi.waitUntil(async () => (await this.evaluate(expression)) === true, {
      timeout: 15_000,
    });
  }
}

/** Messages are JSON, each followed by a zero byte; descriptors 3 and 4 of Chromium carry them. */
class Pipe {
  private readonly input: Writable;
  private readonly ended: Promise<unknown>;
  private readonly waiting = new Map<number, (result: Result) => void>();
  private rest = '';
  private last = 0;

  constructor(chromium: string, profile: string) {
    const child = launch(
      chromium,
      [...HEADLESS, '--remote-debugging-pipe', `--user-data-dir=${profile}`],
      { stdio: ['ignore', 'ignore', 'ignore', 'pipe', 'pipe'] },
    );
    this.ended = once(child, 'exit');
    this.input = child.stdio[3] as Writable;
    (child.stdio[4] as Readable).setEncoding('utf8').on('data', (text) => this.take(text));
  }

  call(method: string, params: Result, sessionId?: string): Promise<Result> {
    const id = ++this.last;
    this.input.write(`${JSON.stringify({ id, method, params, sessionId })}\0`);
    return new Promise((resolve) => this.waiting.set(id, resolve));
  }

  /** Ends Chromium. */
  async close(): Promise<void> {
    void this.call('Browser.close', {});
    await this.ended;
  }

  private take(text: string): void {
    const messages = (this.rest + text).split('\0');
    this.rest = messages.pop() as string;
    for (const message of messages) {
      const { id, result = {} } = JSON.parse(message);
      this.waiting.get(id)?.(result);
      this.waiting.delete(id);
    }
  }
}
