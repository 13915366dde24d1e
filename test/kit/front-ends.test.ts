/** The other gateways behind web servers, which decide what they do with HTTP. */
import { expect, it, onTestFinished } from 'vitest';
import { parseFlags } from '../../src/cli/flags.ts';
import { kitApplication, runKit } from '../../src/testing/kit/index.ts';
import { need } from '../interop/components.ts';
import { freePort } from '../interop/free-port.ts';
import { commandOf, componentOf, startDocumented } from '../interop/front-ends.ts';
import { failures } from './judged.ts';
import { serving } from './serving.ts';

/** The configurations, and what their web servers do otherwise, as docs/protocols.md has it. */
const frontEnds: readonly (readonly [file: string, ...otherwise: string[]])[] = [
  ['nginx-fastcgi.conf', 'environ.path-info.not-normalised'],
  ['nginx-uwsgi.conf', 'environ.path-info.not-normalised'],
  ['nginx-scgi.conf', 'environ.path-info.not-normalised'],
  ['apache-ajp.conf', 'environ.path-info.not-normalised', 'fields.cookies'],
];

it.for(frontEnds)(
  'the conformance kit has nothing against the gateway behind %s',
  async ([file, ...otherwise], context) => {
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
      skip: ['http', ...otherwise],
      timeout: 10,
    });
    expect(failures(report)).toEqual([]);
  },
);
