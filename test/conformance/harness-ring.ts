import { fromRing, type RingAsyncHandler, toRing } from '../../src/adapters/ring/index.ts';
import type { Harness } from './harness.ts';
import { roundTripHarness } from './harness-round-trip.ts';

const lacks = { loses: ['reason', 'names', 'statuses'] } as const;

/** Every application as a Ring handler of either arity, and that as a WSGI application. */
export const ringHarnesses = (harness: Harness): Harness[] => [
  roundTripHarness(
    harness,
    'through Ring',
    (app, log, streaming) => fromRing(toRing(app, { log }), { streaming }),
    lacks,
  ),
  roundTripHarness(
    harness,
    'through asynchronous Ring',
    (app, log, streaming) => {
      const handler: RingAsyncHandler = toRing(app, { log });
      return fromRing(handler, { async: true, streaming });
    },
    lacks,
  ),
];
