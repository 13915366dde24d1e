/** Where the figures were taken, and with which versions. */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { arch, cpus, loadavg, platform, release, totalmem } from 'node:os';

export function machine() {
  return {
    cpu: cpus()[0].model.trim(),
    cores: cpus().length,
    memoryGiB: Math.round((totalmem() / 1024 ** 3) * 10) / 10,
    kernel: `${platform()} ${release()} ${arch()}`,
    loadBefore: Math.round(loadavg()[0] * 100) / 100,
  };
}

/** The versions of Node.js and of wizgi. */
export function ownVersions() {
  return { node: process.version, wizgi: ownVersion() };
}

/** The versions of the npm packages of contestants. */
export function packageVersions(contestants) {
  const found = {};
  for (const { packages = [] } of contestants) {
    for (const name of packages) {
      found[name] = readJson(`../node_modules/${name}/package.json`)?.version ?? 'missing';
    }
  }
  return found;
}

function ownVersion() {
  const { version } = readJson('../../package.json');
  try {
    const cwd = new URL('..', import.meta.url);
    const options = { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] };
    const commit = execFileSync('git', ['rev-parse', '--short', 'HEAD'], options).trim();
    const changed = execFileSync('git', ['status', '--porcelain', '--', '../src'], options) !== '';
    return `${version} (${commit}${changed ? ', with changes' : ''})`;
  } catch {
    return version;
  }
}

function readJson(path) {
  try {
    return JSON.parse(readFileSync(new URL(path, import.meta.url), 'utf8'));
  } catch {
    return undefined;
  }
}
