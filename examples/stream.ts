/**
 * Sends a line each second. An asynchronous body waits for whatever it likes while the server goes on
 * with other requests. `?lines=10` asks for more of them.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Application } from 'wizgi';

export const application: Application = (environ, startResponse) => {
  startResponse('200 OK', [
    ['Content-Type', 'text/plain; charset=utf-8'],
    ['Cache-Control', 'no-store'],
  ]);
  const wanted = Number(new URLSearchParams(environ.QUERY_STRING).get('lines') ?? 5);
  return lines(Math.min(wanted, 60), environ['wizgi.signal']);
};

async function* lines(count: number, signal?: AbortSignal) {
  for (let line = 1; line <= count; line += 1) {
    // The signal ends the wait when the client leaves.
    if (line > 1) await sleep(1000, undefined, signal && { signal });
    yield `line ${line} of ${count}, sent at ${new Date().toLocaleTimeString('en-GB')}\n`;
  }
}
