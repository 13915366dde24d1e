/** wizgi's gateways: behind nginx, beside node:http there; and by themselves, beside its HTTP/1.1. */
import { fileURLToPath } from 'node:url';
import { launch as launchServer } from '../contestants.mjs';
import { CONNECTIONS } from '../load.mjs';
import { output, start } from '../process.mjs';
import { measureScenario } from '../throughput.mjs';
import { contestants } from './contestants.mjs';
import { launchNginx, nginxVersion } from './nginx.mjs';
import { scenarios } from './scenarios.mjs';

const client = fileURLToPath(new URL('client.mjs', import.meta.url));

export const gatewaysSuite = {
  name: 'gateways',
  base: 'nginx-node',
  baseLabel: 'base',
  contestants,
  measurements: scenarios.map(({ name }) => name),
  defaults: { rounds: 5, seconds: 1, warmup: 1 },
  install: () => undefined,
  versions: () => ({ nginx: nginxVersion() }),
  measure,
};

async function measure(chosen, { wanted, generator, method, say }) {
  const measured = { scenarios: [] };
  for (const scenario of scenarios.filter(({ name }) => wanted(name))) {
    const { name, what, base, targets } = scenario;
    const load = scenario.own ? ownClient : generator;
    const options = { ...method, base, launch, generator: load, say, unverified: scenario.own };
    const rows = await measureScenario(scenario, chosen, options);
    measured.scenarios.push({ name, what, base, targets, ...rows });
  }
  return measured;
}

/** The server, and nginx before it where the scenario is about that. */
async function launch(contestant, scenario) {
  const { server, protocol, keep } = contestant;
  const running = await launchServer({ ...node, name: server }, scenario.handler, [protocol]);
  if (scenario.own) return { ...running, protocol, keep };
  try {
    const nginx = await launchNginx(protocol, keep, running.port);
    const stop = () => Promise.all([nginx.stop(), running.stop()]);
    return { ...running, port: nginx.port, stop };
  } catch (error) {
    await running.stop();
    throw error;
  }
}

const node = { command: () => process.execPath, args: [] };

/** Our own client as a load generator. */
const ownClient = {
  name: 'own client',
  run: async (_scenario, port, seconds, { protocol, keep }) => {
    const args = [client, protocol, port, seconds, CONNECTIONS, keep].map(String);
    return JSON.parse(await output(start(process.execPath, args)));
  },
};
