/** What Python servers take in memory: at rest, and while 1 GiB goes through them. */
import { fileURLToPath } from 'node:url';
import { end, output, sleep, start } from '../process.mjs';
import { family, memoryOf } from '../process-tree.mjs';
import { applications, program } from './environment.mjs';
import { launch } from './launch.mjs';

const client = fileURLToPath(new URL('../memory-client.mjs', import.meta.url));
const GIB = 1024 ** 3;
const MIB = 1024 ** 2;
const transfers = ['upload', 'download'];

/** Those that a GiB is sent through; it takes seconds for each. */
const transferring = ['wizgi', 'gunicorn', 'uwsgi', 'uwsgi-router', 'waitress', 'granian'];

/**
 * Measures each contestant with one Python process, in MiB.
 *
 * @returns `bare`, an interpreter with the application imported; a row at rest for each, `worker`
 *   the process that runs the application and `others` the sum of all the others; and a row for each
 *   transfer: the growth of the worker and of the others at their highest
 */
export async function measurePythonMemory(contestants, generator, say) {
  if (process.platform !== 'linux') return undefined;
  const failed = [];
  const tried = async (name, what) => {
    try {
      return [await what()];
    } catch (error) {
      failed.push({ name, why: error.message });
      return [];
    }
  };
  const rest = [];
  for (const contestant of contestants) {
    say(`memory at rest: ${contestant.name}`);
    rest.push(...(await tried(contestant.name, () => atRest(contestant, generator))));
  }
  const moved = [];
  for (const kind of transfers) {
    for (const contestant of contestants.filter(({ name }) => transferring.includes(name))) {
      say(`${kind} of 1 GiB: ${contestant.name}`);
      const name = `${kind} of 1 GiB, ${contestant.name}`;
      moved.push(...(await tried(name, () => transfer(contestant, kind))));
    }
  }
  return { bare: await bare(), rest, transfers: moved, failed };
}

/** An interpreter that has imported the application, and serves nobody. */
async function bare() {
  const script = 'import app, sys; print(app.HELLO, flush=True); sys.stdin.read()';
  const options = { cwd: applications, stdio: ['pipe', 'pipe', 'pipe'] };
  const child = start(program('python'), ['-c', script], options);
  try {
    await new Promise((resolve, reject) => {
      child.stdout.once('data', resolve);
      child.once('exit', () => reject(new Error('the bare interpreter ended')));
    });
    return memoryOf(child.pid);
  } finally {
    await end(child);
  }
}

async function atRest(contestant, generator) {
  const setup = { application: 'app:process', headers: [] };
  const { child, port, stop } = await launch(contestant, setup);
  try {
    // What a server makes at its first requests belongs to it.
    await generator.run(setup, port, 1);
    await sleep(500);
    const { worker, others } = await processes(child, port);
    const all = [worker, ...others].map(memoryOf);
    return {
      name: contestant.name,
      label: contestant.label,
      processes: all.length,
      worker: all[0],
      others: sum(all.slice(1).map(({ pss }) => pss)),
      total: sum(all.map(({ pss }) => pss)),
    };
  } finally {
    await stop();
  }
}

async function transfer(contestant, kind) {
  const { child, port, stop } = await launch(contestant, { application: `app:${kind}` });
  try {
    await move(kind, port, MIB);
    await sleep(500);
    const { worker, others } = await processes(child, port);
    const resident = () => [memoryOf(worker).rss, sum(others.map((pid) => memoryOf(pid).rss))];
    const before = resident();
    const peak = [...before];
    const sampler = setInterval(() => {
      for (const [i, value] of resident().entries()) peak[i] = Math.max(peak[i], value);
    }, 20);
    const began = performance.now();
    try {
      await move(kind, port, GIB);
    } finally {
      clearInterval(sampler);
    }
    return {
      name: contestant.name,
      label: contestant.label,
      kind,
      seconds: (performance.now() - began) / 1000,
      worker: peak[0] - before[0],
      others: others.length > 0 ? peak[1] - before[1] : undefined,
    };
  } finally {
    await stop();
  }
}

function move(kind, port, bytes) {
  return output(start(process.execPath, [client, kind, String(port), String(bytes)]));
}

/** The process that runs the application, by its own account, and all the others of the server. */
async function processes(child, port) {
  const response = await fetch(`http://127.0.0.1:${port}/`, { headers: { connection: 'close' } });
  const worker = Number(await response.text());
  const all = family(child.pid);
  if (!all.includes(worker)) throw new Error(`its worker ${worker} is not among its processes`);
  return { worker, others: all.filter((pid) => pid !== worker) };
}

const sum = (values) => values.reduce((total, value) => total + value, 0);
