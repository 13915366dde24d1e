/** Applications served the way that their frameworks do by themselves. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { Served } from '../conformance/harness.ts';
import { ServedOverHttp } from '../conformance/harness-http.ts';

const NATIVE = fileURLToPath(new URL('apps/native.mjs', import.meta.url));

/** Starts an application in a process of its own, on Node's or its framework's server. */
export async function startOracle(name: string): Promise<Served> {
  const child = spawn(process.execPath, [NATIVE, name], {
    env: { ...process.env, NODE_ENV: 'production' },
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const ended = once(child, 'exit');
  const kill = () => child.kill('SIGKILL');
  process.once('exit', kill);
  const [line] = await Promise.race([
    once(child.stdout, 'data'),
    ended.then(() => Promise.reject(new Error(`${name} ended before it listened`))),
  ]);
  return new ServedOverHttp({
    address: { port: Number(line), host: '127.0.0.1' },
    log: () => [],
    errors: () => '',
    close: async () => {
      kill();
      process.off('exit', kill);
      await ended;
    },
  });
}
