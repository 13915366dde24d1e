/**
 * The client of the memory measurements, a process of its own over plain sockets.
 *
 *     node memory-client.mjs upload PORT BYTES
 *     node memory-client.mjs download PORT BYTES [SECONDS]   read slowly for so many seconds
 *     node memory-client.mjs idle PORT CONNECTIONS           stays until it is ended
 */
import { connect } from 'node:net';

const [kind, port, amount, seconds] = process.argv.slice(2).map((text, i) => (i ? +text : text));
const clients = { upload, download, idle };

try {
  console.log(await clients[kind]());
} catch (error) {
  console.error(error.message);
  process.exit(1);
}

/** Sends a body of so many bytes; the server answers how many it counted. */
function upload() {
  return new Promise((resolve, reject) => {
    const block = Buffer.alloc(64 * 1024, 'u');
    let left = amount;
    let answer = '';
    const socket = connect(port, '127.0.0.1', () => {
      socket.write(`POST / HTTP/1.1\r\nHost: a\r\nContent-Length: ${amount}\r\n\r\n`);
      send();
    });
    const send = () => {
      while (left > 0) {
        const piece = left < block.length ? block.subarray(0, left) : block;
        left -= piece.length;
        if (!socket.write(piece) && left > 0) {
          socket.once('drain', send);
          return;
        }
      }
    };
    socket.setEncoding('latin1').on('data', (text) => {
      answer += text;
      if (!answer.endsWith(`\r\n\r\n${amount}`)) return;
      socket.removeAllListeners('close');
      socket.destroy();
      resolve('done');
    });
    socket.on('error', reject);
    socket.on('close', () => reject(new Error(`wrong answer to an upload: ${answer}`)));
  });
}

/** Reads a response of so many bytes, in chunks, whose framing adds a little, or of known length. */
function download() {
  return new Promise((resolve, reject) => {
    let received = 0;
    let sized;
    let last = '';
    const socket = connect(port, '127.0.0.1', () => {
      socket.write(`GET /${amount} HTTP/1.1\r\nHost: a\r\n\r\n`);
    });
    const slowUntil = seconds === undefined ? 0 : Date.now() + seconds * 1000;
    let budget = 256 * 1024;
    socket.on('data', (block) => {
      sized ??= sizedResponse(block);
      received += block.length;
      last = (last + block.toString('latin1', Math.max(0, block.length - 7))).slice(-7);
      if (received === sized || last.endsWith('\r\n0\r\n\r\n')) {
        socket.removeAllListeners('close');
        socket.destroy();
        if (received > amount) resolve('done');
        else reject(new Error(`${received} bytes of ${amount}`));
        return;
      }
      budget -= block.length;
      if (budget <= 0 && Date.now() < slowUntil) {
        socket.pause();
        budget = 256 * 1024;
        setTimeout(() => socket.resume(), 100);
      }
    });
    socket.on('error', reject);
    socket.on('close', () => reject(new Error(`closed after ${received} bytes of ${amount}`)));
  });
}

/** The size of a response with its head, from its first block; NaN when the head does not tell. */
function sizedResponse(block) {
  const text = block.toString('latin1');
  const length = Number(/\r\ncontent-length: *(\d+)/i.exec(text)?.[1]);
  return text.indexOf('\r\n\r\n') + 4 + length;
}

/**
 * Opens so many connections, one request on each, and keeps them.
 *
 * Node raises its limit of open files to what the system allows when it starts.
 */
async function idle() {
  const atOnce = 100;
  for (let open = 0; open < amount; open += atOnce) {
    const some = Math.min(atOnce, amount - open);
    await Promise.all(Array.from({ length: some }, openOne));
  }
  setInterval(() => {}, 60_000);
  return 'ready';
}

function openOne() {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => {
      socket.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
    });
    let answer = '';
    const read = (block) => {
      answer += block;
      if (!answer.endsWith('Hello, world!\n')) return;
      socket.off('data', read);
      resolve();
    };
    socket.on('data', read);
    socket.on('error', reject);
    socket.on('close', () => {
      console.error('an idle connection was closed');
      process.exit(1);
    });
  });
}
