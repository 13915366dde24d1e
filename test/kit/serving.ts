/** The kit's application under gateways of this project. */
import { fileURLToPath } from 'node:url';
import type { ServerOptions } from '../../src/gateways/options.ts';
import { type Server, serve } from '../../src/gateways/serve.ts';
import { type PythonOptions, python } from '../../src/python/index.ts';
import type { Application } from '../../src/wsgi/types.ts';
import { LogRecorder } from '../log-recorder.ts';

/** What is imported as `wizgi_conformance`. */
export const PYTHON_PATH = fileURLToPath(new URL('../../python', import.meta.url));

export interface Serving {
  readonly url: string;
  close(): Promise<void>;
}

export async function serving(app: Application, options: ServerOptions = {}): Promise<Serving> {
  const server: Server = await serve(app, {
    bind: ['127.0.0.1:0'],
    log: new LogRecorder(),
    errors: { write: () => undefined },
    gracefulTimeout: 0.05,
    ...options,
  });
  return {
    url: (server.addresses[0] as string) + (options.scriptName ?? ''),
    close: () => server.close(),
  };
}

/** The kit's application in Python. */
export async function servingPython(
  interpreter: string,
  options: PythonOptions = {},
): Promise<Serving> {
  const app = python('wizgi_conformance', {
    python: interpreter,
    pythonpath: [PYTHON_PATH],
    env: { PYTHONDONTWRITEBYTECODE: '1' },
    log: new LogRecorder(),
    errors: { write: () => undefined },
    ...options,
  });
  await app.ready;
  const { url, close } = await serving(app);
  return {
    url,
    close: async () => {
      await close();
      await app.close();
    },
  };
}
