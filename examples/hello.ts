/** The smallest application: says hello to whoever asks. */
import type { Application } from 'wizgi';

export const application: Application = (_environ, startResponse) => {
  startResponse('200 OK', [['Content-Type', 'text/plain; charset=utf-8']]);
  return ['Hello, world!\n'];
};
