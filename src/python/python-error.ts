/** What a Python application raised; its stack is Python's traceback. */
export class PythonError extends Error {
  override readonly name = 'PythonError';

  /** @param summary - the last line of the traceback, as in `ValueError: no`. */
  constructor(summary: string, traceback: string) {
    super(summary);
    this.stack = traceback.trimEnd() || summary;
  }
}
