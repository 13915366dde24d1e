/** Python applications, served over HTTP, and what is seen of them from both sides. */
import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, expect, type TestContext } from 'vitest';
import { type PythonApplication, type PythonOptions, python } from '../../../src/python/index.ts';
import { streaming } from '../../../src/wsgi/application.ts';
import type { OpenExchange, RequestSpec, Served, ServeOptions } from '../../conformance/harness.ts';
import { httpHarness, sendRequest } from '../../conformance/harness-http.ts';
import type { RawConnection, WireAnswer } from '../../conformance/wire.ts';
import { need } from '../../interop/components.ts';
import { LogRecorder } from '../../log-recorder.ts';

export const APPS = fileURLToPath(new URL('apps', import.meta.url));

/** How many threads the workers have that everything is asked of. */
export const THREADS = [1, 4] as const;

export interface SiteOptions extends PythonOptions {
  readonly target?: string;
  readonly serve?: ServeOptions;
}

/** What was asked for, and what came. */
export interface Visit {
  readonly answer: WireAnswer;
  /** What the application recorded meanwhile. */
  readonly events: unknown[];
}

/** The applications in `apps`, in one worker, behind a server. */
export class Site {
  readonly app: PythonApplication;
  readonly served: Served;
  /** The same applications, entered before the request's content is there. */
  readonly streamed: Served;
  /** What the workers' side logged. */
  readonly log: LogRecorder;
  /** What the workers printed. */
  printed = '';
  private readonly directory = mkdtempSync(join(tmpdir(), 'wizgi-contract-'));

  private constructor(app: PythonApplication, served: Served, streamed: Served, log: LogRecorder) {
    this.app = app;
    this.served = served;
    this.streamed = streamed;
    this.log = log;
  }

  static async open(interpreter: string, options: SiteOptions = {}): Promise<Site> {
    const { target = 'applications:application', serve = {}, ...rest } = options;
    const log = new LogRecorder();
    const app = python(target, {
      python: interpreter,
      directory: APPS,
      env: { PYTHONDONTWRITEBYTECODE: '1' },
      log,
      errors: { write: (text: string) => site.print(text) },
      ...rest,
    });
    const served = await httpHarness.serve(app, serve);
    const streamed = await httpHarness.serve(streaming(app), serve);
    const site: Site = new Site(app, served, streamed, log);
    await app.ready;
    return site;
  }

  private print(text: string): void {
    this.printed += text;
  }

  /**
   * Asks for `/module/function`, on a connection of its own, and for what was recorded.
   *
   * @param records - how many to wait for, where the application makes some once its answer is
   *   whole: where there are threads, another one answers the question for them.
   */
  async visit(path: string, spec: RequestSpec = {}, records = 0): Promise<Visit> {
    const key = randomUUID();
    const answer = await this.ask(path, key, spec);
    return { answer, events: await this.recorded(key, records) };
  }

  /** @param streamed - enters the application before the request's content is there. */
  async ask(
    path: string,
    key: string = randomUUID(),
    spec: RequestSpec = {},
    streamed = false,
  ): Promise<WireAnswer> {
    const connection = await (streamed ? this.streamed : this.served).connect();
    try {
      sendRequest(connection, { ...spec, target: withKey(path, key) }).catch(() => undefined);
      return await connection.readAnswer(spec.method);
    } finally {
      connection.close();
    }
  }

  open(path: string, key: string, spec: RequestSpec = {}): OpenExchange {
    return this.served.open({ ...spec, target: withKey(path, key) });
  }

  connect(): Promise<RawConnection> {
    return this.served.connect();
  }

  async events(key: string): Promise<unknown[]> {
    return (await this.seen(key))[1];
  }

  /** Waits for a number of records under a key. */
  async recorded(key: string, count: number): Promise<unknown[]> {
    for (;;) {
      const events = await this.events(key);
      if (events.length >= count) return events;
    }
  }

  /** The worker's process. */
  async pid(): Promise<number> {
    return (await this.seen(''))[0];
  }

  /** A file for an application to wait for, and what makes it. */
  gate(): { path: string; open: () => void } {
    const path = join(this.directory, randomUUID());
    return { path, open: () => writeFileSync(path, '') };
  }

  /** Messages of errors that were logged under a request's path and key. */
  errorsOf(key: string): string[] {
    return [...this.served.log, ...this.streamed.log]
      .filter(({ level, fields }) => level === 'error' && String(fields.request).includes(key))
      .map(({ fields }) => String(fields.error));
  }

  /** How many errors came behind the end of their responses. */
  get lateErrors(): number {
    return this.log.lines.filter(({ message }) => message.endsWith('after its response')).length;
  }

  async close(): Promise<void> {
    await Promise.all([this.served.close(), this.streamed.close()]);
    await this.app.close();
    rmSync(this.directory, { recursive: true });
  }

  private async seen(key: string): Promise<[pid: number, events: unknown[]]> {
    const { status, body } = await this.ask('/applications/seen', key);
    expect(status).toBe(200);
    return JSON.parse(body.toString());
  }
}

/** Puts the key behind the path, so that the server's log shows it. */
function withKey(path: string, key: string): string {
  const [start = '', query] = path.split('?');
  return query === undefined ? `${start}/${key}` : `${start}/${key}?${query}`;
}

/** A site for each set of options, which the tests of a file share. */
export function sites(): (context: TestContext, options?: SiteOptions) => Promise<Site> {
  const open = new Map<string, Promise<Site>>();
  afterAll(async () => {
    for (const opening of open.values()) {
      const site = await opening;
      await site.close();
      // Whatever applications do, their worker serves on.
      expect(site.log.loud.filter((line) => /error: worker|warn/.test(line))).toEqual([]);
    }
  });
  return (context, options = {}) => {
    const interpreter = need('python3', context);
    const key = JSON.stringify(options);
    const site = open.get(key) ?? Site.open(interpreter, options);
    open.set(key, site);
    return site;
  };
}
