/** Child processes: each is ended by its id, also when the benchmark itself is interrupted. */
import { spawn } from 'node:child_process';

const running = new Set();
const groups = new WeakSet();

/**
 * Starts a child whose end is seen to. With `group`, it leads a process group, and whoever of it is
 * left when the child has ended is ended too: some servers leave their workers behind.
 */
export function start(command, args, { group = false, ...options } = {}) {
  const child = spawn(command, args, {
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: group,
    ...options,
  });
  running.add(child);
  if (group) groups.add(child);
  child.once('exit', () => {
    running.delete(child);
    if (group) kill(child);
  });
  child.once('error', () => running.delete(child));
  return child;
}

function kill(child) {
  try {
    process.kill(groups.has(child) ? -child.pid : child.pid, 'SIGKILL');
  } catch (error) {
    if (error.code !== 'ESRCH') throw error;
  }
}

/** Asks the child to end, and makes it end when it has not within two seconds. */
export async function end(child) {
  if (!running.has(child)) return;
  const exited = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGTERM');
  const timer = setTimeout(() => kill(child), 2000);
  await exited;
  clearTimeout(timer);
}

/** Waits for what a child has to print, up to its end. */
export function output(child) {
  return new Promise((resolve, reject) => {
    let stdout = '';
    let stderr = '';
    child.stdout.setEncoding('utf8').on('data', (text) => {
      stdout += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text) => {
      stderr += text;
    });
    child.once('error', reject);
    child.once('close', (code) => {
      if (code === 0) resolve(stdout);
      else
        reject(new Error(`${child.spawnfile} exited with ${code}: ${(stderr || stdout).trim()}`));
    });
  });
}

/**
 * Waits until a server prints its address, on either of its outputs.
 *
 * @returns the port
 */
export function listening(child, milliseconds = 15_000) {
  return new Promise((resolve, reject) => {
    let text = '';
    const failed = (why) => {
      clearTimeout(timer);
      reject(new Error(`${why}: ${text.trim().slice(0, 2000)}`));
    };
    const timer = setTimeout(() => failed('printed no address in time'), milliseconds);
    const look = (more) => {
      text += more;
      const port = /127\.0\.0\.1:(\d+)\D/.exec(text)?.[1];
      if (port === undefined) return;
      clearTimeout(timer);
      text = '';
      resolve(Number(port));
    };
    child.stdout.setEncoding('utf8').on('data', look);
    child.stderr.setEncoding('utf8').on('data', look);
    child.once('error', (error) => failed(error.message));
    child.once('exit', (code, signal) => failed(`ended with ${signal ?? code}`));
  });
}

export const sleep = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

process.once('exit', () => {
  for (const child of running) kill(child);
});
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.once(signal, () => process.exit(130));
