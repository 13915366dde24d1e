/** What the processes of a server take together: its front, its supervisor and its workers. */
import { readdirSync, readFileSync } from 'node:fs';

const MIB = 1024;

/** The process and all that descend from it; only itself where the system does not tell. */
export function family(pid) {
  if (process.platform !== 'linux') return [pid];
  const parents = new Map();
  for (const name of readdirSync('/proc')) {
    const id = Number(name);
    if (Number.isInteger(id)) parents.set(id, statFields(id)?.parent);
  }
  const found = [pid];
  for (const ancestor of found) {
    for (const [id, parent] of parents) if (parent === ancestor) found.push(id);
  }
  return found;
}

/** Processor time of processes so far, all their threads; NaN where the system does not tell. */
export function cpuSeconds(pids) {
  if (process.platform !== 'linux') return Number.NaN;
  let ticks = 0;
  for (const pid of pids) ticks += statFields(pid)?.ticks ?? 0;
  // Linux tells them in units of 10 ms.
  return ticks / 100;
}

/**
 * Memory of a process, in MiB: `rss` all that is resident; `uss` what it alone has; `pss` that, and
 * its share of what it has in common with others.
 */
export function memoryOf(pid) {
  const rollup = readFileSync(`/proc/${pid}/smaps_rollup`, 'latin1');
  const of = (key) => Number(new RegExp(`^${key}:\\s+(\\d+) kB`, 'm').exec(rollup)[1]) / MIB;
  return { rss: of('Rss'), pss: of('Pss'), uss: of('Private_Clean') + of('Private_Dirty') };
}

/** Undefined when the process has gone meanwhile. */
function statFields(pid) {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return { parent: Number(fields[1]), ticks: Number(fields[11]) + Number(fields[12]) };
  } catch {
    return undefined;
  }
}
