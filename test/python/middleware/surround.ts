/** Applications of this process with Python middleware around them, behind a server. */
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';
import {
  type PythonApplication,
  type PythonOptions,
  pythonMiddleware,
} from '../../../src/python/index.ts';
import { asApplication, isStreaming, streaming } from '../../../src/wsgi/application.ts';
import type { ApplicationLike } from '../../../src/wsgi/types.ts';
import type { Served } from '../../conformance/harness.ts';
import { httpHarness } from '../../conformance/harness-http.ts';
import { LogRecorder } from '../../log-recorder.ts';

export const FIXTURES = fileURLToPath(new URL('./fixtures', import.meta.url));

/** The ways in which a worker runs requests. */
export const sizes = [
  { name: 'one thread', threads: 1 },
  { name: 'four threads', threads: 4 },
] as const;

export interface Surrounded {
  readonly app: PythonApplication;
  readonly served: Served;
  /** What the middleware's workers, and the inner application, had to say. */
  readonly log: LogRecorder;
  /** What was printed in Python, and written to `wsgi.errors` on either side. */
  readonly printed: string;
  /** The process that served last. */
  readonly pid: number;
}

/** Puts middleware around an application, and serves it until the end of the current test. */
export async function surround(
  target: string,
  inner: ApplicationLike,
  options: PythonOptions = {},
): Promise<Surrounded> {
  const log = new LogRecorder();
  let printed = '';
  const app = pythonMiddleware(target, {
    pythonpath: [FIXTURES],
    env: { PYTHONDONTWRITEBYTECODE: '1' },
    log,
    errors: {
      write: (text) => {
        printed += text;
      },
    },
    ...options,
  })(inner);
  onTestFinished(() => app.close());
  await app.ready;
  const served = await httpHarness.serve(isStreaming(asApplication(inner)) ? streaming(app) : app);
  onTestFinished(() => served.close());
  return {
    app,
    served,
    log,
    get printed() {
      return printed;
    },
    get pid() {
      const started = log.lines.findLast(({ message }) => message === 'worker serves');
      return Number(started?.fields['worker']);
    },
  };
}
