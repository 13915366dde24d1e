/** Starts a Python server on a port of its own, and waits until it answers. */
import { existsSync } from 'node:fs';
import { connect } from 'node:net';
import { freePort } from '../free-port.mjs';
import { requestText } from '../load.mjs';
import { end, sleep, start } from '../process.mjs';
import { applications } from './environment.mjs';

const PATIENCE = 15_000;

/**
 * Starts a contestant with an application.
 *
 * @param setup a scenario, or as much of one as is needed to send it a request
 * @param setup.application the application, as `module:name`
 * @param setup.processes how many Python processes run it; 1
 * @param setup.threads how many threads each of them has; 1
 * @returns its child process, port and the function that ends it
 * @throws when it is not installed, or does not answer in time
 */
export async function launch(contestant, setup) {
  const { application, processes = 1, threads = 1 } = setup;
  const port = await freePort();
  const [command, ...args] = contestant.command({
    target: application,
    address: `127.0.0.1:${port}`,
    port: String(port),
    workers: String(processes),
    threads: String(threads),
  });
  if (command.startsWith('/') && !existsSync(command)) {
    throw new Error(`not installed: ${contestant.packages?.[0]} (see bench/README.md)`);
  }
  const child = start(command, args, { cwd: applications, env: environment(), group: true });
  try {
    await answering(child, port, requestText({ headers: [], ...setup }, port));
    return { child, port, stop: () => end(child) };
  } catch (error) {
    await end(child);
    throw error;
  }
}

function environment() {
  return { ...process.env, PYTHONPATH: applications, NODE_ENV: 'production', NO_COLOR: '1' };
}

/** What each of them prints differs: it is ready when it answers. */
async function answering(child, port, request) {
  let printed = '';
  let gone;
  const look = (text) => {
    printed = (printed + text).slice(-4000);
  };
  child.stdout.setEncoding('utf8').on('data', look);
  child.stderr.setEncoding('utf8').on('data', look);
  child.once('error', (error) => {
    gone = error.message;
  });
  child.once('exit', (code, signal) => {
    gone = `ended with ${signal ?? code}`;
  });
  for (const until = Date.now() + PATIENCE; ; await sleep(20)) {
    if (gone !== undefined) throw new Error(`${gone}: ${printed.trim()}`);
    if (await answers(port, request)) return;
    if (Date.now() > until) throw new Error(`did not answer in time: ${printed.trim()}`);
  }
}

function answers(port, request) {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => socket.write(request));
    socket.setTimeout(2000, () => socket.destroy());
    socket.once('data', () => {
      resolve(true);
      socket.destroy();
    });
    socket.once('error', () => {});
    socket.once('close', () => resolve(false));
  });
}
