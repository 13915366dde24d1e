/**
 * The benchmark: wizgi beside other servers, of TypeScript and of Python applications.
 *
 *     node bench/run.mjs [--suite typescript|python|gateways|forward] [--rounds 5] [--seconds 2] [--warmup 2]
 *                        [--only hello,python-memory,…] [--peers fastify,granian,…] [--write]
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { chosenContestants, chosenSuites } from './lib/choice.mjs';
import { forwardSuite } from './lib/forward/suite.mjs';
import { gatewaysSuite } from './lib/gateways/suite.mjs';
import { CONNECTIONS, loadGenerator } from './lib/load.mjs';
import { machine, ownVersions } from './lib/machine.mjs';
import { pythonSuite } from './lib/python/suite.mjs';
import { judge, markdown } from './lib/report.mjs';
import { typescriptSuite } from './lib/typescript-suite.mjs';

const { values: flags } = parseArgs({
  options: {
    suite: { type: 'string' },
    rounds: { type: 'string' },
    seconds: { type: 'string' },
    warmup: { type: 'string' },
    only: { type: 'string' },
    peers: { type: 'string' },
    write: { type: 'boolean', default: false },
  },
});

for (const name of ['rounds', 'seconds', 'warmup']) {
  if (flags[name] === undefined || /^[1-9]\d*$/.test(flags[name])) continue;
  console.error(`--${name} ${flags[name]}: expected a whole number, at least 1`);
  process.exit(2);
}

const list = (text) => text?.split(',').filter((name) => name !== '');
const only = list(flags.only);
const peers = list(flags.peers);
const wanted = (name) => only === undefined || only.includes(name);
const suites = choose();

const generator = loadGenerator();
const results = {
  date: new Date().toISOString().slice(0, 10),
  machine: machine(),
  versions: { ...ownVersions(), load: generator.name },
  suites: [],
};
if (results.machine.loadBefore > 0.5) {
  console.error(`This machine is busy (load average ${results.machine.loadBefore}).`);
}

for (const suite of suites) {
  suite.install();
  const contestants = chosenContestants(suite, peers);
  const method = {
    connections: CONNECTIONS,
    rounds: Number(flags.rounds ?? suite.defaults.rounds),
    seconds: Number(flags.seconds ?? suite.defaults.seconds),
    warmup: Number(flags.warmup ?? suite.defaults.warmup),
  };
  Object.assign(results.versions, suite.versions(contestants));
  const { name, baseLabel, alsoTo } = suite;
  const measured = await suite.measure(contestants, { wanted, generator, method, say });
  results.suites.push({ name, baseLabel, alsoTo, method, ...measured });
}
results.targets = judge(results.suites);
say('');

const report = markdown(results);
console.log(report);
const whole = [only, peers].every((choice) => choice === undefined);
if (flags.write || whole) {
  const directory = fileURLToPath(new URL('results', import.meta.url));
  // One suite's figures do not replace those of all.
  const base = [`${directory}/${results.date}`, flags.suite].filter(Boolean).join('-');
  mkdirSync(directory, { recursive: true });
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
process.exitCode = results.suites.some(broken) ? 1 : 0;

function choose() {
  try {
    const chosen = chosenSuites([typescriptSuite, pythonSuite, gatewaysSuite, forwardSuite], {
      ...flags,
      only,
      peers,
    });
    if (chosen.length > 0) return chosen;
    throw new Error('nothing to measure: no suite has both the scenarios and the peers chosen');
  } catch (error) {
    console.error(error.message);
    process.exit(2);
  }
}

function broken({ scenarios, memory = [], startup = [], slowReaders, pythonMemory }) {
  const failed = [...scenarios, slowReaders, pythonMemory].flatMap((some) => some?.failed ?? []);
  return failed.length > 0 || [...memory, ...startup].some((row) => row.failed);
}

/** Says what is being measured: one line that is written over in a terminal. */
function say(what) {
  if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${what}`);
  else if (what !== '') console.error(what);
}
