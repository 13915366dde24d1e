import { Headers } from '../../src/wsgi/headers.ts';
import { cgi } from '../cgi/kit.ts';
import type { Served } from '../conformance/harness.ts';
import { variablesOf } from '../conformance/meta-client.ts';

/** `wizgi cgi`, started once for each request, as web servers start it. */
export function servedByProcesses(target: string): Served {
  return {
    log: [],
    errors: '',
    async request(spec = {}) {
      const { body = '' } = spec;
      if (typeof body !== 'string' && !(body instanceof Uint8Array)) throw never('in pieces');
      const length = spec.body === undefined ? null : Buffer.byteLength(body);
      const { names, values } = variablesOf(spec, length);
      const variables = Object.fromEntries(names.map((name, index) => [name, values[index] ?? '']));
      const { answer, stderr } = await cgi(target, {
        variables: { ...variables, NODE_ENV: 'production' },
        content: Buffer.from(body as Uint8Array),
      });
      if (answer.status === 0) throw new Error(stderr);
      const headers = new Headers(answer.headers.map(([name, value]) => [name, value]));
      return {
        status: answer.status,
        statusLine: `${answer.status} ${answer.reason}`,
        headers,
        body: Buffer.from(answer.body, 'latin1'),
        complete: answer.outcome === 'end',
      };
    },
    open: () => {
      throw never('piece by piece');
    },
    connect: () => {
      throw never('over a connection');
    },
    close: async () => undefined,
  };
}

function never(how: string): Error {
  return new Error(`a process is not spoken to ${how}`);
}
