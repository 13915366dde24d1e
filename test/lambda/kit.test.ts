/** The conformance kit against functions, with HTTP on the client's side. */
import { expect, it } from 'vitest';
import { toLambda, toLambdaStream } from 'wizgi/lambda';
import { kitApplication } from 'wizgi/testing';
import { streamed, whole } from './front.ts';
import { failures, needStreams } from './judged.ts';
import { functionUrl, loadBalancer } from './platform.ts';
import { awslambda } from './stream.ts';

const silent = { write: () => undefined };
const quiet = () => undefined;
const log = { error: quiet, warn: quiet, info: quiet, debug: quiet };
const options = { log, errors: silent };

const url = functionUrl({ address: '127.0.0.1', scheme: 'http', announced: true });

/** Events of load balancers have the values of each parameter, but not what came between them. */
const needQuery = [
  'environ.query-string',
  'start.exc-info.replaces',
  'start.exc-info.again',
  'start.empty-block',
];

it('a streamed function conforms', async () => {
  Object.assign(globalThis, { awslambda });
  const reach = streamed(url, toLambdaStream(kitApplication, options));
  expect(await failures(reach, [])).toEqual([]);
});

it('so does one behind a load balancer, but for what needs streams or the query as it was', async () => {
  // Balancers take less than one of the cases has to say.
  const handler = toLambda(kitApplication, { ...options, maxAnswer: 6 * 1024 ** 2 });
  const reach = whole(loadBalancer(true), handler);
  expect(await failures(reach, [...needStreams, ...needQuery])).toEqual([]);
});
