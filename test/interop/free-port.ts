import { createServer } from 'node:net';

/** Where the system looks for ports by itself from 32768 on: nobody is given one of these by chance. */
const FIRST = 20_000;
/** For each process that runs tests. */
const PER_PROCESS = 1_000;
const MOST_PROCESSES = 12;

const start = FIRST + (Number(process.env['VITEST_POOL_ID'] ?? 0) % MOST_PROCESSES) * PER_PROCESS;
let next = Math.floor(Math.random() * PER_PROCESS);

/** A port of 127.0.0.1 for a program that has to be told one: nobody listens there. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = start + (next++ % PER_PROCESS);
    if (await isFree(port)) return port;
  }
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}
