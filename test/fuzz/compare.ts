import type { Reading, Request } from './reading.ts';

/** The first thing in which two readings of an input differ. */
export interface Difference {
  readonly input: string;
  /**
   * - `node-only`: Node has a request where we refused.
   * - `ours-only`: we have a request where Node refused.
   * - `request`: both have one, and it differs in `part`.
   * - `end`: the same requests, but one read to the end and the other refused.
   */
  readonly kind: 'node-only' | 'ours-only' | 'request' | 'end';
  readonly part: keyof Request | null;
  readonly ours: Request | null;
  readonly nodes: Request | null;
  /** Why we refused, and why Node did; null for who did not. */
  readonly code: string | null;
  readonly nodeCode: string | null;
}

const PARTS = ['method', 'target', 'minor', 'fields', 'body'] as const;

export function compare(input: string, our: Reading, node: Reading): Difference | null {
  const difference = (
    kind: Difference['kind'],
    index: number,
    part: keyof Request | null = null,
  ) => ({
    input,
    kind,
    part,
    ours: our.requests[index] ?? null,
    nodes: node.requests[index] ?? null,
    code: our.refusal,
    nodeCode: node.refusal,
  });
  const most = Math.max(our.requests.length, node.requests.length);
  for (let index = 0; index < most; index++) {
    const mine = our.requests[index];
    const nodes = node.requests[index];
    if (mine === undefined) return difference('node-only', index);
    if (nodes === undefined) return difference('ours-only', index);
    const part = PARTS.find((part) => JSON.stringify(mine[part]) !== JSON.stringify(nodes[part]));
    if (part !== undefined) return difference('request', index, part);
  }
  const agree = (our.refusal === null) === (node.refusal === null);
  return agree ? null : difference('end', most - 1);
}
