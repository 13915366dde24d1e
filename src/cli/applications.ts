import { ConfigurationError } from '../gateways/options.ts';
import type { PythonOptions } from '../python/options.ts';
import type { Finding } from '../validator/index.ts';
import { demoApp } from '../wsgi/demo.ts';
import { type HostedApplication, hostedIn } from '../wsgi/hosted.ts';
import { mount } from '../wsgi/mount.ts';
import type { ApplicationLike } from '../wsgi/types.ts';
import { adapt } from './adapt.ts';
import { loadApplication } from './load-application.ts';
import type { Logs } from './logs.ts';
import type { Mount } from './mounts.ts';
import type { Settings } from './settings.ts';
import { type ModuleTarget, parseTarget, type Target } from './target.ts';
import { EXIT, UserError } from './user-error.ts';

/** What is done to applications while they are loaded. */
export interface Loading {
  /** The process serves one request only. */
  readonly runOnce?: boolean;
  /** What is put around each application of this process. */
  readonly around?: (app: ApplicationLike) => ApplicationLike;
  /** Takes what workers find in the applications of theirs. */
  readonly report?: (finding: Finding) => void;
}

/** What the command serves. */
export interface Applications {
  readonly app: ApplicationLike;
  readonly hosted: readonly HostedApplication[];
}

/**
 * Loads everything that is to be served, and waits until it can be.
 *
 * @throws {UserError} (as a rejection) saying what is wrong with a target or its application.
 */
export async function loadApplications(
  settings: Settings,
  logs: Logs,
  loading: Loading = {},
): Promise<Applications> {
  const targets = settings.mounts.map(({ source }) =>
    source.kind === 'target' ? parseTarget(source.text, source.directory) : null,
  );
  checkInterface(settings, targets);
  checkPythonFlags(settings, targets);
  checkUpstreamFlags(settings, targets);
  const apps: ApplicationLike[] = [];
  const hosted: HostedApplication[] = [];
  try {
    for (const [index, { source }] of settings.mounts.entries()) {
      const app = await loadOne(source, targets[index] ?? null, settings, logs, loading);
      apps.push(app);
      for (const inner of hostedIn(app)) {
        if (hosted.includes(inner)) continue;
        hosted.push(inner);
        // Awaited below, when the others are on their way.
        inner.ready.catch(() => undefined);
      }
    }
    await Promise.all(hosted.map(({ ready }) => ready));
  } catch (error) {
    await Promise.allSettled(hosted.map((app) => app.close()));
    if (!(error instanceof ConfigurationError)) throw error;
    throw new UserError(error.message, EXIT.application);
  }
  return { app: combine(settings.mounts, apps), hosted };
}

const NOT_MODULES = {
  python: 'a Python application',
  upstream: 'an upstream server',
} as const;

/** Only what runs in this process has a choice. */
function checkInterface(
  { interface: asked, mounts }: Settings,
  targets: readonly (Target | null)[],
): void {
  if (asked === 'auto') return;
  const hasChoice = mounts.some(
    ({ source }, index) => source.kind === 'value' || targets[index]?.kind === 'module',
  );
  if (hasChoice) return;
  const [target] = targets;
  const what =
    target === null || target === undefined || target.kind === 'module'
      ? 'there is none'
      : `${target.text} is ${NOT_MODULES[target.kind]}`;
  throw new UserError(`--interface concerns applications in JavaScript and TypeScript: ${what}`);
}

/** Flags that would change nothing are a mistake of whoever gives them. */
function checkPythonFlags({ python, mounts }: Settings, targets: readonly (Target | null)[]): void {
  const [flag] = python.asked;
  if (flag === undefined || targets.some((target) => target?.kind === 'python')) return;
  const isMade = mounts.some(
    ({ source }) => source.kind === 'value' && hostedIn(source.value).length > 0,
  );
  const why = isMade
    ? 'the application of the configuration file has the options that it was made with'
    : 'there is none; JavaScript and TypeScript run in the process of the server';
  throw new UserError(`${flag} concerns Python applications that are named as TARGET: ${why}`);
}

function checkUpstreamFlags({ upstream }: Settings, targets: readonly (Target | null)[]): void {
  const counts = targets.map((target) => (target?.kind === 'upstream' ? target.urls.length : 0));
  const most = Math.max(...counts);
  const [flag] = most === 0 ? upstream.asked : most === 1 ? upstream.askedOfSeveral : [];
  if (flag === undefined) return;
  throw new UserError(
    most === 0
      ? `${flag} concerns upstream servers that are named as TARGET, as in http://127.0.0.1:3000: there is none`
      : `${flag} concerns several upstream servers in one TARGET, as in http://a:3000,http://b:3000: there is one`,
  );
}

async function loadOne(
  source: Mount['source'],
  target: Target | null,
  settings: Settings,
  logs: Logs,
  loading: Loading,
): Promise<ApplicationLike> {
  if (source.kind === 'target' && target?.kind === 'python') {
    return loadPython(target.text, source.directory, settings, logs, loading);
  }
  const app = await loadHere(source, target, settings, logs);
  return loading.around?.(app) ?? app;
}

async function loadHere(
  source: Mount['source'],
  target: Target | null,
  settings: Settings,
  logs: Logs,
): Promise<ApplicationLike> {
  if (source.kind === 'demo') return demoApp;
  if (source.kind === 'value') return adapt(source.value, source.from, settings.interface);
  if (target?.kind === 'upstream') return loadUpstream(target.urls, settings, logs);
  return loadApplication(target as ModuleTarget, settings.interface, logs.log);
}

/** One URL is forwarded to; several share the requests. */
async function loadUpstream(
  urls: readonly string[],
  { upstream: { options }, server }: Settings,
  { log }: Logs,
): Promise<ApplicationLike> {
  const { balance, balanceOptionTable, forward } = await import('../upstream/index.ts');
  const { bodyInMemory, gracefulTimeout, spoolDirectory } = server;
  const given = { ...options, bodyInMemory, gracefulTimeout, spoolDirectory, log };
  if (urls.length > 1) return balance(urls, given);
  const single = Object.entries(given).filter(([name]) => !Object.hasOwn(balanceOptionTable, name));
  return forward(urls[0] as string, Object.fromEntries(single));
}

async function loadPython(
  target: string,
  directory: string,
  { python: { options }, server }: Settings,
  logs: Logs,
  { runOnce = false, report }: Loading,
): Promise<ApplicationLike> {
  const { python } = await import('../python/index.ts');
  const { timeout, gracefulTimeout, spoolDirectory } = server;
  const given: PythonOptions = {
    ...options,
    timeout,
    gracefulTimeout,
    spoolDirectory,
    directory,
    runOnce,
    ...(report === undefined ? {} : { report }),
  };
  // That workers come and go is no news where each request has one.
  const log = runOnce ? { ...logs.log, info: logs.log.debug } : logs.log;
  return python(target, { ...given, log, errors: logs.errors });
}

function combine(mounts: readonly Mount[], apps: readonly ApplicationLike[]): ApplicationLike {
  const [first] = mounts;
  if (mounts.length === 1 && first?.prefix === '/') return apps[0] as ApplicationLike;
  const entries = mounts.map(({ prefix }, index) => [prefix, apps[index] as ApplicationLike]);
  return mount(Object.fromEntries(entries));
}
