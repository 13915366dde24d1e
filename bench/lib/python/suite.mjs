/** wizgi beside the servers of Python applications, all running the same Python application. */
import { measureScenario } from '../throughput.mjs';
import { contestants } from './contestants.mjs';
import { installPython, pythonVersions } from './environment.mjs';
import { launch } from './launch.mjs';
import { measurePythonMemory } from './memory.mjs';
import { scenarios } from './scenarios.mjs';
import { measureSlowReaders } from './slow-readers.mjs';

const SLOW_READERS = 'python-slow-readers';
const MEMORY = 'python-memory';
const base = 'gunicorn';

export const pythonSuite = {
  name: 'python',
  base,
  baseLabel: 'gunicorn sync',
  /** Those that the second table of each scenario compares with. */
  alsoTo: ['uwsgi', 'uwsgi-router', 'granian'],
  contestants,
  measurements: [...scenarios.map(({ name }) => name), SLOW_READERS, MEMORY],
  defaults: { rounds: 4, seconds: 1, warmup: 1 },
  install: installPython,
  versions,
  measure,
};

async function measure(chosen, { wanted, generator, method, say }) {
  const measured = { scenarios: [] };
  for (const scenario of scenarios.filter(({ name }) => wanted(name))) {
    const { name, what, target, ahead } = scenario;
    const options = { ...method, base, launch, countServed: true, generator, say };
    const able = chosen.filter((contestant) => takesPart(contestant, scenario));
    const rows = await measureScenario(scenario, able, options);
    measured.scenarios.push({ name, what, target, ahead, ...rows });
  }
  if (wanted(SLOW_READERS)) {
    // Each takes twice as long as one of a scenario, and the differences are large.
    const rounds = Math.ceil(method.rounds / 2);
    measured.slowReaders = await measureSlowReaders(chosen, { ...method, rounds, say });
  }
  if (wanted(MEMORY)) measured.pythonMemory = await measurePythonMemory(chosen, generator, say);
  return measured;
}

/** Whether a contestant can have as many processes and threads as the scenario is about. */
function takesPart({ name, workers, threads }, scenario) {
  if (scenario.processes > workers) return false;
  return scenario.threads === undefined || threads !== false || name === base;
}

function versions(chosen) {
  const installed = pythonVersions();
  const names = new Set(chosen.flatMap(({ packages = [] }) => packages));
  return Object.fromEntries(
    ['python', ...names, 'flask', 'django'].map((name) => [name, installed[name] ?? 'missing']),
  );
}
