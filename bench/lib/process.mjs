/** Child processes: each is ended by its id, also when the benchmark itself is interrupted. */
import { spawn } from 'node:child_process';

const running = new Set();

/** Starts a child whose end is seen to. */
export function start(command, args, options = {}) {
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'], ...options });
  running.add(child);
  const gone = () => running.delete(child);
  child.once('exit', gone);
  child.once('error', gone);
  return child;
}

/** Asks the child to end, and makes it end when it has not within two seconds. */
export async function end(child) {
  if (!running.has(child)) return;
  const exited = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGTERM');
  const timer = setTimeout(() => child.kill('SIGKILL'), 2000);
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
  for (const child of running) child.kill('SIGKILL');
});
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.once(signal, () => process.exit(130));
