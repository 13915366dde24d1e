import type { LambdaContext } from './types.ts';

/**
 * Calls `expire` shortly before Lambda would end the invocation, after which nobody is answered.
 *
 * @param margin - how long before, in milliseconds; at most half of what is left.
 * @returns what calls it off.
 */
export function beforeDeadline(
  context: LambdaContext | undefined,
  margin: number,
  expire: () => void,
): () => void {
  const remaining = context?.getRemainingTimeInMillis?.();
  if (remaining === undefined || !Number.isFinite(remaining)) return () => undefined;
  const timer = setTimeout(expire, Math.max(remaining - margin, remaining / 2));
  return () => clearTimeout(timer);
}
