/** A worker ended, or gave up, before it could serve; the message says why, as its user reads it. */
export class StartError extends Error {
  override readonly name = 'StartError';

  /** The application could not be loaded; its own error is told by the traceback. */
  static ofLoading(message: string, traceback: string): StartError {
    return new StartError(traceback === '' ? message : traceback.trimEnd());
  }

  /** @param lastLines - what the process printed before. */
  static ofExit(how: string, lastLines: readonly string[]): StartError {
    return new StartError([`its process ${how}`, ...lastLines].join('\n'));
  }
}
