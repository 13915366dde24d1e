import { Gateway } from '../../src/gateways/gateway.ts';
import { resolveOptions } from '../../src/gateways/options.ts';
import { serverFacts } from '../../src/gateways/server-facts.ts';
import { unfailing } from '../../src/gateways/unfailing-log.ts';
import { asApplication } from '../../src/wsgi/application.ts';
import type { ApplicationLike } from '../../src/wsgi/types.ts';
import { LogRecorder } from '../log-recorder.ts';
import { Pipes, Script } from './cgi-script.ts';
import type { Answer, Harness, RequestSpec, Served, ServeOptions } from './harness.ts';
import { CutError } from './wire.ts';

/**
 * CGI over real pipes, as web servers make them, but in this process: the applications of the cases are
 * its closures. Whole processes have tests of their own in test/cgi.
 */
export const cgiHarness: Harness = {
  name: 'CGI',
  capabilities: {
    http1: false,
    server: true,
    asIs: true,
    sync: true,
    direct: true,
    multiprocess: true,
    runOnce: true,
    patient: true,
  },
  async serve(app, options = {}) {
    return new ServedByCgi(app, options);
  },
  async close() {
    pipes?.remove();
    pipes = null;
  },
};

let pipes: Pipes | null = null;

class ServedByCgi implements Served {
  errors = '';
  private readonly recorder: LogRecorder;
  private readonly makeGateway: () => Gateway;
  private readonly scripts: Script[] = [];

  constructor(app: ApplicationLike, options: ServeOptions) {
    const { host: _, brokenLog = false, environ, errors, ...rest } = options;
    this.recorder = new LogRecorder(brokenLog);
    const server = resolveOptions({ ...rest, serial: true });
    const write = (text: string) => {
      this.errors += text;
    };
    const context = {
      app: asApplication(app),
      log: unfailing(this.recorder),
      accessLog: null,
      facts: serverFacts({ ...server, environ, errors: errors ?? { write } }),
    };
    this.makeGateway = () => new Gateway(server, context);
  }

  get log() {
    return this.recorder.lines;
  }

  async request(spec: RequestSpec = {}): Promise<Answer> {
    const script = this.open(spec);
    const head = await script.head();
    const pieces: Buffer[] = [];
    try {
      for (let piece = await script.read(); piece !== null; piece = await script.read()) {
        pieces.push(piece);
      }
    } catch (error) {
      if (!(error instanceof CutError)) throw error;
      return { ...head, body: Buffer.concat(pieces), complete: false };
    }
    return { ...head, body: Buffer.concat(pieces), complete: true };
  }

  open(spec: RequestSpec = {}): Script {
    pipes ??= new Pipes();
    const script = new Script(this.makeGateway(), spec, pipes);
    this.scripts.push(script);
    return script;
  }

  connect(): never {
    throw new Error('CGI is not HTTP');
  }

  async close(): Promise<void> {
    for (const script of this.scripts) script.leave();
    await Promise.all(this.scripts.map(({ over }) => over));
  }
}
