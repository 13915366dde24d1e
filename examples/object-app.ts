/** An application as an object with a `call` method: the place for state that requests share. */
import type { ApplicationObject, Environ, StartResponse } from 'wizgi';

class Counter implements ApplicationObject {
  private visits = 0;

  call(_environ: Environ, startResponse: StartResponse) {
    this.visits += 1;
    startResponse('200 OK', [['Content-Type', 'text/plain; charset=utf-8']]);
    return [`You are visitor number ${this.visits}.\n`];
  }
}

export const application = new Counter();
