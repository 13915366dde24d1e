/** A worker ended, or gave up, before it could serve; the message says why, as its user reads it. */
export class StartError extends Error {
  override readonly name = 'StartError';
}
