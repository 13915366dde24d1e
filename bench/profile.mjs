/**
 * Where a contestant on Node.js spends its time, once it is warm.
 *
 *     node bench/profile.mjs [hello] [--server wizgi] [--seconds 5] [--top 30]
 *
 * Prints the functions by their own time and leaves the profile for Chrome's DevTools.
 */
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { contestants, launch } from './lib/contestants.mjs';
import { loadGenerator } from './lib/load.mjs';
import { scenarios } from './lib/scenarios.mjs';

const { values: flags, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    server: { type: 'string', default: 'wizgi' },
    seconds: { type: 'string', default: '5' },
    top: { type: 'string', default: '30' },
  },
});

const scenario = scenarios.find(({ name }) => name === (positionals[0] ?? 'hello'));
const contestant = contestants.find(({ name }) => name === flags.server);
if (scenario === undefined || contestant?.command() !== process.execPath) {
  console.error('usage: node bench/profile.mjs [SCENARIO] [--server NAME, on Node.js]');
  process.exit(2);
}

const file = `${scenario.name}-${contestant.name}.cpuprofile`;
process.env.WIZGI_BENCH_PROFILE = `${process.cwd()}/${file}`;
const profiled = {
  ...contestant,
  args: ['--import', new URL('lib/profiler.mjs', import.meta.url).href],
};

const generator = loadGenerator();
const { child, port } = await launch(profiled, scenario.handler);
await generator.run(scenario, port, 3);
child.kill('SIGUSR2');
const { rate } = await generator.run(scenario, port, Number(flags.seconds));
child.kill('SIGUSR2');
await once(child, 'exit');

console.log(`${scenario.name}, ${contestant.name}: ${Math.round(rate)} requests/s, profiled\n`);
for (const { name, place, share } of functions(JSON.parse(readFileSync(file, 'utf8')))) {
  console.log(`${(share * 100).toFixed(1).padStart(5)} %  ${name.padEnd(32)} ${place}`);
}
console.log(`\nWritten to ${file}`);

/** The functions with the most time of their own, the idle time left out. */
function functions({ nodes, samples, timeDeltas }) {
  const own = new Map();
  const byId = new Map(nodes.map((node) => [node.id, node.callFrame]));
  let busy = 0;
  for (const [i, id] of samples.entries()) {
    const { functionName, url, lineNumber } = byId.get(id);
    if (functionName === '(idle)') continue;
    const place = url
      ? `${url.replace(/^.*\/(dist|bench|node_modules)\//, '$1/')}:${lineNumber + 1}`
      : '';
    const name = functionName || '(anonymous)';
    const key = `${name} ${place}`;
    const entry = own.get(key) ?? { name, place, time: 0 };
    entry.time += timeDeltas[i];
    own.set(key, entry);
    busy += timeDeltas[i];
  }
  return [...own.values()]
    .sort((a, b) => b.time - a.time)
    .slice(0, Number(flags.top))
    .map((entry) => ({ ...entry, share: entry.time / busy }));
}
