import { fromRack, toRack } from '../../src/adapters/rack/index.ts';
import type { Harness } from './harness.ts';
import { roundTripHarness } from './harness-round-trip.ts';

/** Every application as a Rack application, and that as a WSGI application. */
export const rackHarness = (harness: Harness): Harness =>
  roundTripHarness(
    harness,
    'through Rack',
    (app, log, streaming) => fromRack(toRack(app, { log }), { streaming }),
    { loses: ['reason', 'names', 'length'] },
  );
