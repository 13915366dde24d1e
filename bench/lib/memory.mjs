/** How much a server's resident memory grows. */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { launch } from './contestants.mjs';
import { end, output, sleep, start } from './process.mjs';

const client = fileURLToPath(new URL('./memory-client.mjs', import.meta.url));
const GIB = 1024 ** 3;
const MIB = 1024 ** 2;
const IDLE = 10_000;
const SLOW_SECONDS = 10;

const wizgi = { name: 'memory-wizgi', label: 'wizgi', command: () => process.execPath, args: [] };
const node = { ...wizgi, name: 'memory-node', label: 'node:http' };

const measurements = [
  { name: 'upload of 1 GiB', handler: 'upload', run: transfer('upload'), target: 64 },
  {
    name: 'upload of 1 GiB, streaming(app)',
    handler: 'upload-streaming',
    run: transfer('upload'),
    target: 64,
    only: wizgi,
  },
  { name: 'response of 1 GiB', handler: 'download', run: transfer('download'), target: 64 },
  {
    name: `response of 1 GiB, read slowly for ${SLOW_SECONDS} s`,
    handler: 'download',
    run: transfer('download', SLOW_SECONDS),
    target: 64,
  },
  { name: `${IDLE} idle connections`, handler: 'idle', run: keepIdle, target: 150 },
];

/**
 * Measures wizgi, and node:http for comparison.
 *
 * @returns a row for each: growth at its highest and when all was over, in MiB
 */
export async function measureMemory(say) {
  const rows = [];
  for (const { name, handler, run, target, only } of measurements) {
    for (const server of only ? [only] : [wizgi, node]) {
      const row = { name, server: server.label, target: server === wizgi ? target : undefined };
      say(`${name}: ${server.label}`);
      try {
        Object.assign(row, await measure(server, handler, run));
      } catch (error) {
        row.failed = error.message;
      }
      rows.push(row);
    }
  }
  return rows;
}

async function measure(server, handler, run) {
  const { child, port, stop } = await launch(server, handler);
  try {
    await run(port, 'small');
    await sleep(500);
    const before = residentBytes(child.pid);
    let peak = before;
    const sampler = setInterval(() => {
      peak = Math.max(peak, residentBytes(child.pid));
    }, 20);
    let after;
    try {
      await run(port, 'full', () => {
        after = residentBytes(child.pid);
      });
    } finally {
      clearInterval(sampler);
    }
    after ??= residentBytes(child.pid);
    return { before: before / MIB, peak: (peak - before) / MIB, after: (after - before) / MIB };
  } finally {
    await stop();
  }
}

function transfer(kind, seconds) {
  return async (port, size) => {
    const args = [client, kind, String(port), String(size === 'full' ? GIB : MIB)];
    if (seconds !== undefined && size === 'full') args.push(String(seconds));
    await output(start(process.execPath, args));
  };
}

async function keepIdle(port, size, settled) {
  const child = start(process.execPath, [
    client,
    'idle',
    String(port),
    size === 'full' ? String(IDLE) : '10',
  ]);
  try {
    await new Promise((resolve, reject) => {
      child.stdout.once('data', resolve);
      output(child).catch(reject);
    });
    if (size !== 'full') return;
    await sleep(2000);
    settled();
  } finally {
    await end(child);
  }
}

/** Resident memory of a process. */
function residentBytes(pid) {
  if (process.platform === 'linux') {
    const status = readFileSync(`/proc/${pid}/status`, 'latin1');
    return Number(/^VmRSS:\s+(\d+) kB/m.exec(status)[1]) * 1024;
  }
  return Number(execFileSync('ps', ['-o', 'rss=', '-p', String(pid)], { encoding: 'utf8' })) * 1024;
}
