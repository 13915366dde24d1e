/** The servers that are compared. */
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { end, listening, start } from './process.mjs';

const bench = fileURLToPath(new URL('..', import.meta.url));

const node = { command: () => process.execPath, args: [] };

const bun = {
  packages: ['bun'],
  command: () => binary('bun', '@oven', 'bin/bun', 'bun/bin/bun.exe'),
  args: [],
};

const deno = {
  packages: ['deno'],
  command: () => binary('deno', '@deno', 'deno', 'deno/deno'),
  args: ['run', '--allow-net', '--no-lock', '--no-config'],
};

/** Every contestant, in the order of the tables. */
export const contestants = [
  { name: 'wizgi', label: 'wizgi', own: true, ...node },
  { name: 'node', label: 'node:http', ...node },
  { name: 'wizgi-async', label: 'wizgi, async application', own: true, only: ['hello'], ...node },
  {
    name: 'wizgi-middleware',
    label: 'wizgi, with a middleware',
    own: true,
    only: ['hello', 'hello-browser'],
    ...node,
  },
  { name: 'fastify', label: 'Fastify', packages: ['fastify'], ...node },
  { name: 'wizgi-fastify', label: 'Fastify on wizgi', packages: ['fastify'], ...node },
  { name: 'express', label: 'Express', packages: ['express'], ...node },
  { name: 'wizgi-express', label: 'Express on wizgi', packages: ['express'], ...node },
  {
    name: 'hono',
    label: 'Hono on Node',
    packages: ['hono', '@hono/node-server'],
    ...node,
  },
  { name: 'wizgi-hono', label: 'Hono on wizgi', packages: ['hono'], ...node },
  { name: 'srvx', label: 'srvx on Node', packages: ['srvx'], ...node },
  { name: 'bun', label: 'Bun.serve (native)', ...bun },
  { name: 'bun-wizgi', label: 'wizgi on Bun', ...bun },
  { name: 'deno', label: 'Deno.serve (native)', ...deno },
  { name: 'deno-wizgi', label: 'wizgi on Deno', ...deno },
];

/**
 * Starts a contestant with one handler.
 *
 * @returns its child process, port and the function that ends it
 */
export async function launch(contestant, handler, more = []) {
  const script = `servers/${contestant.name}.mjs`;
  const child = start(contestant.command(), [...contestant.args, script, handler, ...more], {
    cwd: bench,
    env: { ...process.env, NODE_ENV: 'production', NO_COLOR: '1', DENO_NO_UPDATE_CHECK: '1' },
  });
  try {
    const port = await listening(child);
    return { child, port, stop: () => end(child) };
  } catch (error) {
    await end(child);
    throw error;
  }
}

const found = new Map();

/**
 * The program that a package of the npm registry carries.
 *
 * Both put it in place from a package for the platform when they are installed; where install
 * scripts are off, it is still in that package.
 */
function binary(name, scope, inPlatformPackage, inPackage) {
  const known = found.get(name);
  if (known !== undefined) return known;
  const modules = `${bench}node_modules/`;
  const platforms = existsSync(modules + scope) ? readdirSync(modules + scope) : [];
  const candidates = [
    modules + inPackage,
    ...platforms.map((platform) => `${modules}${scope}/${platform}/${inPlatformPackage}`),
  ];
  for (const candidate of candidates) {
    try {
      execFileSync(candidate, ['--version'], { stdio: 'ignore' });
      found.set(name, candidate);
      return candidate;
    } catch {
      // Not there, a placeholder, or built for another platform: the next one.
    }
  }
  throw new Error(`no ${name} that runs on this machine in bench/node_modules`);
}
