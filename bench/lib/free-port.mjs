import { createServer } from 'node:net';

/** A port for a server that has to be told one: not all of them take port 0, and few say what it became. */
export function freePort() {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}
