/** The Python servers and frameworks, in a virtual environment of the benchmark's own. */
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const bench = fileURLToPath(new URL('../..', import.meta.url));
const environment = `${bench}.venv/`;
const requirementsFile = `${bench}python/requirements.txt`;
const stampFile = `${environment}installed.txt`;

/** Where the applications are. */
export const applications = `${bench}python`;

/** The path of a program of the virtual environment. */
export const program = (name) => `${environment}bin/${name}`;

export const virtualEnvironment = environment;

/** Makes the virtual environment, where it is not there yet or its requirements changed. */
export function installPython() {
  const wanted = readFileSync(requirementsFile, 'utf8');
  if (existsSync(stampFile) && readFileSync(stampFile, 'utf8') === wanted) return;
  console.error('Installing the Python servers into bench/.venv …');
  const quiet = { stdio: ['ignore', 2, 2] };
  if (!existsSync(program('python'))) {
    execFileSync('python3', ['-m', 'venv', environment], quiet);
  }
  const pip = (...args) =>
    execFileSync(program('python'), ['-m', 'pip', 'install', ...args], quiet);
  try {
    pip('-q', '-r', requirementsFile);
  } catch {
    // One that cannot be built here must not take the others with it.
    for (const requirement of requirements(wanted)) {
      try {
        pip('-q', requirement);
      } catch {
        console.error(`Not installed: ${requirement}`);
      }
    }
  }
  writeFileSync(stampFile, wanted);
}

function requirements(text) {
  return text.split('\n').filter((line) => /^\w/.test(line));
}

/** The versions of Python and of what is installed, by lower-case name. */
export function pythonVersions() {
  const list = ['-m', 'pip', 'list', '--format=json', '--disable-pip-version-check'];
  const output = (...args) => execFileSync(program('python'), args, { encoding: 'utf8' });
  const version = output('-c', 'import platform; print(platform.python_version())').trim();
  const packages = JSON.parse(output(...list));
  return {
    python: version,
    ...Object.fromEntries(packages.map(({ name, version }) => [name.toLowerCase(), version])),
  };
}
