/** The server cannot be judged: it does not answer, or serves something else. */
export class KitNotServed extends Error {
  override readonly name = 'KitNotServed';
}
