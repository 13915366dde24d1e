import { asApplication, isStreaming, streaming } from '../../src/wsgi/application.ts';
import type { Log } from '../../src/wsgi/log.ts';
import type { Application } from '../../src/wsgi/types.ts';
import { LogRecorder } from '../log-recorder.ts';
import type { Capabilities, Harness, Served, ServeOptions } from './harness.ts';

/** Takes an application to another interface and back. */
export type RoundTrip = (app: Application, log: Log, streamed: boolean) => Application;

/** A harness whose applications have been to another interface and back. */
export function roundTripHarness(
  harness: Harness,
  name: string,
  roundTrip: RoundTrip,
  lacks: Partial<Capabilities>,
): Harness {
  return {
    name: `${harness.name}, ${name}`,
    capabilities: { ...harness.capabilities, sync: false, asIs: false, patient: false, ...lacks },
    async serve(app, options: ServeOptions = {}): Promise<Served> {
      const recorder = new LogRecorder(false);
      const inner = asApplication(app);
      const wrapped = roundTrip(inner, recorder, isStreaming(inner));
      const served = await harness.serve(
        isStreaming(inner) ? streaming(wrapped) : wrapped,
        options,
      );
      return {
        get log() {
          return [...recorder.lines, ...served.log];
        },
        get errors() {
          return served.errors;
        },
        request: (spec) => served.request(spec),
        open: (spec) => served.open(spec),
        connect: () => served.connect(),
        close: () => served.close(),
      };
    },
  };
}
