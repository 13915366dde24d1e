/** The other gateways behind nginx, which alone decides what it does with HTTP. */
import { expect, it, onTestFinished } from 'vitest';
import { parseFlags } from '../../src/cli/flags.ts';
import { kitApplication, runKit } from '../../src/testing/kit/index.ts';
import { need } from '../interop/components.ts';
import { commandOf, componentOf, freePort, startDocumented } from '../interop/front-ends.ts';
import { failures } from './judged.ts';
import { serving } from './serving.ts';

it.for(['nginx-fastcgi.conf', 'nginx-uwsgi.conf'])(
  'the conformance kit has nothing against the gateway behind %s',
  async (file, context) => {
    need(componentOf(file), context);
    const port = await freePort();
    const { bind = [], ...options } = parseFlags(commandOf(file).split(' ')).server;
    const server = await serving(kitApplication, {
      ...options,
      bind: [bind].flat().map((address) => address.replace('8000', String(port))),
    });
    onTestFinished(() => server.close());
    const frontEnd = await startDocumented(file, port);
    onTestFinished(() => frontEnd.close());
    const report = await runKit(`http://127.0.0.1:${frontEnd.port}`, {
      // nginx takes paths apart and puts them together again.
      skip: ['http', 'environ.path-info.not-normalised'],
      timeout: 10,
    });
    expect(failures(report)).toEqual([]);
  },
);
