/** An application as a class: each request makes an instance, which is its own response body. */
import type { Chunk, Environ, StartResponse } from 'wizgi';

export class Countdown implements Iterable<Chunk> {
  private readonly environ: Environ;

  constructor(environ: Environ, startResponse: StartResponse) {
    this.environ = environ;
    startResponse('200 OK', [['Content-Type', 'text/plain; charset=utf-8']]);
  }

  *[Symbol.iterator]() {
    for (const number of [3, 2, 1]) yield `${number}\n`;
    yield `${this.environ.REQUEST_METHOD} has lift-off!\n`;
  }

  /** Called by the server when the request is over, however it ended. */
  close() {
    this.environ['wsgi.errors'].write('the countdown is over\n');
  }
}

export { Countdown as application };
