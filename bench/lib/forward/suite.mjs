/** `forward()` beside other proxies, in front of an upstream that costs next to nothing. */
import { HELLO } from '../../servers/answers.mjs';
import { launch as launchServer } from '../contestants.mjs';
import { nginxVersion } from '../gateways/nginx.mjs';
import { packageVersions } from '../machine.mjs';
import { scenarios as others } from '../scenarios.mjs';
import { measureScenario } from '../throughput.mjs';
import { install } from '../typescript-suite.mjs';
import { launchProxy, launchUpstream } from './upstream.mjs';

const node = { command: () => process.execPath, args: [] };

const contestants = [
  { name: 'wizgi', label: 'wizgi, forward()', server: 'forward-wizgi', own: true, ...node },
  {
    name: 'http-proxy',
    label: 'http-proxy',
    server: 'forward-http-proxy',
    packages: ['http-proxy'],
    ...node,
  },
  {
    name: 'reply-from',
    label: '@fastify/reply-from',
    server: 'forward-reply-from',
    packages: ['@fastify/reply-from', 'fastify'],
    ...node,
  },
  { name: 'nginx', label: 'nginx (native)' },
];

const base = 'http-proxy';
const browser = others.find(({ name }) => name === 'hello-browser');
const post = others.find(({ name }) => name === 'json-post');

const hello = {
  handler: 'hello',
  answer: { type: 'text/plain', body: HELLO, sized: true },
  ahead: ['reply-from'],
};

const scenarios = [
  {
    ...hello,
    name: 'forward',
    what: 'GET / with nothing but Host, passed on to an upstream that answers 14 bytes of text',
    headers: [],
    target: 2,
  },
  {
    ...hello,
    name: 'forward-browser',
    what: 'the same with ten headers of a browser',
    headers: browser.headers,
  },
  {
    ...hello,
    name: 'forward-post',
    what: 'POST of 1 KiB of JSON, passed on as it is; the same answer',
    method: 'POST',
    headers: post.headers,
    body: post.body,
  },
];

export const forwardSuite = {
  name: 'forward',
  base,
  baseLabel: 'http-proxy',
  alsoTo: ['reply-from'],
  contestants,
  measurements: scenarios.map(({ name }) => name),
  defaults: { rounds: 7, seconds: 2, warmup: 2 },
  install,
  versions: (chosen) => ({ nginx: nginxVersion(), ...packageVersions(chosen) }),
  measure,
};

async function measure(chosen, { wanted, generator, method, say }) {
  const measured = { scenarios: [] };
  const upstream = await launchUpstream(HELLO);
  const url = `http://127.0.0.1:${upstream.port}`;
  const launch = (contestant, { handler }) =>
    contestant.name === 'nginx'
      ? launchProxy(upstream.port)
      : launchServer({ ...contestant, name: contestant.server }, handler, [url]);
  try {
    for (const scenario of scenarios.filter(({ name }) => wanted(name))) {
      const { name, what, target, ahead } = scenario;
      const options = { ...method, base, launch, generator, say };
      const rows = await measureScenario(scenario, chosen, options);
      measured.scenarios.push({ name, what, target, ahead, ...rows });
    }
  } finally {
    await upstream.stop();
  }
  return measured;
}
