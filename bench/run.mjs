/**
 * The benchmark: wizgi beside node:http, its frameworks and the native servers of Bun and Deno.
 *
 *     node bench/run.mjs [--rounds 5] [--seconds 2] [--warmup 2]
 *                        [--only hello,memory,…] [--peers fastify,…] [--write]
 */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { chosen } from './lib/contestants.mjs';
import { CONNECTIONS, loadGenerator } from './lib/load.mjs';
import { machine, versions } from './lib/machine.mjs';
import { measureMemory } from './lib/memory.mjs';
import { judge, markdown } from './lib/report.mjs';
import { scenarios } from './lib/scenarios.mjs';
import { measureStartup } from './lib/startup.mjs';
import { measureScenario } from './lib/throughput.mjs';

const bench = fileURLToPath(new URL('.', import.meta.url));

const { values: flags } = parseArgs({
  options: {
    rounds: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '2' },
    warmup: { type: 'string', default: '2' },
    only: { type: 'string' },
    peers: { type: 'string' },
    write: { type: 'boolean', default: false },
  },
});

const list = (text) => text?.split(',').filter((name) => name !== '');
const only = list(flags.only);
const known = [...scenarios.map(({ name }) => name), 'memory', 'startup'];
for (const name of only ?? []) {
  if (!known.includes(name)) {
    console.error(`no such scenario: ${name} (there are ${known.join(', ')})`);
    process.exit(2);
  }
}
const wanted = (name) => only === undefined || only.includes(name);

installPeers();
const generator = loadGenerator();
const contestants = chosen(list(flags.peers));
const method = {
  connections: CONNECTIONS,
  rounds: Number(flags.rounds),
  seconds: Number(flags.seconds),
  warmup: Number(flags.warmup),
};
const results = {
  date: new Date().toISOString().slice(0, 10),
  machine: machine(),
  versions: versions(contestants, generator.name),
  method,
  scenarios: [],
};
if (results.machine.loadBefore > 0.5) {
  console.error(`This machine is busy (load average ${results.machine.loadBefore}).`);
}

for (const scenario of scenarios.filter(({ name }) => wanted(name))) {
  const { name, what, target, ahead } = scenario;
  const measured = await measureScenario(scenario, contestants, { ...method, generator, say });
  results.scenarios.push({ name, what, target, ahead, ...measured });
}
if (wanted('memory')) results.memory = await measureMemory(say);
if (wanted('startup')) results.startup = await measureStartup(say);
results.targets = judge(results);
say('');

const report = markdown(results);
console.log(report);
if (flags.write || (only === undefined && flags.peers === undefined)) {
  const base = `${bench}results/${results.date}`;
  mkdirSync(`${bench}results`, { recursive: true });
  writeFileSync(`${base}.json`, `${JSON.stringify(results, null, 2)}\n`);
  writeFileSync(`${base}.md`, report);
  console.log(`Written to ${base}.json and .md`);
} else {
  console.log('A part of the benchmark: not written to bench/results (--write does).');
}

const missed = results.targets.filter(({ met }) => !met);
for (const { what, wanted, figure } of missed) {
  console.log(`MISSED: ${what}: ${figure}, wanted ${wanted}`);
}
// A bench is no test: a missed target is no failure, a contestant that does not run is one.
const broken = [
  ...results.scenarios.flatMap(({ failed }) => failed),
  ...[...(results.memory ?? []), ...(results.startup ?? [])].filter(({ failed }) => failed),
];
process.exitCode = broken.length > 0 ? 1 : 0;

/** The peers, into bench/node_modules, where they are not there yet. */
function installPeers() {
  const { dependencies } = JSON.parse(readFileSync(`${bench}package.json`, 'utf8'));
  const missing = Object.keys(dependencies).filter(
    (name) => !existsSync(`${bench}node_modules/${name}/package.json`),
  );
  if (missing.length === 0) return;
  console.error(`Installing into bench/node_modules: ${missing.join(', ')} …`);
  const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm';
  const args = ['install', '--prefix', bench, '--no-audit', '--no-fund'];
  execFileSync(npm, args, { stdio: ['ignore', 2, 2] });
}

/** Says what is being measured: one line that is written over in a terminal. */
function say(what) {
  if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${what}`);
  else if (what !== '') console.error(what);
}
