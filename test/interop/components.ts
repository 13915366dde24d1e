/**
 * Programs that some tests need.
 *
 * Where one is missing the test is skipped, with the reason and how to install it; under CI=true that
 * is a failure, so that nothing is left untested unnoticed.
 */
import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { onTestFinished } from 'vitest';

const install = {
  curl: 'apt-get install curl',
  nc: 'apt-get install netcat-openbsd',
  nginx: 'apt-get install nginx-light',
  fcgiwrap: 'apt-get install fcgiwrap',
  chromium: 'apt-get install chromium',
  python3: 'apt-get install python3',
  java: 'apt-get install default-jre-headless',
  'catalina.sh': 'apt-get install tomcat10-common',
  apache2: 'apt-get install apache2',
  lighttpd: 'apt-get install lighttpd',
  haproxy: 'apt-get install haproxy',
  openssl: 'apt-get install openssl',
  uwsgi: 'apt-get install uwsgi-core uwsgi-plugin-python3',
  'cgi-fcgi': 'apt-get install libfcgi-bin',
  'mod_jk.so': 'apt-get install libapache2-mod-jk',
  'mod_fcgid.so': 'apt-get install libapache2-mod-fcgid',
} as const;

export type Component = keyof typeof install;

/** What of vitest's context is needed to skip a test. */
export interface Skipping {
  skip(note?: string): void;
}

/** Gives the path of a program, or skips the test. */
export function need(component: Component, context: Skipping): string {
  const path = find(component);
  if (path !== null) return path;
  const reason = `${component} is not installed: ${install[component]}`;
  if (process.env.CI === 'true') throw new Error(reason);
  context.skip(reason);
  throw new Error(reason);
}

/** Where some systems keep servers, which a user's path leaves out, and Apache's modules. */
const FURTHER = [
  '/usr/sbin',
  '/usr/local/sbin',
  '/usr/lib/apache2/modules',
  '/usr/share/tomcat10/bin',
];

/** The path of a program or of a module, if it is there. */
export function find(component: Component): string | null {
  const access = component.endsWith('.so') ? constants.R_OK : constants.X_OK;
  for (const folder of [...(process.env.PATH ?? '').split(delimiter), ...FURTHER]) {
    const path = join(folder, component);
    try {
      accessSync(path, access);
      return path;
    } catch {}
  }
  return null;
}

/** Flags of a Chromium that nobody watches, and that asks nothing of anybody else. */
export const HEADLESS: readonly string[] = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** Starts a program, which ends with the test at the latest. */
export function launch(path: string, args: string[], options: SpawnOptions = {}): ChildProcess {
  const child = spawn(path, args, options);
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  onTestFinished(async () => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    child.kill('SIGTERM');
    const timer = setTimeout(() => child.kill('SIGKILL'), 3_000);
    await ended;
    clearTimeout(timer);
  });
  return child;
}

export interface Outcome {
  readonly code: number | null;
  readonly output: string;
  readonly errors: string;
}

/** Runs a program to its end. Text is Latin-1. */
export function runToEnd(
  path: string,
  args: string[],
  input: string | Uint8Array = '',
): Promise<Outcome> {
  const child = launch(path, args);
  const output: Buffer[] = [];
  const errors: Buffer[] = [];
  child.stdout?.on('data', (data: Buffer) => output.push(data));
  child.stderr?.on('data', (data: Buffer) => errors.push(data));
  child.stdin?.on('error', () => undefined);
  child.stdin?.end(typeof input === 'string' ? Buffer.from(input, 'latin1') : input);
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) =>
      resolve({
        code,
        output: Buffer.concat(output).toString('latin1'),
        errors: Buffer.concat(errors).toString('latin1'),
      }),
    );
  });
}
