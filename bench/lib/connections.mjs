/**
 * How many of the connections that clients keep open a server serves.
 *
 * A server may give a worker to a connection until that is closed. Under load such a server looks
 * fast, and serves as many clients as it has workers: the others wait, and no figure shows it.
 */
import { connect } from 'node:net';
import { CONNECTIONS, requestText } from './load.mjs';

const SILENCE = 1000;

/**
 * Opens as many connections as the scenario has, sends one request on each and leaves them open.
 *
 * @returns how many were answered by the time that no answer came for a second
 */
export async function served(scenario, port) {
  const { connections = CONNECTIONS } = scenario;
  const request = requestText(scenario, port);
  const sockets = [];
  try {
    return await new Promise((resolve) => {
      const answered = new Set();
      const silent = setTimeout(() => resolve(answered.size), SILENCE);
      for (let i = 0; i < connections; i++) {
        const socket = connect(port, '127.0.0.1', () => socket.write(request));
        sockets.push(socket);
        // Refused or reset without an answer: not served, which is what is counted.
        socket.on('error', () => {});
        socket.on('data', () => {
          answered.add(i);
          silent.refresh();
          if (answered.size < connections) return;
          clearTimeout(silent);
          resolve(connections);
        });
      }
    });
  } finally {
    for (const socket of sockets) socket.destroy();
  }
}
