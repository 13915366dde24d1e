/** Fast requests beside slow readers: what those cost everybody else. */
import { fileURLToPath } from 'node:url';
import { output, start } from '../process.mjs';
import { median, quantile } from '../statistics.mjs';
import { program } from './environment.mjs';
import { launch } from './launch.mjs';

export const READERS = 64;
export const THREADS = 8;

/** Less tells nothing about the slowest in a hundred of 200 requests a second. */
const SECONDS = 2;

const client = fileURLToPath(new URL('../../python/slow_readers.py', import.meta.url));
const setup = { application: 'app:slow_and_fast', threads: THREADS };

/**
 * @returns a row for each contestant: the latencies of fast requests without and with the slow
 *   readers, in milliseconds, medians of the rounds
 */
export async function measureSlowReaders(contestants, { rounds, say }) {
  const started = [];
  const failed = [];
  try {
    for (const contestant of contestants) {
      try {
        started.push({ contestant, server: await launch(contestant, setup), rounds: [] });
      } catch (error) {
        failed.push({ name: contestant.name, why: error.message });
      }
    }
    for (let count = 1; count <= rounds; count++) {
      for (const entry of started.filter(({ broken }) => !broken)) {
        say(`slow readers: round ${count} of ${rounds}, ${entry.contestant.name}`);
        try {
          entry.rounds.push(await round(entry.server));
        } catch (error) {
          entry.broken = true;
          failed.push({ name: entry.contestant.name, why: error.message });
        }
      }
    }
  } finally {
    await Promise.all(started.map(({ server }) => server.stop()));
  }
  return { rows: started.filter(({ broken }) => !broken).map(summary), failed };
}

async function round({ port }) {
  const without = await run(port, 0);
  return { without, beside: await run(port, READERS) };
}

async function run(port, readers) {
  const args = [client, String(port), String(readers), String(SECONDS)];
  const { latencies, unanswered } = JSON.parse(await output(start(program('python'), args)));
  return {
    p50: quantile(latencies, 0.5),
    p99: quantile(latencies, 0.99),
    unanswered: unanswered / latencies.length,
  };
}

function summary({ contestant, rounds }) {
  const of = (when, key) => median(rounds.map((round) => round[when][key]));
  const figures = (when) => ({
    p50: of(when, 'p50'),
    p99: of(when, 'p99'),
    unanswered: of(when, 'unanswered'),
  });
  const ratios = rounds.map(({ without, beside }) => beside.p99 / without.p99);
  return {
    name: contestant.name,
    label: contestant.label,
    without: figures('without'),
    beside: figures('beside'),
    ratio: { median: median(ratios), least: Math.min(...ratios), greatest: Math.max(...ratios) },
    rounds,
  };
}
