/** The time from the start of a server's process to its first response. */
import { connect } from 'node:net';
import { fileURLToPath } from 'node:url';
import { end, listening, start } from './process.mjs';
import { median } from './statistics.mjs';

const root = fileURLToPath(new URL('../..', import.meta.url));
const TIMES = 10;

const commands = [
  {
    name: 'wizgi serve bench/start.ts',
    args: ['dist/cli/main.js', 'serve', 'bench/start.ts', '-b', '127.0.0.1:0'],
    target: 500,
  },
  { name: 'node:http', args: ['bench/servers/node.mjs', 'hello'] },
];

/** @returns a row for each command: the median and the slowest time, in milliseconds */
export async function measureStartup(say) {
  const rows = [];
  for (const { name, args, target } of commands) {
    say(`start-up: ${name}`);
    const row = { name, target };
    try {
      const times = [];
      // The first start is not counted: it fills the caches of files, as a restart finds them.
      for (let i = 0; i <= TIMES; i++) times.push(await once(args));
      const counted = times.slice(1);
      Object.assign(row, {
        first: times[0],
        median: median(counted),
        slowest: Math.max(...counted),
      });
    } catch (error) {
      row.failed = error.message;
    }
    rows.push(row);
  }
  return rows;
}

async function once(args) {
  const began = performance.now();
  const child = start(process.execPath, args, { cwd: root });
  try {
    const port = await listening(child);
    await firstResponse(port);
    return performance.now() - began;
  } finally {
    await end(child);
  }
}

function firstResponse(port) {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => {
      socket.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
    });
    socket.once('data', (block) => {
      socket.destroy();
      const line = block.toString('latin1').split('\r\n')[0];
      if (line.startsWith('HTTP/1.1 200 ')) resolve();
      else reject(new Error(`answers ${line}`));
    });
    socket.once('error', reject);
  });
}
