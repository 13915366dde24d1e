/** wizgi beside node:http, its frameworks and the native servers of Bun and Deno. */
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { contestants, launch } from './contestants.mjs';
import { packageVersions } from './machine.mjs';
import { measureMemory } from './memory.mjs';
import { scenarios } from './scenarios.mjs';
import { measureStartup } from './startup.mjs';
import { measureScenario } from './throughput.mjs';

const bench = fileURLToPath(new URL('..', import.meta.url));
const base = 'node';

export const typescriptSuite = {
  name: 'typescript',
  base,
  baseLabel: 'node:http',
  contestants,
  measurements: [...scenarios.map(({ name }) => name), 'memory', 'startup'],
  defaults: { rounds: 5, seconds: 2, warmup: 2 },
  install,
  versions: packageVersions,
  measure,
};

async function measure(chosen, { wanted, generator, method, say }) {
  const measured = { scenarios: [] };
  const start = (contestant, { handler }) => launch(contestant, handler);
  for (const scenario of scenarios.filter(({ name }) => wanted(name))) {
    const { name, what, target, ahead } = scenario;
    const options = { ...method, base, launch: start, generator, say };
    const rows = await measureScenario(scenario, chosen, options);
    measured.scenarios.push({ name, what, target, ahead, ...rows });
  }
  if (wanted('memory')) measured.memory = await measureMemory(say);
  if (wanted('startup')) measured.startup = await measureStartup(say);
  return measured;
}

/** The peers, into bench/node_modules, where they are not there yet. */
export function install() {
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
