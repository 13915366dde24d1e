import type { Socket } from 'node:net';
import type { Log } from '../wsgi/log.ts';

/** How long a client has to take what it is told. */
const LINGER_TIME = 2_000;
/** How many are told so at once; those beyond are closed without a word. */
const MAX_TOLD = 256;
/** Milliseconds between lines in the log. */
const LOG_INTERVAL = 1_000;

/** Connections beyond the limit: told so, whatever they ask. */
export class TurnedAway {
  private readonly log: Log;
  private readonly limit: number;
  private readonly sockets = new Set<Socket>();
  private logged = Number.NEGATIVE_INFINITY;

  constructor(log: Log, limit: number) {
    this.log = log;
    this.limit = limit;
  }

  /** @param text - what the client is told; empty: nothing. */
  add(socket: Socket, text: string): void {
    this.report();
    socket.on('error', () => undefined);
    if (text === '' || this.sockets.size >= MAX_TOLD) {
      socket.destroy();
      return;
    }
    this.sockets.add(socket);
    // A fixed time: one that what the client sends put off would let it keep the connection.
    const timer = setTimeout(() => socket.destroy(), LINGER_TIME);
    socket.on('close', () => {
      clearTimeout(timer);
      this.sockets.delete(socket);
    });
    socket.resume();
    socket.end(text, 'latin1');
  }

  destroy(): void {
    for (const socket of this.sockets) socket.destroy();
  }

  private report(): void {
    const now = performance.now();
    if (now - this.logged < LOG_INTERVAL) return;
    this.logged = now;
    this.log.warn('too many connections', { limit: this.limit });
  }
}
