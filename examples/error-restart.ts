/**
 * Begins a response, fails, and begins another one in its place. That works until the first block is
 * sent: nothing of the first response has reached the client before.
 */
import type { Application } from 'wizgi';

const plain: [string, string] = ['Content-Type', 'text/plain; charset=utf-8'];

export const application: Application = (environ, startResponse) => {
  try {
    startResponse('200 OK', [plain, ['X-Mood', 'confident']]);
    return [findTreasure()];
  } catch (error) {
    environ['wsgi.errors'].write(`no treasure: ${String(error)}\n`);
    // The error as the third argument says why there is a second call. PEP 3333 calls it exc_info.
    startResponse('503 Service Unavailable', [plain, ['Retry-After', '60']], error);
    return ['The treasure could not be found. Try again in a minute.\n'];
  }
};

function findTreasure(): string {
  throw new Error('the map is upside down');
}
