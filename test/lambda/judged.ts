/** What the conformance kit says of functions. */
import { expect } from 'vitest';
import { runKit } from 'wizgi/testing';
import { type Reach, serveFunction } from './front.ts';

/**
 * An answer that comes whole cannot be cut, left, or larger than Lambda returns: these come to 500 or 502
 * in its place.
 */
export const needStreams = [
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

/** The ids of the cases that a function fails. */
export async function failures(reach: Reach, skip: readonly string[]): Promise<string[]> {
  const { results } = await runKit(await serveFunction(reach), {
    skip: ['http', ...skip],
    timeout: 15,
  });
  expect(results.length).toBeGreaterThan(100);
  return results.filter(({ outcome }) => outcome === 'failed').map((one) => one.case.id);
}
