/**
 * Load from a client of each protocol: node bench/lib/gateways/client.mjs PROTOCOL PORT SECONDS
 * CONNECTIONS KEEP
 *
 * The request is the same bytes each time, and so is its answer, whose size is learnt from the first:
 * so the client takes hardly more than the system calls, and the same for each protocol.
 */
import { connect } from 'node:net';
import { requests } from './requests.mjs';

const [, , protocol, port, seconds, connections, keep] = process.argv;
const keeps = keep === 'true';
const request = requests[protocol](keeps);
const answerSize = await learn();

let done = 0;
const errors = { connect: 0, read: 0, write: 0, timeout: 0, status: 0 };
const latencies = [];
let over = false;

/** Opens a connection and says when the first answer has come. */
function open(onAnswer) {
  let received = 0;
  let began = performance.now();
  const socket = connect({ port: Number(port), host: '127.0.0.1', noDelay: true });
  const next = () => {
    received = 0;
    began = performance.now();
    socket.write(request);
  };
  socket.write(request);
  socket.on('data', (data) => {
    received += data.length;
    if (received < answerSize) return;
    onAnswer(performance.now() - began);
    if (keeps && !over) next();
    else socket.destroy();
  });
  socket.on('error', () => {
    errors.read += 1;
  });
  socket.on('end', () => {
    if (received < answerSize) errors.read += 1;
  });
  socket.on('close', () => {
    if (!over) open(onAnswer);
  });
}

function learn() {
  return new Promise((resolve, reject) => {
    const socket = connect({ port: Number(port), host: '127.0.0.1' }, () => socket.write(request));
    let size = 0;
    let text = '';
    let quiet;
    socket.on('data', (data) => {
      size += data.length;
      text += data.toString('latin1');
      clearTimeout(quiet);
      quiet = setTimeout(() => {
        socket.destroy();
        if (text.includes('200 OK')) resolve(size);
        else reject(new Error(`the answer is ${JSON.stringify(text)}`));
      }, 200);
    });
    socket.on('error', reject);
  });
}

// Always awake: else the server's writes have to wake this process, which costs it more than the rest
// of a request, and the more often the quicker the server is.
const stayAwake = () => {
  if (!over) setImmediate(stayAwake);
};
stayAwake();

const started = performance.now();
for (let index = 0; index < Number(connections); index++) {
  open((latency) => {
    done += 1;
    if (done % 16 === 0) latencies.push(latency);
  });
}
setTimeout(() => {
  over = true;
  const elapsed = performance.now() - started;
  latencies.sort((a, b) => a - b);
  const at = (share) => latencies[Math.floor(share * (latencies.length - 1))] ?? 0;
  console.log(
    JSON.stringify({
      requests: done,
      rate: (done / elapsed) * 1000,
      p50: at(0.5),
      p99: at(0.99),
      errors,
    }),
  );
  process.exit(0);
}, Number(seconds) * 1000);
