/** The conformance kit against functions, with HTTP on the client's side. */
import { expect, it } from 'vitest';
import { toLambda, toLambdaStream } from 'wizgi/lambda';
import { kitApplication, runKit } from 'wizgi/testing';
import { type Reach, serveFunction, streamed, whole } from './front.ts';
import { functionUrl, loadBalancer } from './platform.ts';
import { awslambda } from './stream.ts';

const silent = { write: () => undefined };
const quiet = () => undefined;
const log = { error: quiet, warn: quiet, info: quiet, debug: quiet };
const options = { log, errors: silent };

const url = functionUrl({ address: '127.0.0.1', scheme: 'http', announced: true });

/**
 * An answer that comes whole cannot be cut, left, or larger than Lambda returns: these come to 500 or 502
 * in its place.
 */
const needStreams = [
  'start.exc-info.after-block',
  'start.exc-info.after-write',
  'start.exc-info.same',
  'write.too-much',
  'write.then-error',
  'length.short',
  'close.client-gone',
  'close.generator',
  'errors.cut',
  'flags.multithread.false',
];

/** Events of load balancers have the values of each parameter, but not what came between them. */
const needQuery = [
  'environ.query-string',
  'start.exc-info.replaces',
  'start.exc-info.again',
  'start.empty-block',
];

async function failures(reach: Reach, skip: readonly string[]): Promise<string[]> {
  const { results } = await runKit(await serveFunction(reach), { skip: ['http', ...skip] });
  expect(results.length).toBeGreaterThan(100);
  return results.filter(({ outcome }) => outcome === 'failed').map((one) => one.case.id);
}

it('a streamed function conforms', async () => {
  Object.assign(globalThis, { awslambda });
  const reach = streamed(url, toLambdaStream(kitApplication, options));
  expect(await failures(reach, [])).toEqual([]);
});

it('a function that answers whole conforms, but for what needs streams', async () => {
  const reach = whole(url, toLambda(kitApplication, options));
  expect(await failures(reach, needStreams)).toEqual([]);
});

it('so does one behind a load balancer, but for what needs the query as it was', async () => {
  // Balancers take less than one of the cases has to say.
  const handler = toLambda(kitApplication, { ...options, maxAnswer: 6 * 1024 ** 2 });
  const reach = whole(loadBalancer(true), handler);
  expect(await failures(reach, [...needStreams, ...needQuery])).toEqual([]);
});
