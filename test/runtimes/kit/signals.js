/** In which ways a signal can be followed without its being noticed: there must be none. */
import { AbortSource } from '../../../dist/wsgi/abort.js';

const ways = {
  listener: (signal) => signal.addEventListener('abort', () => undefined),
  onabort: (signal) => {
    signal.onabort = () => undefined;
  },
  any: (signal) => AbortSignal.any([signal]),
  request: (signal) => new Request('http://localhost/', { signal }),
  pipe: (signal) => {
    const piped = new ReadableStream().pipeTo(new WritableStream(), { signal });
    piped.catch(() => undefined);
  },
  target: (signal) => new EventTarget().addEventListener('x', () => undefined, { signal }),
};

/** Answers with the ways after which a signal was given to the next request, too. */
export function signals(_environ, startResponse) {
  const kept = [];
  const unnoticed = Object.entries(ways).filter(([, follow]) => {
    const source = new AbortSource();
    const signal = source.signal();
    // Kept, so that nothing that follows is collected before the next look.
    kept.push(follow(signal));
    return source.signal() === signal;
  });
  startResponse('200 OK', [['Content-Type', 'application/json']]);
  return [JSON.stringify({ unnoticed: unnoticed.map(([way]) => way), tried: kept.length })];
}
