import type { Application } from 'wizgi';

/** The application of the start-up measurement: TypeScript, so that loading it is part of the time. */
export const application: Application = (_environ, startResponse) => {
  startResponse('200 OK', [['Content-Type', 'text/plain; charset=utf-8']]);
  return ['Hello, world!\n'];
};
