import { fileURLToPath } from 'node:url';
import {
  type PythonApplication,
  type PythonOptions,
  pythonMiddleware,
} from '../../src/python/index.ts';
import { asApplication, isStreaming, streaming } from '../../src/wsgi/application.ts';
import type { Application, ApplicationLike } from '../../src/wsgi/types.ts';
import { LogRecorder } from '../log-recorder.ts';
import type { Harness, Served, ServeOptions } from './harness.ts';
import { httpHarness } from './harness-http.ts';

/** The entry of the environ that says which application a request is for. */
const KEY = 'test.application';
const FIXTURES = fileURLToPath(new URL('../python/middleware/fixtures', import.meta.url));

/** How many requests are run at once, and by what. */
type Size = Pick<PythonOptions, 'workers' | 'threads'>;

/**
 * HTTP/1.1 to Python middleware in a worker, and back to the application of the case.
 *
 * @param target - middleware that changes nothing.
 */
export function pythonHarness(name: string, target: string, size: Size): Harness {
  const around = new Around(target, size);
  return {
    name: `HTTP/1.1, behind ${name}`,
    component: 'python3',
    capabilities: {
      http1: true,
      server: true,
      asIs: false,
      sync: false,
      direct: false,
      patient: false,
    },
    serve: (app, options) => around.serve(app, options),
    close: () => around.close(),
  };
}

/** The workers of a harness, which its applications share, because each start takes its time. */
class Around {
  private readonly target: string;
  private readonly size: Size;
  private readonly apps = new Map<string, Application>();
  private readonly pools = new Map<boolean, PythonApplication>();
  private readonly log = new LogRecorder();
  private errors = '';
  private sink: { write(text: string): unknown } | null = null;
  private count = 0;

  constructor(target: string, size: Size) {
    this.target = target;
    this.size = size;
  }

  async serve(app: ApplicationLike, options: ServeOptions = {}): Promise<Served> {
    const inner = asApplication(app);
    const streams = isStreaming(inner);
    const name = String(++this.count);
    const pool = this.pool(streams);
    await pool.ready;
    this.apps.set(name, inner);
    this.sink = options.errors ?? null;
    const outer: Application = (environ, startResponse) => {
      environ[KEY] = name;
      return pool(environ, startResponse);
    };
    const served = await httpHarness.serve(streams ? streaming(outer) : outer, options);
    return this.withInner(served, () => this.apps.delete(name));
  }

  async close(): Promise<void> {
    await Promise.all([...this.pools.values()].map((pool) => pool.close()));
    this.pools.clear();
  }

  /** Adds what the inner applications say from now on: cases follow one another. */
  private withInner(served: Served, closed: () => void): Served {
    const { log, errors } = this;
    const [lines, characters] = [log.lines.length, errors.length];
    const written = () => this.errors.slice(characters);
    return {
      get log() {
        // Further workers begin to serve beside the cases.
        const own = log.lines.slice(lines).filter(({ message }) => message !== 'worker serves');
        return [...own, ...served.log];
      },
      get errors() {
        return served.errors + written();
      },
      request: (spec) => served.request(spec),
      open: (spec) => served.open(spec),
      connect: () => served.connect(),
      close: async () => {
        await served.close();
        closed();
      },
    };
  }

  private pool(streams: boolean): PythonApplication {
    const known = this.pools.get(streams);
    if (known !== undefined) return known;
    const dispatch: Application = (environ, startResponse) => {
      const app = this.apps.get(String(environ[KEY]));
      if (app === undefined) throw new Error('the application is not served any more');
      delete environ[KEY];
      return app(environ, startResponse);
    };
    const around = pythonMiddleware(this.target, {
      pythonpath: [FIXTURES],
      env: { PYTHONDONTWRITEBYTECODE: '1' },
      ...this.size,
      log: this.log,
      errors: {
        write: (text) => {
          if (this.sink === null) this.errors += text;
          else this.sink.write(text);
        },
      },
    });
    const pool = around(streams ? streaming(dispatch) : dispatch);
    this.pools.set(streams, pool);
    return pool;
  }
}
