import { parseFlags } from '../../../src/cli/flags.ts';
import type { ServerOptions } from '../../../src/gateways/options.ts';
import { type Server, serve } from '../../../src/gateways/serve.ts';
import { asApplication, isStreaming, streaming } from '../../../src/wsgi/application.ts';
import type { Application, ApplicationLike, Environ } from '../../../src/wsgi/types.ts';
import { freePort } from '../../interop/free-port.ts';
import {
  commandOf,
  componentOf,
  documented,
  type FrontEnd,
  startDocumented,
} from '../../interop/front-ends.ts';
import { LogRecorder } from '../../log-recorder.ts';
import type { Harness, RequestSpec, Served, ServeOptions } from '../harness.ts';
import { ServedOverHttp } from '../harness-http.ts';

/** The header that says which application a request is for, and how it shows in the environ. */
const CASE = 'X-Test-Application';
const KEY = 'HTTP_X_TEST_APPLICATION';

/**
 * A gateway behind a real front end, both as a file of docs/front-ends says; its client speaks HTTP/1.1
 * to the front end.
 */
export function frontEndHarness(file: string): Harness {
  const behind = new Behind(file);
  return {
    name: `behind ${file}`,
    component: componentOf(file),
    capabilities: {
      http1: false,
      server: true,
      asIs: true,
      sync: true,
      direct: false,
      multiprocess: behind.multiprocess,
      patient: false,
    },
    serve: (app, options) => behind.serve(app, options),
    close: () => behind.close(),
  };
}

/** What a server behind the front end was started for. */
interface Backend {
  readonly server: Server;
  readonly settings: string;
  readonly log: LogRecorder;
  readonly apps: Map<string, Application>;
}

/** One front end, which is slow to start, and servers behind it, which take turns at one port. */
class Behind {
  private readonly file: string;
  private readonly documented: ServerOptions;
  private frontEnd: Promise<FrontEnd> | null = null;
  private port = 0;
  private backend: Backend | null = null;
  private written = '';
  private count = 0;

  constructor(file: string) {
    this.file = file;
    this.documented = optionsOf(file);
  }

  /** FastCGI's front ends may start several. */
  get multiprocess(): boolean {
    return this.documented.bind?.[0]?.startsWith('fastcgi') === true;
  }

  async serve(app: ApplicationLike, options: ServeOptions = {}): Promise<Served> {
    if (this.frontEnd === null) {
      this.port = await freePort();
      this.frontEnd = startDocumented(this.file, this.port);
    }
    const { port } = await this.frontEnd;
    const inner = asApplication(app);
    const { log, apps } = await this.backendFor(options, isStreaming(inner));
    const name = String(++this.count);
    apps.set(name, inner);
    const [lines, characters] = [log.lines.length, this.written.length];
    const served = new ServedOverHttp({
      address: { port, host: '127.0.0.1' },
      log: () => log.lines.slice(lines),
      errors: () => this.written.slice(characters),
      close: async () => void apps.delete(name),
    });
    const addressed = (spec: RequestSpec = {}): RequestSpec => ({
      ...spec,
      headers: [...(spec.headers ?? []), [CASE, name]],
    });
    return {
      get log() {
        return served.log;
      },
      get errors() {
        return served.errors;
      },
      request: (spec) => served.request(addressed(spec)),
      open: (spec) => served.open(addressed(spec)),
      connect: () => served.connect(),
      close: () => served.close(),
    };
  }

  /** What applications write to `wsgi.errors`. */
  write(text: string): void {
    this.written += text;
  }

  async close(): Promise<void> {
    const { frontEnd, backend } = this;
    this.frontEnd = null;
    this.backend = null;
    await (await frontEnd)?.close();
    await backend?.server.close();
  }

  /** The server with these settings; another one ends before it begins. */
  private async backendFor(options: ServeOptions, streams: boolean): Promise<Backend> {
    const { brokenLog = false, errors, host, ...rest } = options;
    if (host !== undefined) throw new Error('the front end is told where its upstream is');
    const settings = errors || brokenLog ? '' : JSON.stringify([rest, streams]);
    if (settings !== '' && this.backend?.settings === settings) return this.backend;
    const { backend } = this;
    this.backend = null;
    await backend?.server.close();
    const log = new LogRecorder(brokenLog);
    const apps = new Map<string, Application>();
    const app: Application = (environ, startResponse) =>
      applicationOf(environ, apps)(environ, startResponse);
    const server = await serve(streams ? streaming(app) : app, {
      // Front ends end their side of a connection whose client has left.
      halfCloseTimeout: 0.15,
      ...this.documented,
      ...rest,
      ...(rest.scriptName ? {} : { scriptName: this.documented.scriptName ?? '' }),
      bind: (this.documented.bind ?? []).map((bind) => bind.replace('8000', String(this.port))),
      log,
      errors: errors ?? this,
      gracefulTimeout: 0.05,
    });
    this.backend = { server, settings, log, apps };
    return this.backend;
  }
}

function applicationOf(environ: Environ, apps: ReadonlyMap<string, Application>): Application {
  const app = apps.get(String(environ[KEY]));
  if (app === undefined) throw new Error('the application is not served any more');
  delete environ[KEY];
  return app;
}

/** How a file of docs/front-ends has the application started. */
function optionsOf(file: string): ServerOptions {
  const secret = /^# +WIZGI_AJP_SECRET=(\S+) /m.exec(documented(file))?.[1];
  const { server } = parseFlags(commandOf(file).split(' '));
  return secret === undefined ? server : { ...server, ajpSecret: secret };
}
