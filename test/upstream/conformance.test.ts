/** The conformance suite through `forward()`. */
import type { NetConnectOpts } from 'node:net';
import { beforeEach, describe } from 'vitest';
import { serve } from '../../src/gateways/serve.ts';
import { forward } from '../../src/upstream/forward.ts';
import type { Harness } from '../conformance/harness.ts';
import { ServedOverHttp } from '../conformance/harness-http.ts';
import { sections } from '../conformance/sections.ts';
import { LogRecorder } from '../log-recorder.ts';
import { differences } from './differences.ts';

function forwardHarness(protocol: string): Harness {
  return {
    name: `through forward(), over ${protocol}`,
    capabilities: {
      http1: true,
      server: true,
      asIs: true,
      sync: true,
      direct: false,
      multiprocess: protocol === 'fastcgi',
      patient: false,
    },
    async serve(app, options = {}) {
      const { brokenLog = false, host, ...rest } = options;
      const log = new LogRecorder(brokenLog);
      let errors = '';
      const upstream = await serve(app, {
        bind: [`${protocol}://127.0.0.1:0`],
        log,
        errors: {
          write: (text) => {
            errors += text;
          },
        },
        gracefulTimeout: 1,
        ...rest,
      });
      const forwarding = forward(upstream.addresses[0] as string, {
        log: new LogRecorder(),
        keepPrefix: true,
      });
      const front = await serve(forwarding, {
        bind: ['127.0.0.1:0'],
        log: new LogRecorder(),
        gracefulTimeout: 1,
      });
      return new ServedOverHttp({
        address: addressOf(front.addresses[0] as string),
        log: () => log.lines,
        errors: () => errors,
        close: async () => {
          await front.close();
          await forwarding.close();
          await upstream.close();
        },
      });
    },
  };
}

function addressOf(url: string): NetConnectOpts {
  const { port, hostname } = new URL(url);
  return { port: Number(port), host: hostname };
}

// SCGI answers as FastCGI does, and uwsgi as HTTP: see protocols.test.ts.
describe.each(['http', 'fastcgi', 'ajp'])('%s', (protocol) => {
  const own = differences.filter(({ protocols }) => protocols.includes(protocol));
  beforeEach((context) => {
    for (const { cases, instead, omitted } of own) {
      if (!cases.some((beginning) => context.task.name.startsWith(beginning))) continue;
      if (omitted) context.skip(instead);
      Object.assign(context.task, { fails: true });
    }
  });

  const harness = forwardHarness(protocol);
  for (const section of sections) section(harness);
});
