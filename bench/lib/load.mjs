/** The load: wrk where it is installed, else autocannon. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { output, start } from './process.mjs';

export const CONNECTIONS = 64;

const autocannon = fileURLToPath(
  new URL('../node_modules/autocannon/autocannon.js', import.meta.url),
);

/** The load generator of this machine: its name and `run(scenario, port, seconds)`. */
export function loadGenerator() {
  const version = wrkVersion();
  return version === undefined
    ? { name: 'autocannon', run: runAutocannon }
    : { name: version, run: runWrk };
}

function wrkVersion() {
  try {
    execFileSync('wrk', ['-v'], { encoding: 'utf8' });
  } catch (error) {
    // It prints its version with its usage, and exits with 1.
    return /^wrk \S+/.exec(error.stdout ?? '')?.[0];
  }
  return 'wrk';
}

/** A scenario's request, to the byte. */
export function requestText({ method = 'GET', headers, body = '' }, port) {
  const fields = headers.map(([name, value]) => `${name}: ${value}\r\n`).join('');
  return `${method} / HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\n${fields}\r\n${body}`;
}

/**
 * One run of wrk, with a single thread: the other core is the server's.
 *
 * The script fixes the request's bytes, once, and prints the result as JSON; no Lua runs between
 * requests, unless they are of several variants.
 */
async function runWrk(scenario, port, seconds) {
  const { variants = [scenario.headers], connections = CONNECTIONS } = scenario;
  const texts = variants.map((headers) => requestText({ ...scenario, headers }, port));
  writeFileSync(luaFile(), luaScript(texts));
  const args = ['-t', '1', '-c', String(connections), '-d', `${seconds}s`, '-s', luaFile()];
  const printed = await output(start('wrk', [...args, `http://127.0.0.1:${port}/`]));
  const result = JSON.parse(printed.slice(printed.lastIndexOf('\n{')));
  return {
    requests: result.requests,
    rate: (result.requests / result.microseconds) * 1e6,
    p50: result.p50 / 1000,
    p99: result.p99 / 1000,
    errors: result.errors,
  };
}

let luaDirectory;

/** Where wrk's script is written; gone when the benchmark ends. */
function luaFile() {
  if (luaDirectory === undefined) {
    luaDirectory = mkdtempSync(join(tmpdir(), 'wizgi-bench-'));
    process.once('exit', () => rmSync(luaDirectory, { recursive: true }));
  }
  return join(luaDirectory, 'scenario.lua');
}

function luaScript(texts) {
  // A JSON string of ASCII characters is a Lua string too.
  const requests = texts.map((text) => JSON.stringify(text)).join(',\n  ');
  const choose =
    texts.length === 1
      ? 'wrk.format = function() return texts[1] end'
      : 'local n = 0\nrequest = function() n = n % #texts + 1; return texts[n] end';
  return `local texts = {
  ${requests}
}
${choose}
done = function(summary, latency)
  local e = summary.errors
  io.write(string.format(
    '\\n{"requests":%d,"microseconds":%d,"p50":%d,"p99":%d,"errors":{"connect":%d,"read":%d,"write":%d,"timeout":%d,"status":%d}}',
    summary.requests, summary.duration, latency:percentile(50), latency:percentile(99),
    e.connect, e.read, e.write, e.timeout, e.status))
end
`;
}

/** One run of autocannon, which cannot alternate variants of a request: it sends the first. */
async function runAutocannon(scenario, port, seconds) {
  const { method = 'GET', headers, body, connections = CONNECTIONS } = scenario;
  const args = [autocannon, '--json', '--no-progress', '-m', method];
  args.push('-c', String(connections), '-d', String(seconds));
  for (const [name, value] of headers) {
    if (name !== 'Content-Length') args.push('-H', `${name}=${value}`);
  }
  if (body !== undefined) args.push('-b', body);
  const child = start(process.execPath, [...args, `http://127.0.0.1:${port}/`]);
  const result = JSON.parse(await output(child));
  return {
    requests: result.requests.total,
    rate: result.requests.total / result.duration,
    p50: result.latency.p50,
    p99: result.latency.p99,
    errors: { connect: result.errors, timeout: result.timeouts, status: result.non2xx },
  };
}
