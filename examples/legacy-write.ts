/**
 * Uses write(), PEP 3333's older way to send a body. It is there for code that prints its response;
 * new code returns or yields its blocks.
 */
import type { Application } from 'wizgi';

export const application: Application = async (_environ, startResponse) => {
  const write = startResponse('200 OK', [['Content-Type', 'text/plain; charset=utf-8']]);
  // Waiting is optional. It keeps an application from running ahead of a slow client.
  await write('This was written,\n');
  await write('and so was this.\n');
  return ['This was returned.\n'];
};
