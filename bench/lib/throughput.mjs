/** One scenario, all contestants: A B C … A B C …, so that noise falls on all of them alike. */
import { served } from './connections.mjs';
import { cpuSeconds, family } from './process-tree.mjs';
import { median } from './statistics.mjs';
import { verify } from './verify.mjs';

/**
 * @returns a row for each contestant: medians, the ratio to the suite's `base`, and every round; and
 *   those that could not take part, with the reason
 */
export async function measureScenario(scenario, contestants, options) {
  const { base, launch, countServed, unverified, generator, rounds, seconds, warmup, say } =
    options;
  const started = [];
  const failed = [];
  const round = async (server) => {
    const processes = family(server.child.pid);
    const before = cpuSeconds(processes);
    const result = await generator.run(scenario, server.port, seconds, server);
    const cpu = ((cpuSeconds(processes) - before) / result.requests) * 1e6;
    return { ...result, cpu };
  };
  try {
    for (const contestant of contestants) {
      if (contestant.only && !contestant.only.includes(scenario.name)) continue;
      try {
        const server = await launch(contestant, scenario);
        const entry = { contestant, server, rounds: [] };
        started.push(entry);
        // Who speaks another protocol than HTTP is looked at by its own client.
        const headBytes = unverified ? 0 : await verify(scenario, server.port, contestant);
        if (countServed) entry.served = await served(scenario, server.port);
        entry.headBytes = headBytes;
      } catch (error) {
        failed.push({ name: contestant.name, why: error.message });
      }
    }
    const runners = started.filter(({ headBytes }) => headBytes !== undefined);
    for (const { contestant, server } of runners) {
      say(`${scenario.name}: warming up ${contestant.name}`);
      await generator.run(scenario, server.port, warmup, server);
    }
    for (let count = 1; count <= rounds; count++) {
      for (const entry of runners) {
        say(`${scenario.name}: round ${count} of ${rounds}, ${entry.contestant.name}`);
        entry.rounds.push(await round(entry.server));
      }
    }
    return { rows: runners.map((entry) => summary(entry, runners, base)), failed };
  } finally {
    await Promise.all(started.map(({ server }) => server.stop()));
  }
}

function summary({ contestant, headBytes, served, rounds }, all, base) {
  const of = (key) => median(rounds.map((round) => round[key]));
  return {
    name: contestant.name,
    label: contestant.label,
    rate: of('rate'),
    ratio: ratio(rounds, all.find((entry) => entry.contestant.name === base)?.rounds),
    p50: of('p50'),
    p99: of('p99'),
    cpu: of('cpu'),
    headBytes,
    served,
    errors: errors(rounds),
    rounds,
  };
}

/** The median of the ratios of each round, with the least and the greatest of them. */
export function ratio(rounds, base) {
  if (base === undefined) return undefined;
  const ratios = rounds.map((round, i) => round.rate / base[i].rate);
  return { median: median(ratios), least: Math.min(...ratios), greatest: Math.max(...ratios) };
}

/** What went wrong under load, added up; undefined when nothing did. */
function errors(rounds) {
  const sum = {};
  for (const round of rounds) {
    for (const [kind, count] of Object.entries(round.errors)) {
      if (count > 0) sum[kind] = (sum[kind] ?? 0) + count;
    }
  }
  return Object.keys(sum).length > 0 ? sum : undefined;
}
