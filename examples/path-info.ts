/** Answers with the path that was asked for: what is left of it below the application's own. */
import type { Application } from 'wizgi';

export const application: Application = (environ, startResponse) => {
  startResponse('200 OK', [['Content-Type', 'text/plain; charset=utf-8']]);
  // PATH_INFO is a string of bytes, as PEP 3333 wants it; a browser's are UTF-8.
  const path = Buffer.from(environ.PATH_INFO, 'latin1');
  return [path, '\n'];
};
