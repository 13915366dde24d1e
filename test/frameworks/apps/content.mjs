/** What the applications of all frameworks answer with. */
import { createHash } from 'node:crypto';
import { fileURLToPath } from 'node:url';

export const PUBLIC = fileURLToPath(new URL('public', import.meta.url));

/** Octets in which nothing repeats at a short distance. */
export const LARGE = Buffer.from(
  Uint32Array.from({ length: 2 ** 19 }, (_, index) => Math.imul(index, 2654435761)).buffer,
);

export const TEXT = 'The quick brown fox jumps over the lazy dog, again and again. '.repeat(200);

export const digest = (content) => createHash('sha256').update(content).digest('hex');

/** What is told of a file that was uploaded. */
export const file = (field, name, type, content) => ({
  field,
  name,
  type,
  size: content.length,
  digest: digest(content),
});

/** Headers that every server and front end passes on as they came. */
const ECHOED = /^(?:x-.*|accept.*|user-agent|host|cookie|authorization|if-.*|content-type)$/;

export const echoed = (headers) =>
  Object.fromEntries(
    Object.entries(headers)
      .filter(([name]) => ECHOED.test(name) && name !== 'accept-encoding')
      .sort(([one], [other]) => (one < other ? -1 : 1)),
  );

/** Lets `/events` wait until `/events/go` is asked for. */
export class Gate {
  #waiting = [];

  wait() {
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  open() {
    for (const go of this.#waiting.splice(0)) go();
  }
}
