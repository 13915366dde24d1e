/**
 * All that web servers do otherwise than the suite has it, when they stand in front of a gateway as
 * docs/front-ends has it. The table in docs/protocols.md is made from this one.
 */
import type { Difference } from './difference.ts';
import { answers } from './differences-answers.ts';
import { clients } from './differences-clients.ts';
import { requests } from './differences-requests.ts';

export const differences: readonly Difference[] = [...requests, ...answers, ...clients];
