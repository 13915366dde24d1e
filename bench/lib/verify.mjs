/** Whether a contestant answers what it should: nobody is timed for a wrong answer. */
import { createHash } from 'node:crypto';
import { connect } from 'node:net';
import { requestText } from './load.mjs';

/**
 * Sends the scenario's request twice over one connection and compares both answers; over two
 * connections, if the contestant closes them.
 *
 * @returns the size of the answer's head, in bytes
 * @throws when an answer is wrong, saying how
 */
export async function verify(scenario, port, { closes = false } = {}) {
  const request = requestText(scenario, port);
  const bytes = await exchange(port, request, closes ? 1 : 2);
  const first = parse(bytes);
  compare(first, scenario.answer);
  const second = closes ? parse(await exchange(port, request, 1)) : parse(first.rest);
  compare(second, scenario.answer);
  return first.headBytes;
}

function compare({ status, headers, body }, expected) {
  if (status !== 200) throw new Error(`answers ${status}`);
  const type = headers.get('content-type')?.split(';')[0].trim();
  if (type !== expected.type) throw new Error(`answers Content-Type ${type}`);
  if (headers.has('content-length') !== expected.sized) {
    throw new Error(`answers ${expected.sized ? 'without' : 'with'} Content-Length`);
  }
  const wanted = Buffer.from(expected.body);
  if (body.length !== wanted.length || digest(body) !== digest(wanted)) {
    throw new Error(`answers ${body.length} bytes, not the ${wanted.length} that it should`);
  }
}

function digest(bytes) {
  return createHash('sha256').update(bytes).digest('hex');
}

/** The bytes of so many answers over one connection, each request sent after the last answer. */
function exchange(port, request, wanted) {
  return new Promise((resolve, reject) => {
    const received = [];
    let asked = 1;
    const socket = connect(port, '127.0.0.1', () => socket.write(request));
    socket.setTimeout(5000, () => {
      socket.destroy();
      reject(new Error(`answered ${asked - 1} of ${wanted} requests on one connection in 5 s`));
    });
    socket.on('error', reject);
    socket.on('close', () => reject(new Error('closed the connection after an answer')));
    socket.on('data', (block) => {
      received.push(block);
      const bytes = Buffer.concat(received);
      let answers = 0;
      for (let rest = bytes; rest !== undefined; answers++) rest = parse(rest)?.rest;
      answers -= 1;
      if (answers === asked && asked < wanted) {
        asked += 1;
        socket.write(request);
      } else if (answers === wanted) {
        socket.removeAllListeners('close');
        socket.destroy();
        resolve(bytes);
      }
    });
  });
}

/** One answer, or undefined while it is not complete. */
function parse(bytes) {
  const headEnd = bytes.indexOf('\r\n\r\n');
  if (headEnd < 0) return undefined;
  const lines = bytes.toString('latin1', 0, headEnd).split('\r\n');
  const status = Number(lines[0].split(' ')[1]);
  const headers = new Map();
  for (const line of lines.slice(1)) {
    const colon = line.indexOf(':');
    headers.set(line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim());
  }
  const headBytes = headEnd + 4;
  const head = { status, headers, headBytes };
  if (headers.get('transfer-encoding') === 'chunked') return chunked(bytes, headBytes, head);
  const end = headBytes + Number(headers.get('content-length') ?? 0);
  if (bytes.length < end) return undefined;
  return { ...head, body: bytes.subarray(headBytes, end), rest: bytes.subarray(end) };
}

function chunked(bytes, start, head) {
  const blocks = [];
  let at = start;
  for (;;) {
    const lineEnd = bytes.indexOf('\r\n', at);
    if (lineEnd < 0) return undefined;
    const size = Number.parseInt(bytes.toString('latin1', at, lineEnd), 16);
    const next = lineEnd + 2 + size + 2;
    if (bytes.length < next) return undefined;
    if (size === 0) return { ...head, body: Buffer.concat(blocks), rest: bytes.subarray(next) };
    blocks.push(bytes.subarray(lineEnd + 2, lineEnd + 2 + size));
    at = next;
  }
}
